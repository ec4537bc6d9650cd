"""Score blocks in order: in this process, or in several that each hold the model."""

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

from sentiment.errors import SentimentError
from sentiment.predictor import Predictor
from sentiment.scoring.blocks import Block
from sentiment.scoring.results import Result, score_texts

# Blocks a worker that wait for it or for their turn to be written: bounds the memory.
_AHEAD = 3

_predictor: Predictor | None = None


def score_blocks(
    predictor: Predictor, blocks: Iterable[Block]
) -> Iterator[tuple[Block, list[Result]]]:
    """Yield each block with its results."""
    for block in blocks:
        yield block, score_texts(predictor, block.texts, block.errors)


def score_blocks_with_workers(
    model: Path, blocks: Iterable[Block], workers: int
) -> Iterator[tuple[Block, list[Result]]]:
    """Yield each block with its results, computed by ``workers`` processes, in order.

    Raises:
        SentimentError: A worker died, most likely for want of memory.
    """
    waiting: deque[tuple[Block, Future[list[Result]]]] = deque()
    # Spawned, not forked: a forked child of a process that used torch can hang.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, context, _start_worker, (model,))
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
            "a worker process died, perhaps for want of memory: what is done is kept, "
            "and --resume goes on from there; a possible solution is fewer --workers"
        ) from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _finished(block: Block, job: "Future[list[Result]]") -> tuple[Block, list[Result]]:
    return block, job.result()


def _start_worker(model: Path) -> None:
    """Load the model once a process."""
    global _predictor  # a worker has no other place between its jobs
    # Ctrl-C reaches the whole group; the parent alone decides what becomes of it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ["OMP_NUM_THREADS"] = "1"
    import sentiment
    from sentiment.predictor import limit_threads

    limit_threads(1)
    _predictor = sentiment.load(model)


def _score_in_worker(texts: list[str | None], errors: list[str]) -> list[Result]:
    if _predictor is None:
        raise SentimentError("the worker was not started with a model")
    return score_texts(_predictor, texts, errors)
