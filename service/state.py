"""What the requests of a worker share, and how a view gets it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Event
from typing import cast

from flask import current_app, g

from service.corrections import Corrections
from service.http.bodies import BodyWatch
from service.keys import Keys
from service.model.served_model import ServedModel
from service.observability.accounts import Account
from service.observability.metrics import Metrics
from service.queueing.admission import Admission
from service.queueing.arrivals import Arrivals
from service.queueing.batcher import Batcher
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
    text_admission: Admission
    file_admission: Admission
    corrections: Corrections
    # Each address, and the name under which its requests are counted.
    routes: Mapping[str, str]
    body_watch: BodyWatch = field(default_factory=BodyWatch)
    # Set when this worker is about to stop.
    draining: Event = field(default_factory=Event)


def the_service() -> Service:
    """Return what this worker's requests share."""
    return cast(Service, current_app.extensions[EXTENSION])


def the_account() -> Account:
    """Return the account of this request."""
    return cast(Account, g.account)
