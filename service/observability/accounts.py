"""The account of a request: its metrics, and its one line in the log."""

import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    # Not in gunicorn's master, which imports this module: metrics need the run folder
    # first.
    from service.observability.metrics import Metrics

log = logging.getLogger("service.requests")


@dataclass(slots=True)
class Account:
    """What the log line of a request says, filled in while it is answered."""

    request_id: str
    came: float
    code: str | None = None
    model: str | None = None
    texts: int | None = None
    tokens: int | None = None
    # A streamed answer is accounted for when it has ended, not when it begins.
    streamed: bool = False
    broken: bool = False

    @classmethod
    def of(cls, request_id: str, age: float) -> "Account":
        """Return the account of a request that came ``age`` seconds ago."""
        return cls(request_id, time.perf_counter() - age)

    def close(self, metrics: "Metrics", route: str, method: str, status: int) -> None:
        """Count the request and log one line of it, without a word of its text."""
        seconds = time.perf_counter() - self.came
        metrics.count_request(route, method, status, seconds)
        fields: dict[str, object] = {
            "method": method,
            "route": route,
            "status": status,
            "ms": round(seconds * 1000, 3),
            "request_id": self.request_id,
        }
        for name in ("code", "model", "texts", "tokens"):
            if (value := getattr(self, name)) is not None:
                fields[name] = value
        if self.broken:
            fields["broken"] = True
        log.info("", extra={"fields": fields})
