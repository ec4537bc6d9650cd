"""Processes of their own that hold the model and score blocks."""

import gc
import multiprocessing
import signal
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from pathlib import Path
from queue import SimpleQueue

from sentiment.artifacts.folder import load_artifact
from sentiment.artifacts.store import resolve
from sentiment.config import Precision
from sentiment.cpus import available_cpus
from sentiment.errors import SentimentError
from sentiment.network.threads import limit_threads
from sentiment.prediction.predictor import Predictor
from sentiment.scoring.results import Results
from sentiment.scoring.scorer import Scorer
from sentiment.tables.formats import hints_of_name

# From this many bytes on, a file is scored sooner by workers, though each takes seconds
# to load its model; a packed file holds several times its own size.
_LARGE = 32_000_000
_LARGE_PACKED = 10_000_000
# With more workers than this, they wait for the parent, which reads and writes for all.
_MOST = 4

# What a worker is sent: texts, and for each why it has none.
_Task = tuple[Sequence[str | None], Sequence[str]]


class Worker:
    """A process with the model at ``model`` in ``precision``; for one thread.

    It answers what it is given in order, and can be given the next block while it works
    on one. ``under_way`` is how many of its answers have not arrived. It ends with
    :meth:`close`, and by itself when this process does, however it ends.
    """

    def __init__(self, model: Path, precision: Precision) -> None:
        self.under_way = 0
        self._arrived: deque[Results | SentimentError] = deque()
        # Spawned, not forked: a forked child of a process that used torch can hang.
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        self._process = context.Process(
            target=_serve, args=(theirs, model, precision), daemon=True
        )
        with _uninterrupted():
            self._process.start()
        # Only the worker holds its end from now on: if it dies, even midway in an
        # answer, the connection ends. (A ProcessPoolExecutor would wait forever for the
        # rest.)
        theirs.close()

    def give(self, texts: Sequence[str | None], errors: Sequence[str]) -> None:
        """Let it do what :meth:`Scorer.score` does; :meth:`take` returns the answer.

        Raises:
            SentimentError: The worker died.
        """
        with _alive():
            self.connection.send((texts, errors))
        self.under_way += 1

    def take(self) -> Results:
        """Return the answer to the earliest block that was given, once it is there.

        Raises:
            SentimentError: The worker has no model, or died.
        """
        while not self._arrived:
            self.receive()
        answer = self._arrived.popleft()
        if isinstance(answer, SentimentError):
            raise answer
        return answer

    def receive(self) -> None:
        """Wait for the next answer, and keep it until it is taken.

        Raises:
            SentimentError: The worker died.
        """
        with _alive():
            self._arrived.append(self.connection.recv())
        self.under_way -= 1

    def close(self) -> None:
        """End the process, whatever it does."""
        self._process.kill()
        self._process.join()
        self.connection.close()
        self._process.close()


def workers_for(source: str) -> int:
    """Return how many workers suit the file ``source``, 1 for a pipe or a small one."""
    path = Path(source)
    if not path.is_file():
        return 1
    hints = hints_of_name(path.name)
    packed = hints.gzipped or hints.format == "parquet"
    large = _LARGE_PACKED if packed else _LARGE
    return min(available_cpus(), _MOST) if path.stat().st_size >= large else 1


def idle(workers: Sequence[Worker]) -> Worker | None:
    """Return a worker with nothing under way, if there is one.

    Answers that have arrived are received.

    Raises:
        SentimentError: A worker died.
    """
    _receive(workers, timeout=0)
    return next((worker for worker in workers if not worker.under_way), None)


def least_busy(workers: Sequence[Worker], at_most: int) -> Worker:
    """Return the worker with the least under way, once one has less than ``at_most``.

    Answers that have arrived are received.

    Raises:
        SentimentError: A worker died.
    """
    _receive(workers, timeout=0)
    while True:
        least = min(workers, key=lambda worker: worker.under_way)
        if least.under_way < at_most:
            return least
        _receive(workers, timeout=None)


def _receive(workers: Sequence[Worker], timeout: float | None) -> None:
    """Receive an answer of each worker that has one, after at most ``timeout``."""
    busy = [worker for worker in workers if worker.under_way]
    ready = wait([worker.connection for worker in busy], timeout)
    for worker in busy:
        if worker.connection in ready:
            worker.receive()


@contextmanager
def _alive() -> Iterator[None]:
    try:
        yield
    except (EOFError, OSError) as error:
        raise SentimentError(
            "a worker process died, perhaps for want of memory: a possible "
            "solution is fewer --workers (with --resume, what is done is kept)"
        ) from error


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Hold Ctrl-C back; processes started meanwhile ignore it for good.

    The terminal sends it to the whole group, but only the parent handles it, and a
    worker interrupted in its imports would print a traceback.
    """
    # Started here because its start unblocks the signal.
    resource_tracker.ensure_running()
    with _handled_later():
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            yield
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _handled_later() -> Iterator[None]:
    """Handle Ctrl-C after the block.

    The mask is that of one thread: where another receives the signal, Python interrupts
    the main thread all the same, and a worker half started would print a traceback.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # it is not interrupted
        return
    came: list[int] = []
    handler = signal.signal(signal.SIGINT, lambda number, _: came.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)
        if came:
            signal.raise_signal(signal.SIGINT)


def _serve(connection: Connection, model: Path, precision: Precision) -> None:
    """Answer until the other side is gone."""
    limit_threads(1)
    tasks: SimpleQueue[_Task | None] = SimpleQueue()
    # It takes in the next task meanwhile, so that the parent is never kept waiting.
    threading.Thread(target=_take_in, args=(connection, tasks), daemon=True).start()
    scorer: Scorer | SentimentError
    try:
        scorer = Scorer(Predictor(load_artifact(resolve(model)), precision=precision))
    except SentimentError as error:
        scorer = error
    gc.freeze()  # as the command does
    try:
        while (task := tasks.get()) is not None:
            connection.send(_answer(scorer, *task))
    except ConnectionError:
        return


def _take_in(connection: Connection, tasks: "SimpleQueue[_Task | None]") -> None:
    """Pass on what the parent sends, and None when it is gone."""
    try:
        while True:
            tasks.put(connection.recv())
    except (EOFError, OSError):
        tasks.put(None)


def _answer(
    scorer: Scorer | SentimentError,
    texts: Sequence[str | None],
    errors: Sequence[str],
) -> Results | SentimentError:
    if isinstance(scorer, SentimentError):
        return scorer
    return scorer.score(texts, errors)
