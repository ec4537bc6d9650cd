"""Answer plain requests in the worker's loop, all of a turn in one pass."""

import logging
from collections import defaultdict
from collections.abc import Sequence
from email.utils import formatdate
from functools import lru_cache
from time import time
from typing import TYPE_CHECKING, NamedTuple

from sentiment.prediction import Prediction
from service.door.at_hand import Plain
from service.http.answers import JSON, single_answer
from service.http.deadlines import Deadline
from service.http.headers import guarded_head
from service.http.request_ids import HEADER
from service.observability.accounts import Account

if TYPE_CHECKING:
    # Not in the master, which imports this: metrics are made once it has lent a folder.
    from service.queueing.batcher import Ahead
    from service.state import Service

# As gunicorn and Flask would write it between them.
_HEAD_START = guarded_head(200, {"Server": "gunicorn", "Content-Type": JSON})

log = logging.getLogger(__name__)


class Waiting(NamedTuple):
    """A plain request whose turn has not come, due by ``deadline``."""

    asked: Plain
    ahead: "Ahead"
    deadline: Deadline


class Answer(NamedTuple):
    """What is sent to a client, and whether its connection is kept after it."""

    content: bytes
    stays: bool


def answer_together(
    service: "Service", turn: Sequence[Waiting], *, keeps_clients: bool
) -> list[Answer | None]:
    """Return the answer to each of ``turn``; with ``keeps_clients`` who will may stay.

    None leaves it to a thread, and to the application: it comes too late, or something
    is wrong, and all that is neither counted nor logged here.
    """
    accounts = [Account(waiting.asked.request_id) for waiting in turn]
    try:
        service.batcher.read_together([waiting.ahead for waiting in turn])
        found = [_prediction(waiting) for waiting in turn]
        _count(service, turn, found)
        return [
            _answer(service, account, waiting, prediction, keeps_clients=keeps_clients)
            if prediction
            else None
            for account, waiting, prediction in zip(accounts, turn, found, strict=True)
        ]
    except Exception:
        log.exception("short texts could not be answered together")
        return [None] * len(turn)


def _prediction(waiting: Waiting) -> Prediction | None:
    if waiting.deadline.is_over:
        return None
    return waiting.ahead.prediction(waiting.asked.min_confidence)


def _count(
    service: "Service", turn: Sequence[Waiting], found: Sequence[Prediction | None]
) -> None:
    """Count all at once, before any of them is told: each count is a write."""
    of_version: dict[str, list[Prediction]] = defaultdict(list)
    for waiting, prediction in zip(turn, found, strict=True):
        if prediction is not None:
            of_version[waiting.ahead.version].append(prediction)
    for version, predictions in of_version.items():
        service.metrics.count_predictions(version, predictions)


def _answer(
    service: "Service",
    account: Account,
    waiting: Waiting,
    prediction: Prediction,
    *,
    keeps_clients: bool,
) -> Answer:
    account.model = waiting.ahead.version
    account.texts, account.tokens = 1, prediction.tokens_read
    body = single_answer(prediction, account.model, account.request_id).encode()
    stays = keeps_clients and waiting.asked.stays
    account.close(service.metrics, "/predict", "POST", 200)
    return Answer(_head(len(body), account.request_id, stays=stays) + body, stays)


def _head(length: int, request_id: str, *, stays: bool) -> bytes:
    connection = "keep-alive" if stays else "close"
    return (
        f"{_HEAD_START}Date: {_date(int(time()))}\r\nConnection: {connection}\r\n"
        f"Content-Length: {length}\r\n{HEADER}: {request_id}\r\n\r\n"
    ).encode()


@lru_cache(maxsize=1)
def _date(second: int) -> str:
    """Return a moment as HTTP writes it, once a second."""
    return formatdate(second, usegmt=True)
