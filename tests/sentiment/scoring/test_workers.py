"""A worker answers or dies; nobody waits for one that is gone."""

import os
import signal
import threading
import time

import pytest

from sentiment.errors import SentimentError
from sentiment.scoring.workers import Worker, _uninterrupted

# An answer many times what a socket's buffer holds (some 200 KB), so that it is under
# way until someone reads it.
TEXTS = ["good"] * 50_000
ERRORS = [""] * len(TEXTS)


@pytest.fixture
def worker(artifact_folder):
    worker = Worker(artifact_folder, "float32")
    yield worker
    worker.stop()
    worker.close()


def test_a_worker_that_dies_midway_in_an_answer_is_an_error(worker, monkeypatch):
    connection = worker._connection
    connection.send((TEXTS, ERRORS))
    assert connection.poll(300)
    time.sleep(0.3)  # the pipe is full by now
    os.kill(worker._process.pid, signal.SIGKILL)
    # Who reads before it is dead may make room for the rest of its answer.
    worker._process.join()
    monkeypatch.setattr(connection, "send", lambda _block: None)
    with pytest.raises(SentimentError, match=r"a worker process died"):
        worker.score(TEXTS, ERRORS)


def test_a_worker_that_is_gone_is_an_error_at_the_next_block(worker):
    assert sum(worker.score(["good"], [""]).counts().values()) == 1
    os.kill(worker._process.pid, signal.SIGKILL)
    worker._process.join()
    with pytest.raises(SentimentError, match=r"a worker process died"):
        worker.score(["good"], [""])


def test_whoever_waits_for_an_answer_is_woken_when_the_worker_is_stopped(worker):
    failures = []

    def wait() -> None:
        try:
            for _ in range(1_000):
                worker.score(TEXTS, ERRORS)
        except SentimentError as error:
            failures.append(str(error))

    thread = threading.Thread(target=wait)
    thread.start()
    assert worker._connection.poll(300)
    worker.stop()
    thread.join(60)
    assert not thread.is_alive()
    assert failures[0].startswith("a worker process died")


def test_ctrl_c_waits_for_a_worker_to_be_started_whichever_thread_receives_it():
    """The worker, interrupted before it had its task, printed a traceback."""
    ends = threading.Event()
    other = threading.Thread(target=ends.wait)
    other.start()
    # Tests that run in the background ignore Ctrl-C.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    started = []
    try:
        with pytest.raises(KeyboardInterrupt), _uninterrupted():  # noqa: PT012
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.1)
            started.append(True)
    finally:
        signal.signal(signal.SIGINT, before)
        ends.set()
        other.join()
    assert started
