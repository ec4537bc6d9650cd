"""What one worker's requests share, and what is kept of each request."""

import time
from dataclasses import dataclass, field
from threading import Event
from typing import cast

from flask import current_app, g

from service.corrections import Corrections
from service.http.bodies import BodyWatch
from service.keys import Keys
from service.observability.metrics import Metrics
from service.queueing.admission import Admission
from service.queueing.arrivals import Arrivals
from service.queueing.batcher import Batcher
from service.reload import ServedModel
from service.settings import Settings

EXTENSION = "sentiment"


@dataclass(frozen=True, kw_only=True)
class Service:
    """Everything that outlives a request."""

    settings: Settings
    model: ServedModel
    metrics: Metrics
    keys: Keys
    arrivals: Arrivals
    batcher: Batcher
    texts: Admission
    csv_requests: Admission
    corrections: Corrections
    watch: BodyWatch = field(default_factory=BodyWatch)
    # Set when this worker is about to stop.
    draining: Event = field(default_factory=Event)


@dataclass(slots=True)
class Account:
    """What the log line of a request says, written while it is answered."""

    request_id: str
    began: float = field(default_factory=time.perf_counter)
    code: str | None = None
    model: str | None = None
    texts: int | None = None
    tokens: int | None = None
    # A streamed answer is accounted for when it has ended, not when it begins.
    streamed: bool = False
    broken: bool = False


def the_service() -> Service:
    """Return what this worker's requests share."""
    return cast(Service, current_app.extensions[EXTENSION])


def the_account() -> Account:
    """Return the account of this request."""
    return cast(Account, g.account)
