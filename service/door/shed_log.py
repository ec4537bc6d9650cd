"""Log the requests that were shed: at most one line a second, however many."""

import logging
import time

from service.http.problems import REFUSALS, OverloadedError

_SECONDS = 1.0
_CODE = REFUSALS[OverloadedError].code

log = logging.getLogger(__name__)


class ShedLog:
    """Counts the requests that a worker sheds; for one thread.

    The first is logged at once, those after it together: a line for each would cost the
    most when there is the least time for it. Each is counted in exactly one line.
    """

    def __init__(self) -> None:
        self._requests = 0
        self._logged = float("-inf")

    def count(self) -> None:
        """Count one more."""
        self._requests += 1
        self.write()

    def write(self, *, at_once: bool = False) -> None:
        """Log how many there were since the last line, if any, once a second.

        With ``at_once`` also within that second: this is the worker's last call.
        """
        if not self._requests:
            return
        now = time.monotonic()
        if not at_once and now < self._logged + _SECONDS:
            return
        fields = {"route": "/predict", "code": _CODE, "requests": self._requests}
        log.warning("turned away: too many wait already", extra={"fields": fields})
        self._requests, self._logged = 0, now
