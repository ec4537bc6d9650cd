"""A process of its own that holds the model and scores one block at a time."""

import multiprocessing
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from pathlib import Path

from sentiment.artifact_folder import load_artifact
from sentiment.config import Precision
from sentiment.errors import SentimentError
from sentiment.network.threads import limit_threads
from sentiment.predictor import Predictor
from sentiment.scoring.results import Results
from sentiment.scoring.scorer import Scorer
from sentiment.store import resolve


class Worker:
    """A process with the model at ``model`` in ``precision``; one caller at a time.

    It ends with :meth:`stop`, and by itself when this process does, however it ends.
    """

    def __init__(self, model: Path, precision: Precision) -> None:
        # Spawned, not forked: a forked child of a process that used torch can hang.
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(
            target=_serve, args=(theirs, model, precision), daemon=True
        )
        with _uninterrupted():
            self._process.start()
        # Only the worker holds its end from now on: if it dies, even midway in an
        # answer, the connection ends. (A ProcessPoolExecutor would wait forever for the
        # rest.)
        theirs.close()

    def score(self, texts: Sequence[str | None], errors: Sequence[str]) -> Results:
        """Return what :meth:`Scorer.score` gives, computed there.

        Raises:
            SentimentError: The worker has no model, or died.
        """
        try:
            self._connection.send((texts, errors))
            answer: Results | SentimentError = self._connection.recv()
        except (EOFError, OSError) as error:
            raise SentimentError(
                "a worker process died, perhaps for want of memory: a possible "
                "solution is fewer --workers (with --resume, what is done is kept)"
            ) from error
        if isinstance(answer, SentimentError):
            raise answer
        return answer

    def stop(self) -> None:
        """End the process, whatever it does; a waiting :meth:`score` then raises."""
        self._process.kill()
        self._process.join()

    def close(self) -> None:
        """Close the connection, after :meth:`stop` and the last :meth:`score`."""
        self._connection.close()
        self._process.close()


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
    scorer: Scorer | SentimentError
    try:
        scorer = Scorer(Predictor(load_artifact(resolve(model)), precision=precision))
    except SentimentError as error:
        scorer = error
    try:
        while True:
            texts, errors = connection.recv()
            connection.send(_answer(scorer, texts, errors))
    except (EOFError, ConnectionError):
        return


def _answer(
    scorer: Scorer | SentimentError,
    texts: Sequence[str | None],
    errors: Sequence[str],
) -> Results | SentimentError:
    if isinstance(scorer, SentimentError):
        return scorer
    return scorer.score(texts, errors)
