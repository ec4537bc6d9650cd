"""How much work a worker lets wait before it sheds the rest."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from service.http.problems import OverloadedError


class Admission:
    """Counts what is being worked on, in texts or requests; safe between threads."""

    def __init__(self, limit: int, what: str) -> None:
        self.limit = limit
        self.waiting = 0
        self._what = what
        self._lock = Lock()

    @contextmanager
    def admit(self, weight: int) -> Iterator[None]:
        """Count ``weight`` as waiting until the end of the block.

        What is more than the limit by itself is let in where nothing else waits.

        Raises:
            OverloadedError: It does not fit beside what waits already.
        """
        self.enter(weight)
        try:
            yield
        finally:
            self.leave(weight)

    def enter(self, weight: int) -> None:
        """Count ``weight`` as waiting until :meth:`leave`; raise as :meth:`admit`."""
        with self._lock:
            if self.waiting and self.waiting + weight > self.limit:
                raise OverloadedError(
                    f"{self.waiting} {self._what} wait here already, at most "
                    f"{self.limit} may; try again shortly"
                )
            self.waiting += weight

    def leave(self, weight: int) -> None:
        """Count ``weight`` as done."""
        with self._lock:
            self.waiting -= weight
