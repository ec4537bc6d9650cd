"""Places for long work, fewer than a worker has threads, so that some stay free."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition

from service.http.deadlines import Deadline
from service.http.problems import OverloadedError


class Places:
    """At most ``limit`` requests hold one at a time; safe between threads.

    Who finds none waits, but only while places change hands: once the last did so more
    than ``seconds`` ago, each would hold a thread and wait for nothing.
    """

    def __init__(self, limit: int, seconds: float) -> None:
        self._limit = limit
        self._seconds = seconds
        self._taken = 0
        # How many wait for one.
        self.waiting_requests = 0
        self._changed = time.monotonic()
        self._free = Condition()

    @contextmanager
    def take(self, deadline: Deadline) -> Iterator[None]:
        """Hold a place for the block.

        Raises:
            OverloadedError: There is none, and none came free in time.
        """
        with self._free:
            with deadline.count_wait(), self._counted():
                while self._taken >= self._limit and self._wait(deadline):
                    pass
            self._require_one(deadline)
            self._count(1)
        try:
            yield
        finally:
            with self._free:
                self._count(-1)
                self._free.notify()

    @contextmanager
    def _counted(self) -> Iterator[None]:
        self.waiting_requests += 1
        try:
            yield
        finally:
            self.waiting_requests -= 1

    def _count(self, places: int) -> None:
        self._taken += places
        self._changed = time.monotonic()

    def _wait(self, deadline: Deadline) -> bool:
        """Wait for a change; return whether there was one in time."""
        ends = min(self._changed + self._seconds, deadline.ends)
        return self._free.wait(max(0.0, ends - time.monotonic()))

    def _require_one(self, deadline: Deadline) -> None:
        if self._taken < self._limit:
            return
        deadline.check()
        raise OverloadedError(
            f"{self._taken} requests that take long are being answered already, the "
            f"limit is {self._limit}; try again shortly"
        )
