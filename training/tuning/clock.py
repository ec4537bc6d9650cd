"""The time limit of a search, and a bar that shows it."""

import time
from collections.abc import Callable
from types import TracebackType
from typing import Never, Self

from tqdm import tqdm


class TimeUpError(Exception):
    """The search's time is over during a trial."""


# Time reserved for the table and the picture: seconds, or a share of a short search.
_CLOSING_SECONDS, _CLOSING_SHARE = 5.0, 0.1


class Clock:
    """Counts from ``began``; ``now`` returns monotonic seconds."""

    def __init__(
        self,
        minutes: float,
        began: float | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.minutes = minutes
        self._now = now
        self._began = now() if began is None else began

    @property
    def passed(self) -> float:
        """Seconds since the search began."""
        return self._now() - self._began

    @property
    def left(self) -> float:
        """Seconds that trials still have, negative once they are over."""
        whole = 60 * self.minutes
        closing = min(_CLOSING_SECONDS, _CLOSING_SHARE * whole)
        return whole - closing - self.passed


class Bar:
    """A bar over the minutes, with the best figure so far; on a terminal alone.

    ``shown`` says whether lines are to be printed, also where there is no bar.
    """

    def __init__(self, clock: Clock, *, show: bool) -> None:
        self._clock = clock
        self.shown = show
        self._bar: tqdm[Never] = tqdm(
            total=clock.minutes,
            bar_format="{desc} |{bar}| {n:.1f} of {total:g} min",
            disable=None if show else True,
            leave=False,
        )

    def say(self, what: str) -> None:
        """Show ``what`` before the bar."""
        self._bar.set_description_str(what)

    def move(self) -> None:
        """Update the bar to the time that has passed."""
        passed = min(self._clock.passed / 60, self._clock.minutes)
        self._bar.update(passed - self._bar.n)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._bar.close()
