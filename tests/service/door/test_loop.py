"""The worker's loop answers short texts, and nobody holds it up."""

import contextlib
import os
import re
import signal
import socket
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest
from moody_service import BEGUN, GO_ON, moody_service
from open_loop import prediction_request
from raw_answers import json_on
from running import (
    Answer,
    Client,
    answer_on,
    log_lines,
    metric,
    patience,
    wait_for,
)
from worker_signals import hold_still, let_go_on

REQUEST = prediction_request(text="good")
JSON = {"Content-Type": "application/json"}
ENDING = REQUEST.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")


@pytest.fixture(scope="module")
def narrow(models, tmp_path_factory) -> Iterator[tuple[Client, Path]]:
    """A worker of one thread, for which one request may wait; and its log."""
    settings = {
        "SENTIMENT_WORKERS": "1",
        "SENTIMENT_THREADS": "1",
        "SENTIMENT_MAX_WAITING_REQUESTS": "1",
    }
    folder = tmp_path_factory.mktemp("narrow")
    with moody_service(models, folder, **settings) as served:
        yield served


@contextlib.contextmanager
def slow_request(client: Client, log: Path) -> Iterator[Future[Answer]]:
    """Keep one thread at work for the block."""
    begun, go_on = log.parent / BEGUN, log.parent / GO_ON
    with ThreadPoolExecutor(1) as threads:
        slow = threads.submit(client.predict, text="slow", explain=False)
        wait_for(begun.exists, "the slow request")
        try:
            yield slow
        finally:
            go_on.touch()
        assert slow.result().status == 200
    begun.unlink()
    go_on.unlink()


def test_a_short_text_needs_no_thread(narrow):
    client, log = narrow
    with slow_request(client, log) as slow:
        # Its one thread is taken.
        with client.connect() as quick:
            # In one piece: what comes in two may not be whole when the loop looks.
            quick.sendall(REQUEST)
            assert json_on(quick)["label"]
        assert not slow.done()


def test_those_who_come_at_once_share_a_pass(moody):
    client, log = moody
    with kept_clients(client) as clients:
        texts = metric(client, "sentiment_pass_texts_sum")
        passes = metric(client, "sentiment_pass_texts_count")
        # As many texts as may wait.
        with standing_still(log):
            ask_all(clients[:4])
        for one in clients[:4]:
            assert json_on(one)["label"]
    assert metric(client, "sentiment_pass_texts_sum") == texts + 4
    assert metric(client, "sentiment_pass_texts_count") == passes + 1


def test_the_texts_that_wait_for_the_loop_are_bounded(moody):
    """What is more has a thread, which waits until there is room."""
    client, log = moody
    with kept_clients(client) as clients:
        passes = metric(client, "sentiment_pass_texts_count")
        with standing_still(log):
            ask_all(clients)
        assert {json_on(one).get("code") for one in clients} <= {None, "overloaded"}
    assert metric(client, "sentiment_pass_texts_count") > passes + 1


def test_half_a_character_is_refused_beside_what_is_answered(moody):
    client, _ = moody
    with kept_clients(client) as clients:
        clients[0].sendall(prediction_request(text="good \ud83d"))
        assert "half of a character" in json_on(clients[0])["detail"]
        clients[0].sendall(prediction_request(text="good"))
        assert json_on(clients[0])["label"]


def test_kept_clients_are_turned_away_where_they_stand_and_stay(narrow):
    client, log = narrow
    before = metric(client, "sentiment_shed_total")
    with kept_clients(client) as clients:
        with standing_still(log):
            ask_all(clients[:-1])
            clients[-1].sendall(ENDING)
        refused = refusals_of(clients)
        # As many may wait for a thread; twice as many for the loop.
        assert len(refused) == len(clients) - 2
        assert all("2 requests are waiting already" in detail for detail in refused)
        assert clients[-1].recv(1) == b""
        for one in clients[:-1]:
            one.sendall(REQUEST)
            assert json_on(one)["label"]
    assert metric(client, "sentiment_shed_total") == before + len(refused)


def test_what_the_loop_does_not_answer_has_the_threads_bound(narrow):
    """A blank text is refused by the application; all of them came to the threads."""
    client, log = narrow
    with kept_clients(client) as clients:
        with slow_request(client, log):
            for one in clients:
                one.sendall(prediction_request(text=""))
            # The first of them waits for the one thread there is.
            refused = [json_on(one)["code"] for one in clients[1:]]
        assert json_on(clients[0])["code"] == "empty_text"
    assert set(refused) == {"overloaded"}


LARGE = b"text\n" + b"good film\n" * 500_000
CSV = {"Content-Type": "text/csv"}


@pytest.mark.parametrize(
    ("method", "path", "body", "headers", "route"),
    [
        ("GET", "/", None, {}, "/"),
        ("GET", "/page/app.js?a=b", None, {}, "/page/*"),
        ("GET", "/nowhere", None, {}, "none"),
        ("POST", "/predict", LARGE[:300_000], JSON, "/predict"),
        ("POST", "/predict", b'{"text": "a"}', JSON | {"Expect": "a"}, "/predict"),
        ("POST", "/predict/csv", LARGE, CSV, "/predict/csv"),
        ("POST", "/feedback", b"{}", JSON, "/feedback"),
    ],
)
def test_whatever_would_wait_for_a_thread_is_bounded(
    narrow, method, path, body, headers, route
):
    """Large bodies and other addresses once waited for seconds, however many."""
    client, log = narrow
    name = f'sentiment_requests_total{{method="{method}",route="{route}",status="503"}}'
    before = metric(client, re.escape(name))
    with client.connect() as first, slow_request(client, log):
        first.sendall(prediction_request(text=""))
        wait_for(lambda: is_shed_now(client), "the first to wait")
        began = time.monotonic()
        answer = client.call(method, path, body, headers)
        assert time.monotonic() - began < 5 * patience()
        assert is_shed(answer)
        assert answer.headers["connection"] == "close"
        for probe in ("/healthz", "/readyz", "/info", "/metrics"):
            assert client.get(probe).status == 200
        after = metric(client, re.escape(name))
        assert after > before if path == "/" else after == before + 1
    wait_for(lambda: client.get("/").status == 200, "a thread to be free again")


def is_shed_now(client: Client) -> bool:
    """Tell whether a page is refused; one that is not may wait for long."""
    with contextlib.suppress(TimeoutError):
        return is_shed(Client(client.port, timeout=2).get("/"))
    return False


def is_shed(answer: Answer) -> bool:
    if answer.status == 200:
        return False
    assert answer.problem() == (503, "overloaded")
    assert answer.headers["retry-after"] == "1"
    return True


def test_a_request_that_was_left_unread_too_long_is_shed_where_many_wait(
    models, tmp_path
):
    settings = {
        "SENTIMENT_WORKERS": "1",
        "SENTIMENT_MAX_WAITING_REQUESTS": "1",
        "SENTIMENT_MAX_WAIT_SECONDS": "0.2",
    }
    with (
        moody_service(models, tmp_path, **settings) as (client, log),
        kept_clients(client) as clients,
    ):
        with standing_still(log):
            ask_all(clients)
            time.sleep(0.5)
        refused = refusals_of(clients)
        # Nobody waited before the first of them.
        assert len(refused) == len(clients) - 1
        assert all("before it was read" in detail for detail in refused)


def test_a_deadline_counts_from_when_the_request_came(models, tmp_path):
    settings = {"SENTIMENT_WORKERS": "1", "SENTIMENT_DEADLINE_SECONDS": "4"}
    with (
        moody_service(models, tmp_path, **settings) as (client, log),
        kept_clients(client) as clients,
    ):
        with standing_still(log):
            clients[0].sendall(REQUEST)
            time.sleep(4.5)
        assert json_on(clients[0])["code"] == "deadline_exceeded"


@contextlib.contextmanager
def kept_clients(client: Client) -> Iterator[list[socket.socket]]:
    """Connect clients that have each had an answer."""
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(client.connect()) for _ in range(8)]
        for one in clients:
            one.sendall(REQUEST)
            assert json_on(one)["label"]
        yield clients


def refusals_of(clients: list[socket.socket]) -> list[str]:
    """Read an answer of each; return why it was none, of those who got none."""
    answers = [json_on(one) for one in clients]
    return [answer["detail"] for answer in answers if "label" not in answer]


def ask_all(clients: list[socket.socket]) -> None:
    for one in clients:
        one.sendall(REQUEST)


@contextlib.contextmanager
def standing_still(log: Path) -> Iterator[int]:
    """Stop the one worker that writes ``log`` for the block; yield its process."""
    wait_for(lambda: log_lines(log), "a line of the worker's")
    worker = log_lines(log)[-1]["process"]
    hold_still(worker)
    try:
        yield worker
    finally:
        let_go_on(worker)


def test_who_asks_as_the_drain_ends_is_answered_and_told_to_go(models, tmp_path):
    """Told to stay, it would send its next request to nobody."""
    settings = {"SENTIMENT_WORKERS": "1", "SENTIMENT_DRAIN_SECONDS": "1"}
    with (
        moody_service(models, tmp_path, **settings) as (client, log),
        client.connect() as kept,
    ):
        kept.sendall(REQUEST)
        assert json_on(kept)["label"]
        with standing_still(log) as worker:
            os.kill(worker, signal.SIGTERM)
        wait_for(lambda: client.get("/readyz").status == 503, "the drain")
        with standing_still(log):
            time.sleep(1)
            kept.sendall(REQUEST)
        answer = answer_on(kept)
        assert answer.status == 200
        assert answer.headers["connection"] == "close"


def test_who_is_let_go_of_holds_nobody_up(moody):
    """A client that was told of the end may take two seconds to close its side."""
    client, _ = moody
    with contextlib.ExitStack() as stack:
        for _ in range(8):
            leaving = stack.enter_context(client.connect())
            leaving.sendall(ENDING)
            json_on(leaving)
        began = time.monotonic()
        assert client.predict(text="good").status == 200
        # Eight times two seconds, if the loop waited for each.
        assert time.monotonic() - began < 8


def test_requests_in_one_breath_are_answered_in_their_order(server):
    texts = ["good", "bad food", "not good", "very bad film"]
    expected = [server.predict(text=text).json()["probabilities"] for text in texts]
    with server.connect() as client:
        for _ in range(20):
            client.sendall(b"".join(prediction_request(text=text) for text in texts))
            found = [json_on(client)["probabilities"] for _ in texts]
            assert found == expected


def test_a_client_who_reads_no_answer_holds_nobody_up(server):
    """Its answers fill what the system holds for it, and then a thread waits."""
    request = prediction_request(text="good") * 500
    with server.connect() as mute:
        mute.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        mute.settimeout(1)
        with contextlib.suppress(TimeoutError):
            for _ in range(40):
                mute.sendall(request)
        for _ in range(10):
            assert server.predict(text="good").status == 200
