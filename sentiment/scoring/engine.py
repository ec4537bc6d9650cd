"""Score blocks in order: in this process, or in several that each hold the model."""

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import resource_tracker
from pathlib import Path

from sentiment.errors import SentimentError
from sentiment.predictor import Predictor
from sentiment.scoring.blocks import Block
from sentiment.scoring.results import Result, score_texts

# Blocks a worker that wait for it or for their turn to be written: bounds the memory.
_AHEAD = 3

# A worker process's model, or why it has none.
_loaded: Predictor | SentimentError | None = None


def score_blocks(
    predictor: Predictor, blocks: Iterable[Block]
) -> Generator[tuple[Block, list[Result]]]:
    """Yield each block with its results."""
    for block in blocks:
        yield block, score_texts(predictor, block.texts, block.errors)


def score_blocks_with_workers(
    model: Path, blocks: Iterable[Block], workers: int
) -> Generator[tuple[Block, list[Result]]]:
    """Yield each block with its results, computed by ``workers`` processes, in order.

    Raises:
        SentimentError: A worker died, most likely for want of memory.
    """
    waiting: deque[tuple[Block, Future[list[Result]]]] = deque()
    pool = _start_pool(model, workers)
    try:
        for block in blocks:
            job = pool.submit(_score_in_worker, block.texts, block.errors)
            waiting.append((block, job))
            if len(waiting) > _AHEAD * workers:
                yield _finished(*waiting.popleft())
        while waiting:
            yield _finished(*waiting.popleft())
    except BrokenProcessPool as error:
        raise SentimentError(
            "a worker process died, perhaps for want of memory: a possible solution is "
            "fewer --workers (with --resume, what is done is kept)"
        ) from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _start_pool(model: Path, workers: int) -> ProcessPoolExecutor:
    # Spawned, not forked: a forked child of a process that used torch can hang.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, context, _start_worker, (model,))
    with _uninterrupted():
        for _ in range(workers):
            # A pool starts a process a job, until it has them all.
            pool.submit(os.getpid)
    return pool


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Hold Ctrl-C back; processes started meanwhile never hear it.

    The terminal sends it to the whole group, but the parent alone decides what becomes
    of the work, and a worker caught in its imports would print a traceback.
    """
    # Started here because its start unblocks the signal.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _finished(block: Block, job: "Future[list[Result]]") -> tuple[Block, list[Result]]:
    return block, job.result()


def _start_worker(model: Path) -> None:
    """Load the model once a process."""
    global _loaded  # a worker has no other place between its jobs
    _end_with_parent()
    os.environ["OMP_NUM_THREADS"] = "1"
    import sentiment
    from sentiment.predictor import limit_threads

    limit_threads(1)
    try:
        _loaded = sentiment.load(model)
    except SentimentError as error:
        # Raised here it would be printed with a traceback, and break the pool.
        _loaded = error


def _end_with_parent() -> None:
    """See to it that a parent which is killed leaves no process behind."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _score_in_worker(texts: list[str | None], errors: list[str]) -> list[Result]:
    if isinstance(_loaded, Predictor):
        return score_texts(_loaded, texts, errors)
    raise _loaded or SentimentError("the worker was not started with a model")
