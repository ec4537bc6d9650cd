"""Probes are answered at once, whatever holds the threads that answer all else."""

import contextlib
import re
import socket
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest
from moody_service import BEGUN, GO_ON, moody_service
from open_loop import prediction_request
from raw_answers import head_on
from running import Answer, Client, answer_on, log_lines, patience, wait_for

from service.door.probes import Probers

PROBES = ("/healthz", "/readyz", "/info", "/metrics")
THREADS = 4
# A place for a long request, one for a file, and two threads that are free of both.
SETTINGS = {
    "SENTIMENT_WORKERS": "1",
    "SENTIMENT_THREADS": str(THREADS),
    "SENTIMENT_MAX_CSV_REQUESTS": "1",
    "SENTIMENT_MAX_WAIT_SECONDS": "0.5",
}
HALF = (
    b"POST /predict HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n"
    b'Content-Length: 500\r\n\r\n{"text": "'
)


@pytest.fixture(scope="module")
def served(models, tmp_path_factory) -> Iterator[tuple[Client, Path]]:
    with moody_service(models, tmp_path_factory.mktemp("probed"), **SETTINGS) as served:
        yield served


def seconds_of(client: Client, path: str) -> float:
    """Return how long a good answer takes."""
    began = time.monotonic()
    assert client.get(path).status == 200
    return time.monotonic() - began


@contextlib.contextmanager
def explanations(served: tuple[Client, Path], count: int) -> Iterator[list[Future]]:
    """Ask for so many explanations, none of which ends before the block does."""
    client, log = served
    begun, go_on = log.parent / BEGUN, log.parent / GO_ON
    with ThreadPoolExecutor(count) as threads:
        asked = [
            threads.submit(client.predict, text="slow", explain=True)
            for _ in range(count)
        ]
        wait_for(begun.exists, "the first of them")
        try:
            yield asked
        finally:
            go_on.touch()
    begun.unlink()
    go_on.unlink()


def test_explanations_hold_up_no_probe_and_no_other_request(served):
    """Three times as many as there are threads once held probes up for seconds."""
    client, _ = served
    with explanations(served, 3 * THREADS) as asked:
        for path in PROBES:
            assert seconds_of(client, path) < 1 * patience()
        # What needs a thread, and waits until the explanations have given theirs back.
        began = time.monotonic()
        assert client.get("/openapi.json").status == 200
        assert time.monotonic() - began < 5 * patience()
        others = 3 * THREADS - 1
        wait_for(lambda: sum(one.done() for one in asked) == others, "the rest")
    answers = [one.result() for one in asked]
    assert [answer.status for answer in answers].count(200) == 1
    refused = [answer for answer in answers if answer.status != 200]
    assert {answer.problem() for answer in refused} == {(503, "overloaded")}
    assert {answer.headers["retry-after"] for answer in refused} == {"1"}


def test_short_explanations_wait_for_their_place(served):
    """As many as there are clients, where none of them takes long."""
    client, _ = served
    with ThreadPoolExecutor(3 * THREADS) as threads:
        asked = [
            threads.submit(client.predict, text="good", explain=True)
            for _ in range(10 * THREADS)
        ]
    statuses = [one.result().status for one in asked]
    # On a busy machine now and then one takes longer than they may wait.
    assert statuses.count(200) >= 8 * THREADS, statuses


@pytest.fixture
def stalled(served) -> Iterator[None]:
    """Clients that stop in the middle of a body hold every thread."""
    client, _ = served
    with contextlib.ExitStack() as stack:
        for _ in range(2 * THREADS):
            stack.enter_context(client.connect()).sendall(HALF)
        wait_for(lambda: not answers_soon(client), "all threads held")
        yield


def answers_soon(client: Client) -> bool:
    quick = Client(client.port, timeout=0.5)
    with contextlib.suppress(TimeoutError):
        return quick.get("/openapi.json").status == 200
    return False


@pytest.mark.usefixtures("stalled")
def test_probes_need_none_of_the_threads_for_requests(served):
    client, _ = served
    for path in PROBES:
        assert seconds_of(client, path) < 1 * patience()
        assert seconds_of(client, f"{path}?a=b") < 1 * patience()
    with client.connect() as kept:
        for path in (*PROBES, *PROBES):
            kept.sendall(f"HEAD {path} HTTP/1.1\r\nHost: test\r\n\r\n".encode())
            assert b"200 OK" in head_on(kept)
        kept.sendall(prediction_request(text="good"))
        assert answer_on(kept).status == 200


def test_a_probe_is_counted_logged_and_answered_as_anywhere(served):
    """A header leaves it to a thread for requests: nothing shows which it was."""
    client, log = served
    filled = {"Content-Length": "0"}
    for path in PROBES:
        counted = answers_of(client, path)
        plain = client.get(path, **{"X-Request-Id": "plain"})
        other = client.call("GET", path, headers={**filled, "X-Request-Id": "other"})
        # The look at the metrics is one of them, too.
        assert answers_of(client, path) == counted + (3 if path == "/metrics" else 2)
        for answer in (plain, other):
            for changing in ("date", "x-request-id", "content-length"):
                assert answer.headers.pop(changing)
        assert plain.headers == other.headers
        assert path == "/metrics" or shape(plain) == shape(other)
    wait_for(lambda: len(lines_of(log, "other")) == len(PROBES), "the last line")
    lines = (lines_of(log, identity) for identity in ("plain", "other"))
    for ours, theirs in zip(*lines, strict=True):
        for changing in ("time", "ms", "request_id"):
            assert ours.pop(changing) is not None
            assert theirs.pop(changing) is not None
        assert ours == theirs


def answers_of(client: Client, path: str) -> float:
    """Return how many good answers were counted under an address."""
    labels = re.escape(f'{{method="GET",route="{path}",status="200"}}')
    text = client.get("/metrics").body.decode()
    found = re.search(rf"^sentiment_requests_total{labels} (\S+)$", text, re.M)
    return float(found[1]) if found else 0.0


def shape(answer: Answer) -> list[str]:
    return list(answer.json())


def lines_of(log: Path, identity: str) -> list[dict]:
    return [line for line in log_lines(log) if line.get("request_id") == identity]


@pytest.fixture
def probers() -> Iterator[Probers]:
    probers = Probers()
    yield probers
    probers.close()


def taken(probers: Probers, pair, request: bytes) -> bool:
    ours, theirs = pair
    theirs.sendall(request)
    done = probers.submit(ours, lambda conn: conn, "answered")
    assert ours.recv(65_536) == request
    return done is not None and done.result(60) == "answered"


@pytest.mark.parametrize("path", PROBES)
def test_a_probe_is_taken_and_left_in_its_place(probers, connected, path):
    for version in ("1.0", "1.1"):
        request = f"GET {path} HTTP/{version}\r\nHost: a\r\n\r\n"
        assert taken(probers, connected, request.encode())


GET = b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"


@pytest.mark.parametrize(
    "request_",
    [
        *(GET[:-1], GET[:10], GET + GET, GET + b"a", b"\x16\x03\x01 no HTTP\r\n\r\n"),
        GET.replace(b"/healthz", b"/"),
        GET.replace(b"/healthz", b"/healthz/"),
        GET.replace(b"/healthz", b"//healthz"),
        GET.replace(b"GET", b"POST"),
        GET.replace(b"1.1", b"2.0"),
        GET.replace(b"Host: a", b"Content-Length: 7"),
        GET.replace(b"Host: a", b"Transfer-Encoding: chunked"),
        GET.replace(b"Host: a", b"Expect: 100-continue"),
        GET.replace(b"Host: a", b"X: " + b"a" * 9_000),
    ],
)
def test_what_could_hold_its_thread_up_is_no_probe(probers, connected, request_):
    assert not taken(probers, connected, request_)


def test_a_client_who_has_not_read_its_answers_is_left_to_a_thread(probers, connected):
    ours, theirs = connected
    theirs.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    ours.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        while True:
            ours.send(b"a" * 65_536)
    assert not taken(probers, connected, GET)


def test_one_who_waits_for_the_metrics_does_not_hold_up_the_others(probers, connected):
    ours, theirs = connected
    with ThreadPoolExecutor(1) as held:
        go_on = held.submit(time.sleep, 0.5)
        theirs.sendall(GET.replace(b"healthz", b"metrics"))
        slow = probers.submit(ours, lambda _: go_on.result(60), None)
        ours.recv(65_536)
        assert taken(probers, connected, GET)
        assert slow is not None
        slow.result(60)
