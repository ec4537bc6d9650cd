"""The worker's loop answers short texts, and nobody holds it up."""

import contextlib
import json
import os
import signal
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from odd_service import BEGUN, GO_ON, odd_service
from open_loop import prediction_request
from running import log_lines, metric
from traffic import wait_for


def test_a_short_text_needs_no_thread(models, tmp_path):
    settings = {"SENTIMENT_WORKERS": "1", "SENTIMENT_THREADS": "1"}
    with (
        odd_service(models, tmp_path, **settings) as (client, _),
        ThreadPoolExecutor(1) as threads,
    ):
        slow = threads.submit(client.predict, texts=["slow"])
        wait_for((tmp_path / BEGUN).exists, "the slow request")
        # Its one thread is taken.
        assert client.predict(text="good").status == 200
        assert not slow.done()
        (tmp_path / GO_ON).touch()
        assert slow.result().status == 200


def test_those_who_come_at_once_share_a_pass(odd):
    client, log = odd
    request = prediction_request(text="good")
    with contextlib.ExitStack() as stack:
        clients = [
            stack.enter_context(socket.create_connection(("127.0.0.1", client.port)))
            for _ in range(8)
        ]
        for one in clients:
            one.sendall(request)
            read_answer(one)
        texts = metric(client, "sentiment_pass_texts_sum")
        passes = metric(client, "sentiment_pass_texts_count")
        worker = log_lines(log)[-1]["process"]
        os.kill(worker, signal.SIGSTOP)
        wait_for(lambda: is_stopped(worker), "the worker's stop")
        for one in clients:
            one.sendall(request)
        os.kill(worker, signal.SIGCONT)
        for one in clients:
            read_answer(one)
    assert metric(client, "sentiment_pass_texts_sum") == texts + 8
    assert metric(client, "sentiment_pass_texts_count") == passes + 1


def is_stopped(process: int) -> bool:
    status = Path(f"/proc/{process}/stat").read_text()
    return status.rpartition(")")[2].split()[0] == "T"


def test_who_is_let_go_of_holds_nobody_up(odd):
    """A client that was told of the end may take two seconds to close its side."""
    client, _ = odd
    request = prediction_request(text="good")
    ending = request.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    with contextlib.ExitStack() as stack:
        for _ in range(8):
            leaving = stack.enter_context(
                socket.create_connection(("127.0.0.1", client.port))
            )
            leaving.sendall(ending)
            read_answer(leaving)
        began = time.monotonic()
        assert client.predict(text="good").status == 200
        # Eight times two seconds, if the loop waited for each.
        assert time.monotonic() - began < 8


def test_requests_in_one_breath_are_answered_in_their_order(server):
    texts = ["good", "bad food", "not good", "very bad film"]
    expected = [server.predict(text=text).json()["probabilities"] for text in texts]
    with socket.create_connection(("127.0.0.1", server.port)) as client:
        for _ in range(20):
            client.sendall(b"".join(prediction_request(text=text) for text in texts))
            found = [read_answer(client)["probabilities"] for _ in texts]
            assert found == expected


def read_answer(client: socket.socket) -> dict[str, Any]:
    """Read one answer of several on a connection, byte by byte to its end."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += client.recv(1)
    length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
    body = b""
    while len(body) < length:
        body += client.recv(length - len(body))
    return json.loads(body)


def test_a_client_who_reads_no_answer_holds_nobody_up(server):
    """Its answers fill what the system holds for it, and then a thread waits."""
    request = prediction_request(text="good") * 500
    with socket.create_connection(("127.0.0.1", server.port)) as mute:
        mute.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        mute.settimeout(1)
        with contextlib.suppress(TimeoutError):
            for _ in range(40):
                mute.sendall(request)
        for _ in range(10):
            assert server.predict(text="good").status == 200
