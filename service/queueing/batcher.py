"""Requests that wait at the same time share one pass of the network.

A short text alone takes the network nearly as long as four do together. The thread
that finds it idle computes at once, alone; those that come meanwhile stand in line, and
the first of them computes for all that fit beside it. No thread stands in between
(docs/adr/0009-waiting-requests-share-a-pass.md).
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from sentiment.answers import Floats
from sentiment.errors import TextError
from sentiment.network.batching import Sequences
from sentiment.network.reader import TOKEN_BUDGET
from sentiment.prediction import Prediction
from sentiment.predictor import Predictor
from sentiment.reading import Reading
from service.http.deadlines import Deadline
from service.observability.metrics import Metrics
from service.queueing.arrivals import Arrivals
from service.queueing.lanes import Lane, Seat

# A request of at most so many tokens goes among the short ones. What is longer has a
# lane of its own: the short ones share the processor with it, never stand behind it.
SHORT_TOKENS = 256

# Texts share a pass if neither has more than so many times the other's tokens: padding
# them to one length then costs less than two passes. Below the least length, a pass
# costs the same whatever it is.
_LIKE = 2
_LEAST_LENGTH = 16

# How long a thread that could compute waits for requests that are on their way.
_COMPANY_SECONDS = 0.002
_LOOK_SECONDS = 0.0002


class Batcher:
    """Computes for all threads of a worker; a text's answer is the same in company."""

    def __init__(self, metrics: Metrics, arrivals: Arrivals) -> None:
        self._metrics = metrics
        self._arrivals = arrivals
        # Requests that were waited for and did not come: they do something else.
        self._elsewhere = 0
        self._short = Lane()
        self._long = Lane()

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
        """
        reading = predictor.read(texts)
        self._arrivals.settle()
        asked = _Asked(predictor, reading.sequences)
        lane = self._short if asked.tokens <= SHORT_TOKENS else self._long
        if lane.enter(asked):
            try:
                deadline.check()
                self._compute(asked, lane)
            finally:
                lane.leave()
        return predictor.predictions(reading, asked.outcome(), min_confidence)

    def short(self, predictor: Predictor, texts: Sequence[str]) -> "Ahead | None":
        """Return ``texts`` to be read with others'; None if they must be asked for.

        They must where one cannot be read, or they have too many tokens together.
        """
        try:
            if not predictor.answers_alike_in_company:
                return None
            reading = predictor.read(texts)
        except Exception:  # noqa: BLE001  whoever asks for them will be told
            return None
        if reading.errors:
            return None
        asked = _Asked(predictor, reading.sequences)
        # Padded to one length, as a pass takes them: a long text among short ones costs
        # as much as if all were long.
        if asked.longest * asked.texts > SHORT_TOKENS:
            return None
        return Ahead(reading, asked)

    def read_together(self, requests: Sequence["Ahead"]) -> None:
        """Read the texts of all at once, in this thread, which stands in no line."""
        waiting = [ahead.asked for ahead in requests]
        while waiting:
            company = _Company(waiting[0])
            waiting = [asked for asked in waiting[1:] if not company.takes(asked)]
            waited = company.waited()
            company.compute()
            self._count(company, waited, len(waiting))

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Run the block, some long computation, when no other of them is under way."""
        came = time.perf_counter()
        with self._long.turn():
            self._metrics.count_turn(time.perf_counter() - came)
            yield

    def _compute(self, leader: "_Asked", lane: Lane) -> None:
        company = _Company(leader)
        self._wait_for_company()
        try:
            # The same request must give the same digits each time, in any company.
            if len(lane) and leader.predictor.answers_alike_in_company:
                lane.call_out(company.takes)
            waited, left = company.waited(), len(lane)
            company.compute()
        finally:
            # Whoever was called out sleeps until it is woken, whatever went wrong.
            company.wake()
        self._count(company, waited, left)

    def _count(self, company: "_Company", waited: float, left: int) -> None:
        """Count a pass that left ``left`` requests, and those that nobody has taken."""
        waiting = left + self._arrivals.waiting
        self._metrics.count_pass(company.texts, waited, waiting)

    def _wait_for_company(self) -> None:
        """Wait a moment if requests are on their way, and only for those that come."""
        self._elsewhere = min(self._elsewhere, self._arrivals.coming)
        ends = time.perf_counter() + _COMPANY_SECONDS
        while self._arrivals.coming > self._elsewhere:
            if time.perf_counter() > ends:
                self._elsewhere = self._arrivals.coming
                return
            time.sleep(_LOOK_SECONDS)


class _Asked(Seat):
    """What one thread wants of the network, and what it gets."""

    def __init__(self, predictor: Predictor, sequences: Sequences) -> None:
        super().__init__()
        self.predictor = predictor
        self.sequences = sequences
        self.texts = len(sequences.lengths)
        self.tokens = len(sequences.token_ids)
        self.longest = max(_LEAST_LENGTH, int(sequences.lengths.max()))
        self.came = time.perf_counter()
        self.found: Floats | Exception | None = None

    def outcome(self) -> Floats:
        """Return the probabilities, or raise what made them fail."""
        if isinstance(self.found, Exception):
            raise self.found
        if self.found is None:
            raise RuntimeError("a text was left out of its pass; this is a bug")
        return self.found


class Ahead(NamedTuple):
    """A request's short texts, which wait to be read together with others'."""

    reading: Reading
    asked: _Asked

    @property
    def version(self) -> str:
        """The version of the model that reads them."""
        return self.asked.predictor.version

    def predictions(self, min_confidence: float) -> list[Prediction]:
        """Return what was read, or raise what went wrong."""
        predictor, found = self.asked.predictor, self.asked.outcome()
        predictions = []
        for answer in predictor.predictions(self.reading, found, min_confidence):
            if isinstance(answer, TextError):
                raise answer
            predictions.append(answer)
        return predictions


class _Company:
    """Those who share one pass: of one model, of like length, within the budget."""

    def __init__(self, leader: _Asked) -> None:
        self.texts = leader.texts
        self._leader = leader
        self._members = [leader]
        self._longest = leader.longest

    def takes(self, seat: Seat) -> bool:
        """Take ``seat`` in if it fits; say whether it does."""
        if not isinstance(seat, _Asked) or not self._is_like(seat):
            return False
        longest, texts = max(self._longest, seat.longest), self.texts + seat.texts
        if longest * texts > TOKEN_BUDGET:
            return False
        self._longest, self.texts = longest, texts
        self._members.append(seat)
        return True

    def _is_like(self, seat: _Asked) -> bool:
        ours, theirs = self._leader, seat
        return (
            ours.predictor is theirs.predictor
            and ours.longest <= _LIKE * theirs.longest
            and theirs.longest <= _LIKE * ours.longest
        )

    def waited(self) -> float:
        """Return how many seconds ago the first of them came."""
        return time.perf_counter() - min(member.came for member in self._members)

    def compute(self) -> None:
        """Compute for all; what fails, fails for each of them."""
        try:
            together = Sequences.joined([member.sequences for member in self._members])
            found = self._leader.predictor.probabilities(together)
        except Exception as error:  # noqa: BLE001  each raises it to its own client
            for member in self._members:
                member.found = error
        else:
            for member in self._members:
                member.found, found = found[: member.texts], found[member.texts :]

    def wake(self) -> None:
        """Wake those who sleep; one that nothing was computed for raises."""
        for member in self._members[1:]:
            member.wake()
