"""Which requests the worker's loop answers itself: plain ones, of a few short texts.

A thread for each costs more than the answer: it must be woken, and win the GIL from the
others, several times a request. And the application can only answer a plain request
with 200 (docs/adr/0016-the-loop-answers-without-flask.md).
"""

import re
from socket import socket
from typing import TYPE_CHECKING, NamedTuple

from service.door.peeking import WholeRequest, has_unread
from service.http import deadlines, request_ids
from service.http.parsing import parse_predict
from service.http.problems import KeyRefusedError
from service.http.request_models import PredictRequest

if TYPE_CHECKING:
    # Not in the master, which imports this: metrics are made once it has lent a folder.
    from service.state import Service

# A request with a longer body, or more texts, is for a thread.
_LARGEST_BODY = 2_048
_MOST_TEXTS = 16

# A head as every client writes it. Anything else is for gunicorn's parser to accept or
# to refuse.
_PLAIN_HEAD = re.compile(rb"[!-~ ]+\r\n(?:[A-Za-z0-9-]+:[\t -~]*\r\n)+")
# A host name or address as resolvers accept it; the application may refuse some others.
_HOST = re.compile(rb"[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})*(?::[0-9]{1,5})?")
_JSON = re.compile(rb"application/json(?:; ?charset=utf-8)?", re.IGNORECASE)
# Headers that gunicorn or the application would have to look at, besides those with
# which no request is seen whole.
_UNUSUAL = {
    b"content-encoding",
    b"http2-settings",
    b"te",
    b"trailer",
    b"x-forwarded-protocol",
    b"x-forwarded-ssl",
}
_MOST_HEADERS = 50
# A body with any other option, also a future one, is for a thread.
_OPTIONS = {"text", "texts", "min_confidence"}


class PlainRequest(NamedTuple):
    """A request that can only be answered 200, and that has ``size`` bytes in all.

    ``came`` is when it arrived, as a proxy's header says, if there is one; ``stays``
    whether the client would keep its connection.
    """

    wants: PredictRequest
    request_id: str
    came: str | None
    stays: bool
    size: int


def plain_request(
    client: socket, request: WholeRequest, service: "Service"
) -> PlainRequest | None:
    """Return what ``request`` of ``client`` asks for, if the loop may answer it.

    It may if the request is small, asks for labels alone, and the client has received
    all earlier answers: nothing about it can block the loop. Otherwise (None) it is for
    a thread and the application, which alone refuses requests.
    """
    largest = min(_LARGEST_BODY, service.settings.max_body_bytes)
    if not request.is_seen or len(request.body) > largest:
        return None
    headers = request.headers
    if not _is_plain(request) or not _is_authorized(headers, service):
        return None
    if has_unread(client):
        return None
    wants = _few_texts(request.body, min(_MOST_TEXTS, service.settings.max_texts))
    if wants is None:
        return None
    return PlainRequest(
        wants=wants,
        request_id=request_ids.request_id(_value(headers, request_ids.HEADER)),
        came=_value(headers, deadlines.HEADER),
        stays=request.connection == b"keep-alive",
        size=request.size,
    )


def _is_plain(request: WholeRequest) -> bool:
    """Return whether no header keeps the loop from answering."""
    headers = request.headers
    # A repeated header makes the dict shorter than the list of lines.
    lines = request.head.count(b"\r\n") - 1
    return (
        len(headers) == lines <= _MOST_HEADERS
        and _PLAIN_HEAD.fullmatch(request.head) is not None
        and headers.keys().isdisjoint(_UNUSUAL)
        and _HOST.fullmatch(headers.get(b"host", b"")) is not None
        and _JSON.fullmatch(headers.get(b"content-type", b"")) is not None
        and request.connection in (b"keep-alive", b"close")
    )


def _value(headers: dict[bytes, bytes], name: str) -> str | None:
    value = headers.get(name.lower().encode())
    return None if value is None else value.decode("ascii")


def _is_authorized(headers: dict[bytes, bytes], service: "Service") -> bool:
    """Return whether the request has a key where one is needed."""
    try:
        service.keys.check(_value(headers, "Authorization"))
    except KeyRefusedError:
        return False
    return True


def _few_texts(body: bytes, most: int) -> PredictRequest | None:
    try:
        wants = parse_predict(body, most)
    except Exception:  # noqa: BLE001  the application refuses it, or logs a bug
        return None
    return wants if wants.model_fields_set <= _OPTIONS else None
