"""Requests that wait at the same time share one pass of the network.

A short text alone takes the network nearly as long as four do together. The thread
that finds it idle computes at once, alone; those that come meanwhile wait in line, and
the first of them computes for all that fit into its pass. There is no thread between
them and the network (docs/adr/0009-waiting-requests-share-a-pass.md).
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import NamedTuple

from sentiment.errors import TextError
from sentiment.network.batching import Sequences
from sentiment.network.runner import TOKEN_BUDGET, Pause
from sentiment.prediction.answers import Floats
from sentiment.prediction.encoded_texts import EncodedTexts
from sentiment.prediction.prediction import Prediction
from sentiment.prediction.predictor import Predictor
from service.http.deadlines import Deadline
from service.observability.metrics import Metrics
from service.queueing.arrivals import Arrivals
from service.queueing.fair_lock import FairLock, Waiter
from service.queueing.places import Places

# A request of at most this many tokens, padded, is short. Longer ones have a lock of
# their own: the short ones share the processor with them, and never wait behind them.
SHORT_TOKENS = 256

# Texts share a pass if the longer has at most this many times the shorter's tokens:
# padding them to one length then costs less than two passes. Texts of fewer tokens than
# the least length cost the same, and count as of that length.
_LIKE = 2
_LEAST_LENGTH = 16

# How long a thread that could compute waits for requests that are on their way.
_WAIT_SECONDS = 0.002
_LOOK_SECONDS = 0.0002


class Clock(NamedTuple):
    """How a batcher reads the time, and lets it pass."""

    now: Callable[[], float] = time.perf_counter
    sleep: Callable[[float], None] = time.sleep


_REAL_TIME = Clock()


class Batcher:
    """Computes for all threads of a worker; a batch does not change a text's answer."""

    def __init__(
        self,
        metrics: Metrics,
        arrivals: Arrivals,
        places: Places,
        clock: Clock = _REAL_TIME,
    ) -> None:
        self._clock = clock
        self._metrics = metrics
        self._arrivals = arrivals
        self._places = places
        # Requests that were waited for and did not come: they do something else.
        self._elsewhere = 0
        self._short = FairLock()
        self._long = FairLock()

    def __len__(self) -> int:
        """Return how many requests stand in line for a pass or their turn."""
        return len(self._short) + len(self._long)

    def predict_each(
        self,
        predictor: Predictor,
        texts: Sequence[str],
        deadline: Deadline,
        min_confidence: float = 0.0,
    ) -> list[Prediction | TextError]:
        """Return what ``predictor.predict_each`` would, to the last digit.

        Raises:
            DeadlineError: The deadline had passed when the network was free.
            OverloadedError: The texts are long, and too many others are.
        """
        encoded = predictor.encode(texts)
        self._arrivals.reached_network()
        job = _Job(predictor, encoded.sequences)
        if job.is_short:
            self._run(job, self._short, deadline)
        else:
            with self._places.take(deadline):
                self._run(job, self._long, deadline)
        return predictor.predictions(encoded, job.outcome(), min_confidence)

    def _run(self, job: "_Job", lock: FairLock, deadline: Deadline) -> None:
        """Wait in line; then compute, unless another thread has done so."""
        with deadline.count_wait():
            is_ours = lock.acquire(job)
        if is_ours:
            try:
                deadline.check()
                self._compute(job, lock)
            finally:
                lock.release()

    def prepare_short(
        self, predictor: Predictor, texts: Sequence[str]
    ) -> "PreparedTexts | None":
        """Return ``texts`` ready to share a pass; None if a thread must compute them.

        It must where one of them cannot be read, or they have too many tokens together.
        """
        try:
            if not predictor.requests_are_batch_invariant:
                return None
            encoded = predictor.encode(texts)
        except Exception:  # noqa: BLE001  the thread will raise it again
            return None
        if encoded.errors:
            return None
        job = _Job(predictor, encoded.sequences)
        return PreparedTexts(encoded, job) if job.is_short else None

    def compute_together(self, requests: Sequence["PreparedTexts"]) -> None:
        """Compute for all at once, in this thread, which waits in no line."""
        jobs = [prepared.job for prepared in requests]
        while jobs:
            shared = _Pass(jobs[0])
            jobs = [job for job in jobs[1:] if not shared.add_if_it_fits(job)]
            waited = shared.waited()
            shared.compute()
            left = len(jobs) + self._waiting_requests()
            self._metrics.passes.count(shared.texts, waited, left)

    def place(self, deadline: Deadline) -> AbstractContextManager[None]:
        """Hold a place for the block, a request of long computations.

        Raises:
            OverloadedError: Too many others hold one.
        """
        return self._places.take(deadline)

    @contextmanager
    def exclusive(self, deadline: Deadline) -> Iterator[Pause]:
        """Run the block, some long computation, when no other of them is under way.

        It is given what it should call between its pieces, if they are long: that lets
        the others who wait have their turn.

        Raises:
            DeadlineError: The deadline had passed by then, or in such a pause.
        """
        with ExitStack() as stack:
            with self._turn_awaited(deadline):
                stack.enter_context(self._long.exclusive())

            def pause() -> None:
                with self._turn_awaited(deadline):
                    self._long.give_way()

            yield pause

    @contextmanager
    def _turn_awaited(self, deadline: Deadline) -> Iterator[None]:
        """Count the block as a wait for a turn; raise if that comes too late."""
        came = time.perf_counter()
        with deadline.count_wait():
            yield
        waited = time.perf_counter() - came
        self._metrics.passes.count_turn(waited, self._waiting_requests())
        deadline.check()

    def _compute(self, leader: "_Job", lock: FairLock) -> None:
        shared = _Pass(leader)
        self._wait_for_others()
        try:
            # The same request must give the same digits each time, in any batch.
            if len(lock) and leader.predictor.requests_are_batch_invariant:
                lock.claim(shared.add_if_it_fits)
            waited, left = shared.waited(), self._waiting_requests()
            shared.compute()
        finally:
            # Claimed threads sleep until they are woken, whatever went wrong.
            shared.wake()
        self._metrics.passes.count(shared.texts, waited, left)

    def _waiting_requests(self) -> int:
        """Return how many requests wait: for anybody, a place, a pass or their turn."""
        elsewhere = self._arrivals.waiting_requests + self._places.waiting_requests
        return elsewhere + len(self)

    def _wait_for_others(self) -> None:
        """Wait a moment if requests are on their way, once for each of them."""
        self._elsewhere = min(self._elsewhere, self._arrivals.coming)
        ends = self._clock.now() + _WAIT_SECONDS
        while self._arrivals.coming > self._elsewhere:
            if self._clock.now() > ends:
                self._elsewhere = self._arrivals.coming
                return
            self._clock.sleep(_LOOK_SECONDS)


class _Job(Waiter):
    """What one request wants of the network, and what it gets."""

    def __init__(self, predictor: Predictor, sequences: Sequences) -> None:
        super().__init__()
        self.predictor = predictor
        self.sequences = sequences
        self.texts = len(sequences.lengths)
        self._padded_tokens = self.texts * int(sequences.lengths.max())
        self.longest = max(_LEAST_LENGTH, int(sequences.lengths.max()))
        self.came = time.perf_counter()
        self.found: Floats | Exception | None = None

    @property
    def is_short(self) -> bool:
        """Whether it waits behind no long request.

        Padded to one length, as a pass takes its texts, a long text among short ones
        costs as much as if all were long.
        """
        return self._padded_tokens <= SHORT_TOKENS

    def outcome(self) -> Floats:
        """Return the probabilities, or raise what made them fail."""
        if isinstance(self.found, Exception):
            raise self.found
        if self.found is None:
            raise RuntimeError("a text was left out of its pass; this is a bug")
        return self.found


class PreparedTexts(NamedTuple):
    """A request's short texts, which wait to share a pass with others."""

    encoded: EncodedTexts
    job: _Job

    @property
    def version(self) -> str:
        """The version of the model that reads them."""
        return self.job.predictor.version

    def predictions(self, min_confidence: float) -> list[Prediction]:
        """Return what was read, or raise what went wrong."""
        predictor, found = self.job.predictor, self.job.outcome()
        predictions = []
        for answer in predictor.predictions(self.encoded, found, min_confidence):
            if isinstance(answer, TextError):
                raise answer
            predictions.append(answer)
        return predictions


class _Pass:
    """Jobs that share one pass: of one model, of like length, within the budget."""

    def __init__(self, leader: _Job) -> None:
        self.texts = leader.texts
        self._leader = leader
        self._jobs = [leader]
        self._longest = leader.longest

    def add_if_it_fits(self, job: Waiter) -> bool:
        """Add ``job`` if it fits; return whether it does."""
        if not isinstance(job, _Job) or not self._is_like(job):
            return False
        longest, texts = max(self._longest, job.longest), self.texts + job.texts
        if longest * texts > TOKEN_BUDGET:
            return False
        self._longest, self.texts = longest, texts
        self._jobs.append(job)
        return True

    def _is_like(self, job: _Job) -> bool:
        ours, theirs = self._leader, job
        return (
            ours.predictor is theirs.predictor
            and ours.longest <= _LIKE * theirs.longest
            and theirs.longest <= _LIKE * ours.longest
        )

    def waited(self) -> float:
        """Return how many seconds ago the first of them came."""
        return time.perf_counter() - min(job.came for job in self._jobs)

    def compute(self) -> None:
        """Compute for all; an error is each job's outcome."""
        try:
            together = Sequences.joined([job.sequences for job in self._jobs])
            found = self._leader.predictor.probabilities(together)
        except Exception as error:  # noqa: BLE001  each raises it to its own client
            for job in self._jobs:
                job.found = error
        else:
            for job in self._jobs:
                job.found, found = found[: job.texts], found[job.texts :]

    def wake(self) -> None:
        """Wake the threads that sleep; where nothing was computed, they raise."""
        for job in self._jobs[1:]:
            job.wake()
