"""Log the requests that were shed: at most one line a second, however many."""

import logging
import time
from collections import Counter

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
        self._routes: Counter[str] = Counter()
        self._logged = float("-inf")

    def count(self, route: str) -> None:
        """Count one more."""
        self._routes[route] += 1
        self.write()

    def write(self, *, at_once: bool = False) -> None:
        """Log how many there were since the last line, if any, once a second.

        With ``at_once`` also within that second: this is the worker's last call.
        """
        if not self._routes:
            return
        now = time.monotonic()
        if not at_once and now < self._logged + _SECONDS:
            return
        requests = self._routes.total()
        fields = {"code": _CODE, "requests": requests, "routes": dict(self._routes)}
        log.warning("turned away: too many wait already", extra={"fields": fields})
        self._routes.clear()
        self._logged = now
