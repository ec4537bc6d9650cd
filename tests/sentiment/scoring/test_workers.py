"""A worker answers or dies; nobody waits for one that is gone."""

import os
import signal
import threading
import time

import pytest

from sentiment.errors import SentimentError
from sentiment.scoring.workers import (
    Worker,
    _uninterrupted,
    least_busy,
    workers_for,
)

# An answer many times what a socket's buffer holds (some 200 KB), so that it is under
# way until someone reads it.
TEXTS = ["good"] * 50_000
ERRORS = [""] * len(TEXTS)


@pytest.fixture
def worker(artifact_folder):
    worker = Worker(artifact_folder, "float32")
    yield worker
    worker.close()


def test_answers_come_in_the_order_of_the_blocks(worker):
    for count in (1, 2, 3):
        worker.give(["good"] * count, [""] * count)
    assert [len(worker.take().errors) for _ in range(3)] == [1, 2, 3]


class Asked:
    """What a worker, as it receives this, finds ``code`` to be."""

    def __init__(self, code: str) -> None:
        self.code = code

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return eval, (self.code,)


def test_a_worker_computes_with_one_thread(artifact_folder, monkeypatch):
    """With all of a machine's threads each, workers would slow each other down."""
    monkeypatch.setenv("OMP_NUM_THREADS", "4")
    worker = Worker(artifact_folder, "float32")
    try:
        # The reason why a row has no text comes back as it was given.
        worker.give([None], [Asked("str(__import__('torch').get_num_threads())")])
        assert worker.take().errors == ["1"]
    finally:
        worker.close()


def test_a_block_can_be_given_while_an_answer_waits_to_be_read(worker):
    """Neither side waits for the other, though both are sending more than fits."""
    worker.give(TEXTS, ERRORS)
    assert worker.connection.poll(300)
    time.sleep(0.3)  # the pipe is full by now
    worker.give(TEXTS, ERRORS)
    assert worker.under_way == 2
    assert [len(worker.take().errors) for _ in range(2)] == [len(TEXTS)] * 2


def test_the_next_block_is_for_the_worker_with_the_least_under_way(
    worker, artifact_folder
):
    other = Worker(artifact_folder, "float32")
    try:
        worker.give(["good"], [""])
        assert least_busy([worker, other], at_most=2) is other
        other.give(["good"], [""])
        # Both have one: it waits until one of them has answered.
        assert least_busy([worker, other], at_most=1).under_way == 0
        assert len(worker.take().errors) == len(other.take().errors) == 1
    finally:
        other.close()


def test_a_worker_that_dies_midway_in_an_answer_is_an_error(worker):
    worker.give(TEXTS, ERRORS)
    assert worker.connection.poll(300)
    time.sleep(0.3)  # the pipe is full by now
    os.kill(worker._process.pid, signal.SIGKILL)
    # Who reads before it is dead may make room for the rest of its answer.
    worker._process.join()
    with pytest.raises(SentimentError, match=r"a worker process died"):
        worker.take()


def test_a_worker_that_is_gone_is_an_error_at_the_next_block(worker):
    worker.give(["good"], [""])
    assert sum(worker.take().counts().values()) == 1
    os.kill(worker._process.pid, signal.SIGKILL)
    worker._process.join()
    with pytest.raises(SentimentError, match=r"a worker process died"):
        worker.give(["good"], [""])


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


@pytest.mark.parametrize(
    ("name", "size", "cores", "workers"),
    [
        ("small.csv", 31_000_000, 16, 1),
        ("large.csv", 32_000_000, 16, 4),
        ("large.csv", 32_000_000, 2, 2),
        ("packed.CSV.GZ", 10_000_000, 16, 4),
        ("packed.parquet", 9_000_000, 16, 1),
        ("packed.pq", 10_000_000, 16, 4),
    ],
)
def test_a_large_file_has_the_cores_and_a_small_one_no_workers(
    tmp_path, monkeypatch, name, size, cores, workers
):
    monkeypatch.setattr("sentiment.scoring.workers.available_cpus", lambda: cores)
    path = tmp_path / name
    path.touch()
    os.truncate(path, size)
    assert workers_for(str(path)) == workers


def test_what_has_no_size_has_no_workers(tmp_path):
    os.mkfifo(tmp_path / "pipe.csv")
    assert workers_for(str(tmp_path / "pipe.csv")) == 1
    assert workers_for("-") == 1
