"""Answer plain requests in the worker's loop, several in one pass of the network."""

import logging
from collections import defaultdict
from collections.abc import Sequence
from email.utils import formatdate
from functools import lru_cache
from time import time
from typing import TYPE_CHECKING, NamedTuple

from sentiment.prediction.prediction import Prediction
from service.door.loop_requests import PlainRequest
from service.http.answers import JSON, batch_answer, batch_entry, single_answer
from service.http.deadlines import Deadline
from service.http.headers import guarded_head
from service.http.request_ids import HEADER
from service.observability.accounts import Account

if TYPE_CHECKING:
    # Not in the master, which imports this module: metrics need the run folder first.
    from service.queueing.batcher import PreparedTexts
    from service.state import Service

# As gunicorn and Flask would write it together.
_HEAD_START = guarded_head(200, {"Server": "gunicorn", "Content-Type": JSON})

log = logging.getLogger(__name__)


class QueuedRequest(NamedTuple):
    """A plain request that waits for the loop, due by ``deadline``."""

    plain: PlainRequest
    prepared: "PreparedTexts"
    deadline: Deadline


class LoopAnswer(NamedTuple):
    """What is sent to a client, and whether its connection is kept after it."""

    content: bytes
    stays: bool
    predictions: Sequence[Prediction]


def answer_together(
    service: "Service", turn: Sequence[QueuedRequest], *, keeps_clients: bool
) -> list[LoopAnswer | None]:
    """Return the answer to each request of ``turn``.

    Without ``keeps_clients`` each answer closes its connection. None leaves a request
    to a thread and the application: it is too late, or something failed; it was neither
    counted nor logged here.
    """
    accounts = [
        Account.of(queued.plain.request_id, queued.deadline.age) for queued in turn
    ]
    try:
        in_time = [queued for queued in turn if not queued.deadline.is_over]
        service.batcher.compute_together([queued.prepared for queued in in_time])
    except Exception:
        log.exception("short texts could not be computed together")
        return [None] * len(turn)
    answers = [_answer(queued, keeps_clients=keeps_clients) for queued in turn]
    try:
        _account_for(service, accounts, turn, answers)
    except Exception:
        # They are answered all the same: a thread would count some of them twice.
        log.exception("answers could not be counted")
    return answers


def _answer(queued: QueuedRequest, *, keeps_clients: bool) -> LoopAnswer | None:
    plain, prepared = queued.plain, queued.prepared
    if queued.deadline.is_over:
        return None
    try:
        predictions = prepared.predictions(plain.wants.min_confidence)
    except Exception:  # noqa: BLE001  a thread repeats it, answers and logs
        return None
    body = _body(plain, predictions, prepared.version).encode()
    stays = keeps_clients and plain.stays
    head = _head(len(body), plain.request_id, stays=stays)
    return LoopAnswer(head + body, stays, predictions)


def _body(plain: PlainRequest, predictions: Sequence[Prediction], version: str) -> str:
    if plain.wants.is_single:
        (prediction,) = predictions
        return single_answer(prediction, version, plain.request_id)
    entries = map(batch_entry, plain.wants.names(), predictions)
    return batch_answer(entries, version, plain.request_id)


def _account_for(
    service: "Service",
    accounts: Sequence[Account],
    turn: Sequence[QueuedRequest],
    answers: Sequence[LoopAnswer | None],
) -> None:
    """Count and log all before they are sent, together, since each is a write."""
    of_version: dict[str, list[Prediction]] = defaultdict(list)
    for account, queued, answer in zip(accounts, turn, answers, strict=True):
        if answer is not None:
            account.model = queued.prepared.version
            account.texts = len(answer.predictions)
            account.tokens = sum(one.tokens_read for one in answer.predictions)
            account.close(service.metrics, "/predict", "POST", 200)
            of_version[account.model] += answer.predictions
    for version, predictions in of_version.items():
        service.metrics.texts.count_each(version, predictions)


def _head(length: int, request_id: str, *, stays: bool) -> bytes:
    connection = "keep-alive" if stays else "close"
    return (
        f"{_HEAD_START}Date: {_date(int(time()))}\r\nConnection: {connection}\r\n"
        f"Content-Length: {length}\r\n{HEADER}: {request_id}\r\n\r\n"
    ).encode()


@lru_cache(maxsize=1)
def _date(second: int) -> str:
    """Return a time in HTTP's format, worked out once a second."""
    return formatdate(second, usegmt=True)
