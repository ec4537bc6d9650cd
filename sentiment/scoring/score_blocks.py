"""Score blocks in order: in this process, or in several that each hold the model."""

from collections import deque
from collections.abc import Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

from sentiment.config import Precision
from sentiment.predictor import Predictor
from sentiment.scoring.blocks import Block
from sentiment.scoring.results import Results
from sentiment.scoring.scorer import OnAnswers, Scorer
from sentiment.scoring.workers import Worker

# Blocks per worker that wait for it or to be written: bounds the memory.
_AHEAD = 3


def score_blocks(
    predictor: Predictor, blocks: Iterable[Block], on_answers: OnAnswers | None = None
) -> Generator[tuple[Block, Results]]:
    """Yield each block with its results; ``on_answers`` gets its answers first."""
    scorer = Scorer(predictor, on_answers)
    for block in blocks:
        yield block, scorer.score(block.texts, block.errors)


def score_blocks_with_workers(
    model: Path, blocks: Iterable[Block], workers: int, precision: Precision
) -> Generator[tuple[Block, Results]]:
    """Yield each block with its results, computed by ``workers`` processes, in order.

    Raises:
        SentimentError: A worker died, most likely for want of memory.
    """
    waiting: deque[tuple[Block, Future[Results]]] = deque()
    processes: list[Worker] = []
    idle: SimpleQueue[Worker] = SimpleQueue()
    # A thread a worker, which does nothing but wait for its answers.
    threads = ThreadPoolExecutor(workers)
    try:
        for _ in range(workers):
            processes.append(Worker(model, precision))
            idle.put(processes[-1])
        for block in blocks:
            waiting.append((block, threads.submit(_score, idle, block)))
            if len(waiting) > _AHEAD * workers:
                yield _finished(*waiting.popleft())
        while waiting:
            yield _finished(*waiting.popleft())
    finally:
        # First the processes: their end wakes the threads, so that nothing blocks here.
        for process in processes:
            process.stop()
        threads.shutdown(wait=True, cancel_futures=True)
        for process in processes:
            process.close()


def _score(idle: "SimpleQueue[Worker]", block: Block) -> Results:
    worker = idle.get()
    try:
        return worker.score(block.texts, block.errors)
    finally:
        idle.put(worker)


def _finished(block: Block, job: "Future[Results]") -> tuple[Block, Results]:
    return block, job.result()
