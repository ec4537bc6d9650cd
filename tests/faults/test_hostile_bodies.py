"""Bodies made to do harm: bombs, giants, and requests hidden within requests."""

import contextlib
import gzip
import json
import re
import zlib
from collections.abc import Iterator

import pytest
from proxying import Backend, nginx_before
from running import (
    Client,
    log_lines,
    peak_megabytes,
    processor_seconds,
    received,
    wait_for,
    whole_lines,
)

pytestmark = pytest.mark.system

MEBIBYTE = 2**20
JSON = {"Content-Type": "application/json"}
CSV = {"Content-Type": "text/csv"}


@pytest.fixture(scope="module")
def bomb() -> bytes:
    """A megabyte that becomes a gigabyte."""
    # Runs are all that there is to find; a search for more takes three times as long.
    packer = zlib.compressobj(9, wbits=31, strategy=zlib.Z_RLE)
    pieces = [packer.compress(bytes(MEBIBYTE)) for _ in range(1024)]
    return b"".join([*pieces, packer.flush()])


@pytest.mark.parametrize("way", ["proxy", "service"])
@pytest.mark.parametrize("coding", ["gzip", "GZIP", "deflate", "br", "gzip, gzip"])
def test_a_bomb_is_refused_unopened(behind, bomb, way, coding, so_far, record_figure):
    client = getattr(behind, way)
    before = peak_megabytes(behind.process)
    statuses = {
        client.call("POST", path, bomb, headers).problem()
        for path, kind in (("/predict", JSON), ("/predict/csv", CSV))
        for headers in ({**kind, "Content-Encoding": coding},)
    }
    grown = peak_megabytes(behind.process) - before
    all_grown = so_far("bombs", grown)
    record_figure(
        "1 MB that becomes 1 GB: in gzip, deflate, br, or packed twice",
        "415, unopened",
        f"{len(all_grown)} bombs, to nginx and to the service: each 415, the worker's "
        f"peak grew by {max(all_grown):.0f} MB at most",
    )
    assert statuses == {(415, "unsupported_media_type")}
    assert grown < 50


@pytest.mark.parametrize(
    ("name", "query"),
    [("gzip", ""), ("gzip in gzip", ""), ("a codec", "encoding=zlib")],
)
def test_a_bomb_that_says_it_is_csv_is_refused_unopened(
    behind, bomb, name, query, so_far, record_figure
):
    body = gzip.compress(bomb) if name == "gzip in gzip" else bomb
    before = peak_megabytes(behind.process)
    answer = behind.proxy.call("POST", f"/predict/csv?{query}", body, CSV)
    grown = peak_megabytes(behind.process) - before
    found = answer.problem()
    all_grown = so_far("bombs as CSV", grown)
    record_figure(
        "the same without its header, as a CSV file, or read by a codec",
        "415, unopened",
        f"{len(all_grown)} bombs, each 415; {max(all_grown):.0f} MB more at most",
    )
    assert found == (415, "unsupported_media_type")
    assert grown < 50


# Requests of 2 MB or less that say little and could cost much.
COSTLY = {
    "deep arrays": b"[" * 2_000_000,
    "deep objects": b'{"a":' * 400_000,
    "a number of 2 million digits": b'{"text":' + b"9" * 1_999_000 + b"}",
    "130,000 unknown keys": json.dumps(
        dict.fromkeys(map(str, range(130_000)))
    ).encode(),
    "one key 200,000 times": b"{" + b'"text":1,' * 200_000 + b'"text":"a"}',
    "a key of 2 MB": b'{"' + b"k" * 1_999_000 + b'":1}',
    "half a million texts": b'{"texts":[' + b'"",' * 600_000 + b'""]}',
    "100,000 wrong items": b'{"texts":[' + b'{"id":1,"txt":1},' * 110_000 + b"1]}",
    "2 MB of white space": b" " * 2_000_000,
    "nothing but escapes": b'{"text":"' + b"\\u0041" * 330_000 + b'"}',
    "nothing but halves of characters": b'{"text":"' + b"\\ud800" * 330_000 + b'"}',
}


@pytest.mark.parametrize("name", COSTLY)
def test_a_costly_body_is_answered_soon(behind, name, so_far, record_figure):
    before = peak_megabytes(behind.process)
    began = processor_seconds(behind.process)
    answer = behind.proxy.call("POST", "/predict", COSTLY[name], JSON)
    took = processor_seconds(behind.process) - began
    grown = peak_megabytes(behind.process) - before
    all_took, all_grown = so_far("seconds", took), so_far("megabytes", grown)
    record_figure(
        "2 MB of JSON that say little: deep, of many keys, of one number, of escapes",
        "answered in 3 s of a processor, and less than 400 MB",
        f"{len(all_took)} bodies: at most {max(all_took):.2f} s, "
        f"{max(all_grown):.0f} MB more",
    )
    # JSON lets a key come twice, and the last one counts.
    assert answer.status == 200 if "times" in name else answer.status in (400, 422)
    assert took < 3
    assert grown < 400


def send_chunks(client: Client, path: str, kind: str, megabytes: int) -> bytes:
    """Send a body without an end, so many megabytes of it; return what comes back."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: {kind}\r\n"
        "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    )
    chunk = b"%x\r\n%s\r\n" % (MEBIBYTE, b"text\n" * (MEBIBYTE // 5) + b"x")
    with client.connect() as connection:
        connection.sendall(head.encode())
        # It is refused before its end, and may then be cut off.
        with contextlib.suppress(ConnectionError):
            for _ in range(megabytes):
                connection.sendall(chunk)
            connection.sendall(b"0\r\n\r\n")
        return received(connection)


@pytest.mark.parametrize("way", ["proxy", "service"])
@pytest.mark.parametrize(
    ("path", "kind", "megabytes"),
    [("/predict", "application/json", 8), ("/predict/csv", "text/csv", 130)],
)
def test_a_giant_in_chunks_is_refused_at_its_limit(
    behind, way, path, kind, megabytes, so_far, record_figure
):
    before = peak_megabytes(behind.process)
    answer = send_chunks(getattr(behind, way), path, kind, megabytes)
    grown = peak_megabytes(behind.process) - before
    all_grown = so_far("chunks", grown)
    record_figure(
        "chunks without an end: 8 MiB to /predict, 130 MiB to /predict/csv",
        "413, in constant memory",
        f"each 413, from nginx and from the service; the worker's peak grew by "
        f"{max(all_grown):.0f} MB at most",
    )
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b'"body_too_large"' in answer
    assert grown < 50


@pytest.mark.parametrize("name", ["extension", "size", "trailer", "sum"])
def test_a_giant_in_the_framing_of_chunks_reaches_no_worker(
    behind, name, so_far, record_figure
):
    """nginx reads the framing; the service is sent a plain body with its length."""
    filler = b"a" * 4_000_000
    framing = {
        "extension": b"5;" + filler + b"\r\n{},{}\r\n0\r\n\r\n",
        "size": b"0" * 4_000_000 + b"2\r\n{}\r\n0\r\n\r\n",
        "trailer": b"2\r\n{}\r\n0\r\nX: " + filler + b"\r\n\r\n",
        "sum": b"7fffffffffffffff\r\n{}\r\n",
    }[name]
    head = (
        b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    )
    before = peak_megabytes(behind.process)
    with behind.proxy.connect() as connection:
        with contextlib.suppress(ConnectionError):
            connection.sendall(head + framing)
        answer = received(connection)
    grown = peak_megabytes(behind.process) - before
    all_grown = so_far("framing", grown)
    record_figure(
        "4 MB in the framing of a chunk: its extension, size or trailer",
        "refused, and no 500",
        f"{len(all_grown)} bodies, each 4xx; {max(all_grown):.0f} MB more at most",
    )
    assert re.match(rb"HTTP/1.1 4\d\d ", answer)
    assert grown < 50


HIDDEN = b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Request-Id: hidden\r\n\r\n"
_CHUNKED = b"0\r\n\r\n" + HIDDEN
LENGTH = b"Content-Length: %d\r\n" % len(_CHUNKED)
# Headers under which one reader may take the rest for a body, another for a request.
AMBIGUOUS = {
    "length and chunks": LENGTH + b"Transfer-Encoding: chunked\r\n",
    "chunks and length": b"Transfer-Encoding: chunked\r\n" + LENGTH,
    "space before the colon": LENGTH + b"Transfer-Encoding : chunked\r\n",
    "tab before the word": LENGTH + b"Transfer-Encoding:\tchunked\r\n",
    "another coding": LENGTH + b"Transfer-Encoding: xchunked\r\n",
    "chunks, then as it is": LENGTH + b"Transfer-Encoding: chunked, identity\r\n",
    "as it is, then chunks": LENGTH + b"Transfer-Encoding: identity, chunked\r\n",
    "chunks twice": b"Transfer-Encoding: chunked\r\n" * 2 + LENGTH,
    "a vertical tab": LENGTH + b"Transfer-Encoding: \x0bchunked\r\n",
    "a quoted word": LENGTH + b'Transfer-Encoding: "chunked"\r\n',
    "an underscore": LENGTH + b"Transfer_Encoding: chunked\r\n",
    "a folded line": LENGTH + b"X: y\r\n Transfer-Encoding: chunked\r\n",
    "a lone newline": LENGTH + b"X: y\nTransfer-Encoding: chunked\r\n",
    "a lone return": LENGTH + b"X: y\rTransfer-Encoding: chunked\r\n",
    "a zero byte": LENGTH + b"X: y\x00\r\nTransfer-Encoding: chunked\r\n",
    "two lengths": b"Content-Length: 0\r\n" + LENGTH,
    "two lengths in one": b"Content-Length: 0, %d\r\n" % len(_CHUNKED),
    "a signed length": b"Content-Length: +%d\r\n" % len(_CHUNKED),
    "a length in hex": b"Content-Length: 0x%x\r\n" % len(_CHUNKED),
    "a length with a space": b"Content-Length: 1 0\r\n",
    "an empty length": b"Content-Length: \r\n" + LENGTH,
    "hidden by connection": LENGTH + b"Connection: Content-Length\r\n",
}


@pytest.mark.parametrize("way", ["proxy", "service"])
@pytest.mark.parametrize("name", AMBIGUOUS)
def test_a_request_within_a_body_is_never_answered(
    behind, way, name, so_far, record_figure
):
    client = getattr(behind, way)
    head = b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    sent = head + AMBIGUOUS[name] + b"\r\n" + _CHUNKED
    with client.connect() as connection:
        connection.sendall(sent)
        answer = connection.recv(65536)
        # Where the connection stays open, a second answer would come at once.
        connection.settimeout(0.5)
        answer += received(connection)
    statuses = [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", answer)]
    hidden = so_far("hidden", answer.count(b"hidden"))
    record_figure(
        "requests hidden in a body (smuggling), under headers that are ambiguous",
        "refused; the hidden request is never run",
        f"{len(hidden)} framings and ways, to nginx and to the service: each refused, "
        f"{sum(hidden):.0f} hidden requests answered",
    )
    assert b"hidden" not in answer
    assert statuses
    assert all(400 <= status < 500 or status == 501 for status in statuses)


@pytest.mark.parametrize("name", AMBIGUOUS)
def test_nginx_passes_a_body_on_in_one_plain_way(backend, name):
    """One length, no chunks, and a connection for each request: nothing to confuse."""
    proxy, backend = backend
    backend.requests.clear()
    head = b"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
    with contextlib.suppress(ConnectionError):
        proxy.raw(head + AMBIGUOUS[name] + b"\r\n" + _CHUNKED)
    for request in backend.requests:
        check_plain(request)
    assert len(backend.requests) <= 1


def check_plain(request: bytes) -> None:
    """Check that a request has one length, no chunks, and its connection to itself."""
    passed, _, body = request.partition(b"\r\n\r\n")
    lengths = re.findall(rb"(?im)^content-length: *(\d+)\r?$", passed)
    assert [int(length) for length in lengths] == [len(body)]
    assert not re.search(rb"(?im)^transfer[-_]encoding", passed)
    assert re.search(rb"(?im)^connection: close", passed)


def test_nginx_passes_chunks_on_as_one_plain_body(backend):
    """Of those above it passes few on, perhaps none: this one it does."""
    proxy, backend = backend
    backend.requests.clear()
    head = b"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
    proxy.raw(head + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n")
    (request,) = backend.requests
    check_plain(request)
    assert request.endswith(b"\r\n\r\n{}")


@pytest.fixture(scope="module")
def backend(tmp_path_factory) -> Iterator[tuple[Client, Backend]]:
    fine = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
    folder = tmp_path_factory.mktemp("framing") / "prefix"
    fast = {"NGINX_RATE": "1000r/s", "NGINX_BURST": "1000"}
    with (
        Backend(lambda _: fine) as backend,
        nginx_before(backend.port, folder, **fast) as proxy,
    ):
        yield proxy, backend


def test_after_all_that_nothing_was_a_fault_of_the_service(behind, record_figure):
    """The last of this file: it looks at what the tests before it left."""
    logs = (behind.service_log, behind.proxy_log)
    behind.proxy.get("/info", **{"X-Request-Id": "the-last"})
    # Lines come a moment later than what they tell of.
    wait_for(lambda: all(b"the-last" in whole_lines(log) for log in logs), "lines")
    for log in logs:
        assert b'"hidden"' not in whole_lines(log)
    lines = log_lines(behind.service_log)
    statuses = [line["status"] for line in lines if "status" in line]
    record_figure(
        "all the hostile bodies in turn",
        "no answer of status 500",
        f"{statuses.count(500)} of {len(statuses)} answers in the log",
    )
    assert 500 not in statuses
    assert behind.proxy.predict(text="good film").status == 200
