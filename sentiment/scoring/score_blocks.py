"""Score blocks in order: in this process, or in several that each hold the model."""

from collections import deque
from collections.abc import Generator, Iterable
from contextlib import ExitStack, closing
from pathlib import Path

from sentiment.config import Precision
from sentiment.prediction.predictor import Predictor
from sentiment.scoring.blocks import Block
from sentiment.scoring.results import Results
from sentiment.scoring.scorer import OnAnswers, Scorer
from sentiment.scoring.workers import Worker, idle, least_busy

# Blocks that a worker has at once: when it has finished one, the next is there.
_AT_ONCE = 2
# Blocks per worker that it has or that wait to be written: bounds the memory.
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
    """Yield each block with its results, in order, computed by other processes.

    A process is started for a block that finds all others at work, until there are
    ``workers`` of them: each takes seconds to load, which a short file does not need.

    Raises:
        SentimentError: A worker died, most likely for want of memory.
    """
    processes: list[Worker] = []
    # Each block with the worker that has it, which answers in order.
    waiting: deque[tuple[Block, Worker]] = deque()
    with ExitStack() as stack:
        for block in blocks:
            worker = idle(processes)
            if worker is None and len(processes) < workers:
                worker = stack.enter_context(closing(Worker(model, precision)))
                processes.append(worker)
            worker = worker or least_busy(processes, _AT_ONCE)
            worker.give(block.texts, block.errors)
            waiting.append((block, worker))
            if len(waiting) > _AHEAD * workers:
                yield _finished(*waiting.popleft())
        while waiting:
            yield _finished(*waiting.popleft())


def _finished(block: Block, worker: Worker) -> tuple[Block, Results]:
    return block, worker.take()
