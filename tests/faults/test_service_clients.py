"""Clients that stall, leave or send too much take nothing from the others."""

import contextlib
import select
import socket
import time
from collections.abc import Iterator

import pytest
from running import Client, answer_on, metric, wait_for
from small_service import small_service

THREADS = 4
# Short enough to wait for, long enough for a good request on a busy machine.
DEADLINE = 5
HALF = (
    b"POST /predict HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n"
    b'Content-Length: 500\r\n\r\n{"text": "'
)
CSV_ROWS = 20_000


@pytest.fixture(scope="module")
def client(tmp_path_factory) -> Iterator[Client]:
    """One worker of few threads, so that a few bad clients could fill it.

    It is shared: whatever a test does to it, the next must find it as good as new.
    """
    env = {
        "SENTIMENT_THREADS": str(THREADS),
        "SENTIMENT_DEADLINE_SECONDS": str(DEADLINE),
        "SENTIMENT_MAX_CSV_REQUESTS": "1",
    }
    with small_service(tmp_path_factory.mktemp("clients"), **env) as client:
        yield client


def test_half_sent_bodies_are_let_go_of_and_others_are_answered(client):
    """Sixteen of them once stopped a gthread worker for good."""
    with contextlib.ExitStack() as stack:
        stalled = [stack.enter_context(client.connect()) for _ in range(4 * THREADS)]
        began = time.monotonic()
        for connection in stalled:
            connection.sendall(HALF)
        # One that sends a byte now and then is no better than one that is silent.
        while not has_answer(stalled[0], seconds=0.2):
            # It may have been let go of just now.
            with contextlib.suppress(OSError):
                stalled[0].send(b"a")
        assert answer_on(stalled[0]).problem() == (408, "body_too_slow")
        # Not before its time.
        assert time.monotonic() - began > DEADLINE - 0.5
        assert client.predict(text="good").status == 200
    assert client.predict(text="good").status == 200


def has_answer(connection: socket.socket, seconds: float) -> bool:
    """Tell whether something can be read, or will be within so many seconds."""
    return bool(select.select([connection], [], [], seconds)[0])


@pytest.mark.parametrize("chunked", [False, True], ids=["announced", "chunked"])
def test_a_client_that_writes_before_it_reads_still_reads_its_refusal(client, chunked):
    """Its answer was once lost in the reset that met the rest of the body."""
    piece = b"x" * 65_536
    head = b"POST /predict HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n"
    with client.connect() as connection:
        if chunked:
            connection.sendall(head + b"Transfer-Encoding: chunked\r\n\r\n")
            piece = b"%x\r\n%s\r\n" % (len(piece), piece)
        else:
            length = 600 * len(piece)
            connection.sendall(head + b"Content-Length: %d\r\n\r\n" % length)
        for _ in range(600):
            connection.sendall(piece)
        if chunked:
            connection.sendall(b"0\r\n\r\n")
        answer = answer_on(connection)
    assert answer.problem() == (413, "body_too_large")


def test_a_client_that_leaves_midway_gives_its_place_back(client):
    """The one place for a file would be taken for good, and its upload kept."""
    rows = b"text\n" + b"the food was good, but the film was awful\n" * CSV_ROWS
    with client.connect() as connection:
        connection.sendall(
            b"POST /predict/csv HTTP/1.1\r\nHost: test\r\nContent-Type: text/csv\r\n"
            b"Content-Length: %d\r\n\r\n" % len(rows)
        )
        connection.sendall(rows)
        assert connection.recv(15) == b"HTTP/1.1 200 OK"
    body = b"text\ngood\n"

    def taken() -> bool:
        headers = {"Content-Type": "text/csv"}
        return client.call("POST", "/predict/csv", body, headers).status == 200

    wait_for(taken, "the place for a file")


def test_a_request_that_waited_too_long_is_not_begun(client):
    def ask(start: str) -> tuple[int, str | None]:
        headers = {"Content-Type": "application/json", "X-Request-Start": start}
        answer = client.call("POST", "/predict", b'{"text": "good"}', headers)
        return answer.status, answer.json().get("code")

    before = metric(client, "sentiment_shed_total")
    late = (503, "deadline_exceeded")
    assert ask(f"t={time.time() - 2 * DEADLINE:.3f}") == late
    assert ask(f"{(time.time() - 2 * DEADLINE) * 1000:.0f}") == late
    assert metric(client, "sentiment_shed_total") == before + 2
    assert ask(f"t={time.time():.3f}") == (200, None)
    # A clock that is ahead, or gone mad, refuses nobody.
    assert ask(f"t={time.time() + 3600:.3f}") == (200, None)
    assert ask("t=1000000000.000") == (200, None)
