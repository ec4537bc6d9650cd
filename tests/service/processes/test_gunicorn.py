"""The service under real workers: what only sockets or several processes can show."""

import contextlib
import http.client
import json
import os
import signal
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from moody_service import BEGUN, GO_ON, moody_service
from open_loop import prediction_request
from running import (
    Client,
    answer_on,
    is_alive,
    log_lines,
    metric,
    patience,
    received,
    wait_for,
    whole_lines,
)
from traffic import wait_for_workers

JSON = {"Content-Type": "application/json"}
UNSUPPORTED = (415, "unsupported_media_type")


@pytest.mark.parametrize(
    ("path", "kind", "expected"),
    [
        ("/nowhere", "application/json", (404, "not_found")),
        ("/healthz", "application/json", (405, "method_not_allowed")),
        ("/predict", "text/plain", (415, "unsupported_media_type")),
        ("/predict/csv?colum=a", "text/csv", (422, "invalid_request")),
    ],
)
def test_whatever_is_refused_is_read_to_its_end_first(server, path, kind, expected):
    answer = server.call("POST", path, b"x" * 5_000_000, {"Content-Type": kind})
    assert answer.problem() == expected


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"Content-Length: 9999999999", (413, "body_too_large")),
        (
            b"Content-Length: 9999999999\r\nExpect: 100-continue",
            (413, "body_too_large"),
        ),
        (b"Content-Type: text/plain\r\nContent-Length: 9", UNSUPPORTED),
        (b"Content-Type: text/plain\r\nTransfer-Encoding: chunked", UNSUPPORTED),
    ],
)
def test_a_refusal_does_not_wait_for_the_body(server, head, expected):
    """It once came only after five seconds, in which the rest could have come."""
    if b"Content-Type" not in head:
        head = b"Content-Type: application/json\r\n" + head
    with server.connect() as client:
        began = time.monotonic()
        client.sendall(b"POST /predict HTTP/1.1\r\nHost: x\r\n" + head + b"\r\n\r\n12")
        assert answer_on(client).problem() == expected
        assert time.monotonic() - began < min(4.5, 2 * patience())


def chunked(*chunks: bytes) -> bytes:
    framed = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks)
    return (
        b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n" + framed
    )


def test_a_body_in_chunks_is_read(server):
    answer = server.raw(chunked(b'{"text":', b'"good"}') + b"0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")


@pytest.mark.parametrize(
    "end", [b"zz\r\n", b"5\r\nab", b"-5\r\nabcde\r\n", b"5\r\nabcdefgh\r\n"]
)
def test_broken_chunks_are_a_problem(server, end):
    with server.connect() as connection:
        connection.sendall(chunked(b'{"text":') + end)
        connection.shutdown(socket.SHUT_WR)
        answer = received(connection)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b'"code": "broken_body"' in answer


def test_half_a_file_is_not_taken_for_the_whole(server):
    head = (
        b"POST /predict/csv HTTP/1.1\r\nHost: x\r\nContent-Type: text/csv\r\n"
        b"Content-Length: 500\r\n\r\ntext\ngood\n"
    )
    with server.connect() as connection:
        connection.sendall(head)
        connection.shutdown(socket.SHUT_WR)
        answer = received(connection)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b'"code": "broken_body"' in answer


SECRET = b"zanzibar"


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        (SECRET + b" is lovely\r\n\r\n", 400, "bad_request"),
        (b"GET / HTTP/9.9\r\n\r\n", 400, "bad_request"),
        (b"GET / HTTP/1.1\r\nA B: " + SECRET + b"\r\n\r\n", 400, "bad_request"),
        (b"GET /" + SECRET * 2000 + b" HTTP/1.1\r\n\r\n", 414, "uri_too_long"),
        (
            b"GET / HTTP/1.1\r\nX: " + SECRET * 2000 + b"\r\n\r\n",
            431,
            "headers_too_large",
        ),
        (
            b"POST / HTTP/1.1\r\nTransfer-Encoding: " + SECRET + b"\r\n\r\n",
            501,
            "not_implemented",
        ),
        (
            b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
            400,
            "bad_request",
        ),
    ],
)
def test_what_is_no_request_is_refused_in_the_same_form(moody, sent, status, code):
    client, log = moody
    head, _, body = client.raw(sent).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 %d " % status)
    assert b"application/problem+json" in head
    problem = json.loads(body)
    assert (problem["status"], problem["code"]) == (status, code)
    assert f"X-Request-Id: {problem['request_id']}".encode() in head
    # It may be a part of a text: a body that was longer than it said.
    assert SECRET not in body
    assert SECRET.decode() not in log.read_text().lower()


def test_what_is_no_request_is_counted(moody):
    client, _ = moody
    counted = 'sentiment_requests_total{method="other",route="none",status="400"}'
    before = metric(client, counted)
    assert client.raw(b"hello\r\n\r\n").startswith(b"HTTP/1.1 400 ")
    assert metric(client, counted) == before + 1


def test_a_connection_is_used_again_after_a_refusal(server):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=90)
    with contextlib.closing(connection):
        for body, status in ((b"{", 400), (b"x" * 3_000_000, 413), (b"{}", 422)):
            connection.request("POST", "/predict", body, JSON)
            answer = connection.getresponse()
            answer.read()
            assert answer.status == status
            sock = connection.sock
        connection.request("POST", "/predict", b'{"text": "good"}', JSON)
        assert connection.sock is sock
        assert connection.getresponse().status == 200


def read_csv_answer(client: Client, body: bytes, version: str = "1.1") -> bytes:
    """Return the raw answer, to the last byte before the connection closed."""
    head = (
        f"POST /predict/csv HTTP/{version}\r\nHost: x\r\nContent-Type: text/csv\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return client.raw(head.encode() + body)


GOOD_ROWS = b"text\n" + b"good film\n" * 20_000


def test_a_failure_midway_breaks_the_connection_off(moody):
    """The last chunk, of size 0, would tell the client that it has the whole file."""
    client, log = moody
    answer = read_csv_answer(client, GOOD_ROWS + b"boom\n")
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"Transfer-Encoding: chunked" in answer
    assert len(answer) > 100_000
    assert not answer.endswith(b"0\r\n\r\n")
    whole = read_csv_answer(client, GOOD_ROWS)
    assert whole.endswith(b"0\r\n\r\n")
    wait_for(lambda: broken_by(log), "the line of what broke off")
    assert broken_by(log) == ["broken_stream"]
    assert "cannot bear" not in log.read_text()
    metrics = client.get("/metrics").body
    assert b"sentiment_broken_streams_total 1.0" in metrics


def broken_by(log: Path) -> list[str]:
    """Return what each answer that broke off was broken by, as the log tells it."""
    return [line["code"] for line in log_lines(log) if line.get("broken")]


def test_an_ordinary_client_notices(moody):
    client, _ = moody
    with pytest.raises(http.client.IncompleteRead, match="IncompleteRead"):
        client.call(
            "POST", "/predict/csv", GOOD_ROWS + b"boom\n", {"Content-Type": "text/csv"}
        )


def test_a_failure_in_the_first_rows_is_still_a_problem(moody):
    client, _ = moody
    body = b"text\nboom\n"
    answer = client.call("POST", "/predict/csv", body, {"Content-Type": "text/csv"})
    assert answer.problem() == (500, "internal_error")
    assert "cannot bear" not in answer.body.decode()


def test_what_does_not_fit_beside_what_waits_is_shed_at_once(moody):
    client, log = moody
    waiting = threading.Thread(
        target=lambda: client.predict(
            texts=["slow", "good", "good", "good"], explain=False
        )
    )
    waiting.start()
    wait_for((log.parent / BEGUN).exists, "the slow request")
    # It goes on only after this one has its answer.
    answer = client.predict(text="good")
    (log.parent / GO_ON).touch()
    waiting.join()
    assert answer.problem() == (503, "overloaded")
    assert int(answer.headers["retry-after"]) >= 1
    assert client.predict(text="good").status == 200


def test_who_has_hung_up_is_not_computed_for_while_others_wait(models, tmp_path):
    settings = {"SENTIMENT_WORKERS": "1", "SENTIMENT_THREADS": "1"}
    # Long enough to be no reason.
    settings["SENTIMENT_MAX_WAIT_SECONDS"] = "60"
    with moody_service(models, tmp_path, **settings) as (client, _):
        # Not at once, perhaps: a probe that has just ended is let go of by a thread,
        # for which it waits like a request.
        wait_for(lambda: b" 200 OK" in hung_up(client), "an answer")
        with ThreadPoolExecutor(2) as threads:
            # Whoever names `explain` is for a thread, else the loop would answer.
            slow = threads.submit(client.predict, text="slow", explain=False)
            wait_for((tmp_path / BEGUN).exists, "the slow request")
            waiting = threads.submit(client.predict, text="good", explain=False)
            # One that comes before the second waits itself, and is not answered now.
            wait_for(lambda: b"hung up" in hung_up(client), "a refusal")
            (tmp_path / GO_ON).touch()
            assert [one.result().status for one in (slow, waiting)] == [200, 200]


def hung_up(client: Client) -> bytes:
    """Ask, close our side, and return the answer; nothing if it takes a second."""
    with client.connect() as connection:
        connection.settimeout(1)
        connection.sendall(prediction_request(text="good"))
        connection.shutdown(socket.SHUT_WR)
        with contextlib.suppress(TimeoutError):
            return connection.recv(65_536)
    return b""


@pytest.fixture(scope="module")
def two_workers(models, tmp_path_factory) -> Iterator[tuple[Client, Path]]:
    """Two workers, and their log: a test that ends one waits for the next."""
    folder = tmp_path_factory.mktemp("two")
    with moody_service(models, folder, SENTIMENT_WORKERS="2") as (client, log):
        wait_for_workers(client)
        yield client, log


def test_metrics_are_the_sum_over_the_workers(two_workers):
    """Each worker counts for itself; whoever is asked answers for both."""
    client, log = two_workers
    # Of /predict alone: /metrics is asked for itself.
    counts = (
        "sentiment_texts_total",
        'sentiment_request_seconds_count{route="/predict"}',
    )
    before = [metric(client, name) for name in counts]
    asked, lines = 0, len(log_lines(log))
    # The kernel gives each connection to whom it likes, often to the same.
    while len(busy_processes(log, lines)) < 2:
        with ThreadPoolExecutor(8) as threads:
            list(threads.map(lambda _: client.predict(text="good"), range(200)))
        asked += 200
        assert asked < 20_000
    for _ in range(6):
        found = [metric(client, name) for name in counts]
        assert found == [count + asked for count in before]


def busy_processes(log: Path, after: int) -> set[int]:
    """Return the processes that answered /predict, after so many lines of the log."""
    lines = log_lines(log)[after:]
    return {line["process"] for line in lines if line.get("route") == "/predict"}


def test_workers_together_show_at_zero_what_wakes_somebody(server):
    wait_for_workers(server)
    shown = server.get("/metrics").body.decode().splitlines()
    labels = 'method="GET",route="/openapi.json",status="500"'
    assert f"sentiment_requests_total{{{labels}}} 0.0" in shown
    assert 'sentiment_shed_total{reason="feedback_unavailable"} 0.0' in shown
    assert "sentiment_model_refused 0.0" in shown


def test_clients_who_stay_are_shared_among_the_workers(two_workers):
    """One worker used to hold nearly all, whoever woke first."""
    client, log = two_workers
    with contextlib.ExitStack() as stack:
        for number in range(16):
            connection = http.client.HTTPConnection("127.0.0.1", client.port)
            stack.callback(connection.close)
            body = json.dumps({"text": "good"})
            headers = {**JSON, "X-Request-Id": f"stays-{number}"}
            connection.request("POST", "/predict", body, headers)
            assert connection.getresponse().read()
        wait_for(lambda: len(answered_by(log)) == 16, "log lines")
    shares = Counter(answered_by(log).values())
    assert min(shares.values()) >= 4
    assert len(shares) == 2


def answered_by(log: Path) -> dict[str, int]:
    """Return for each of those requests the process that answered it."""
    return {
        line["request_id"]: line["process"]
        for line in log_lines(log)
        if line.get("request_id", "").startswith("stays-")
    }


def test_a_worker_that_cannot_begin_takes_no_other_with_it(two_workers):
    """gunicorn stopped them all when one that took another's place did not start."""
    client, log = two_workers
    forbidden = log.parent / "no-more"
    forbidden.touch()
    begun = booted(log)
    victim, other = filter(is_alive, begun)
    os.kill(victim, signal.SIGKILL)
    wait_for(lambda: "this worker could not begin" in log.read_text(), "a failure")
    wait_for(lambda: len(booted(log)) > len(begun) + 1, "another try")
    assert client.predict(text="good").status == 200
    assert is_alive(other)
    forbidden.unlink()
    wait_for_workers(client)
    (failure, *_) = [line for line in log_lines(log) if "frames" in line]
    assert failure["error"] == "OSError"


def booted(log: Path) -> set[int]:
    """Return the processes of all workers that ever began."""
    return {
        line["process"]
        for line in log_lines(log)
        if "Booting worker" in line.get("message", "")
    }


def test_every_line_of_the_log_is_json(moody):
    client, log = moody
    client.call("GET", "/%0a%22%7b", headers={"User-Agent": '"}\t{"'})
    client.predict(text="\u2028\n\x00")
    client.get("/healthz", **{"X-Request-Id": "the-last"})
    wait_for(lambda: b"the-last" in whole_lines(log), "the lines of all these")
    for line in whole_lines(log).decode().splitlines():
        assert isinstance(json.loads(line), dict)
