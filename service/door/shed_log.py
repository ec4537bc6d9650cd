"""Tell of requests that no thread has taken: a line a second at most, however many."""

import logging
import time

from service.http.problems import TABLE, OverloadedError

_SECONDS = 1.0
_CODE = TABLE[OverloadedError].code

log = logging.getLogger(__name__)


class ShedLog:
    """Counts the requests that a worker's ear turns away, for one thread.

    The first is told at once, those after it together: a line for each would cost the
    most when there is the least time for it. No request is told twice or left out.
    """

    def __init__(self) -> None:
        self._requests = 0
        self._told = float("-inf")

    def count(self) -> None:
        """Count one more."""
        self._requests += 1
        self.tell()

    def tell(self, *, all_of_them: bool = False) -> None:
        """Log how many there were since the last line, if there were and it is time.

        With ``all_of_them`` it is time in any case: nobody will ask again.
        """
        if not self._requests:
            return
        now = time.monotonic()
        if not all_of_them and now < self._told + _SECONDS:
            return
        fields = {"route": "/predict", "code": _CODE, "requests": self._requests}
        log.warning("turned away: too many wait already", extra={"fields": fields})
        self._requests, self._told = 0, now
