"""Deadlines: when an answer would come too late to be worth computing."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from service.http.problems import DeadlineError

HEADER = "X-Request-Start"

# Seconds with a fraction, as nginx writes $msec ("t=1700000000.123"), or milliseconds.
_SECONDS = re.compile(r"(?:t=)?[0-9]{10}(\.[0-9]{1,9})?")
_MILLISECONDS = re.compile(r"(?:t=)?[0-9]{13}")

# A request that seems to have waited longer than this did not: some clock is wrong.
_PLAUSIBLE_WAIT = 300.0


@dataclass(slots=True)
class Deadline:
    """The time on the monotonic clock after which no client waits any more.

    ``seconds`` is the whole allowance; ``waited`` is how long the request has waited
    for others, and for its own body.
    """

    ends: float
    seconds: float
    waited: float

    @classmethod
    def after(cls, seconds: float, request_start: str | None = None) -> "Deadline":
        """Return the deadline ``seconds`` after the request reached the first proxy.

        ``request_start`` is that time as X-Request-Start gives it; without a plausible
        one, the time runs from now.
        """
        waited = waited_seconds(request_start, time.time()) if request_start else 0.0
        ends = time.monotonic() + seconds - waited
        return cls(ends, seconds, waited)

    @property
    def age(self) -> float:
        """How many seconds ago the request came."""
        return time.monotonic() - (self.ends - self.seconds)

    @property
    def is_over(self) -> bool:
        """Whether the deadline has passed."""
        return time.monotonic() > self.ends

    @contextmanager
    def count_wait(self) -> Iterator[None]:
        """Count the time of the block as waited."""
        began = time.monotonic()
        try:
            yield
        finally:
            self.waited += time.monotonic() - began

    def check(self) -> None:
        """Raise DeadlineError once the deadline has passed."""
        if not self.is_over:
            return
        # If it waited for less than half of its time, the request itself is too large.
        # Its CPU time would not show that where the CPUs are busy, or have a quota.
        if self.waited < self.age / 2:
            raise DeadlineError(
                f"this takes longer than the {self.seconds:g} s that a request may: "
                "send it in parts",
                in_parts=True,
            )
        raise DeadlineError(
            "the answer would come too late; try again shortly, or send less at once"
        )


def when_it_came(request_start: str | None, came: float) -> str:
    """Return when a request came: as X-Request-Start gives it, else ``came``.

    >>> when_it_came("yesterday", 1700000000.25)
    't=1700000000.250'
    """
    if request_start and waited_seconds(request_start, time.time()):
        return request_start
    return f"t={came:.3f}"


def waited_seconds(request_start: str, now: float) -> float:
    """Return how long before ``now`` the request began, 0 if that is not known.

    >>> waited_seconds("t=1700000000.250", 1700000001.0)
    0.75
    >>> waited_seconds("1700000000250", 1700000001.0)
    0.75
    >>> waited_seconds("yesterday", 1700000001.0)
    0.0
    """
    if _SECONDS.fullmatch(request_start):
        began = float(request_start.removeprefix("t="))
    elif _MILLISECONDS.fullmatch(request_start):
        began = int(request_start.removeprefix("t=")) / 1000
    else:
        return 0.0
    waited = now - began
    return waited if 0 < waited < _PLAUSIBLE_WAIT else 0.0
