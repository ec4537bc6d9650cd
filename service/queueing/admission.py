"""How much work a worker accepts before it sheds the rest."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from service.http.problems import OverloadedError

# A text that is explained takes as much time and memory as this many others, and one
# with its sentences no less.
DETAILED_WEIGHT = 8


class Admission:
    """Counts what is being worked on, in texts or requests; safe between threads.

    ``what`` names it in messages: "files being scored".
    """

    def __init__(self, limit: int, what: str) -> None:
        self.limit = limit
        self.admitted = 0
        self._what = what
        self._lock = Lock()

    def has_room(self, weight: int) -> bool:
        """Return whether ``weight`` fits beside what is counted already."""
        return self.admitted + weight <= self.limit

    @contextmanager
    def admit(self, weight: int, note: str = "") -> Iterator[None]:
        """Count ``weight`` until the end of the block.

        More than the limit is accepted where nothing else is counted. A refusal says
        ``note``, for a client that would count otherwise.

        Raises:
            OverloadedError: It does not fit beside what is counted already.
        """
        with self._lock:
            together = self.admitted + weight
            if self.admitted and together > self.limit:
                limit = f"{self.limit} ({note})" if note else str(self.limit)
                parts = ", or send it in parts" if weight > self.limit else ""
                raise OverloadedError(
                    f"{self._what} here: {self.admitted}, with yours {together}, the "
                    f"limit is {limit}; try again shortly{parts}"
                )
            self.admitted = together
        try:
            yield
        finally:
            with self._lock:
                self.admitted -= weight
