"""Answer 503 before a thread takes a request: cheap enough for any load."""

import re
from enum import Enum, auto
from socket import MSG_DONTWAIT, socket
from typing import NamedTuple

from service.door.peeking import WholeRequest, exchange, headers_in, look
from service.http.headers import guarded_head
from service.http.problems import (
    PROBLEM_HEADERS,
    REFUSALS,
    RETRY_HEADERS,
    OverloadedError,
    problem,
)
from service.http.request_ids import HEADER, request_id

_STATUS, _CODE = REFUSALS[OverloadedError]
_HEAD_START = guarded_head(_STATUS, {**PROBLEM_HEADERS, **RETRY_HEADERS})

_ID = HEADER.lower().encode()

_FIRST_LINE = re.compile(rb"([A-Z]+) (/[!-~]*?)(?:\?[!-~]*)? HTTP/")


class Outcome(Enum):
    """What becomes of a client that has sent a request."""

    LET_IN = auto()
    # Answered 503; its connection may be used again.
    REFUSED_STAYS = auto()
    # Answered 503; its connection ends.
    REFUSED_GOES = auto()


def turn_away(client: socket, request: WholeRequest, detail: str) -> Outcome:
    """Answer 503 to the request in ``client``'s socket; return what became of it.

    Where the connection is broken it is let in after all: a thread will find out.
    """
    identity = _identity(request.headers)
    stays = request.connection == b"keep-alive"
    refusal = _refusal(detail, identity, stays=stays)
    try:
        stays = exchange(client, request.size, refusal) and stays
    except (OSError, ValueError):
        return Outcome.LET_IN
    return Outcome.REFUSED_STAYS if stays else Outcome.REFUSED_GOES


class UnreadRequest(NamedTuple):
    """What can be seen of a request that was left unread; "" where nothing can."""

    method: str
    path: str


def turn_away_unread(client: socket, detail: str) -> UnreadRequest:
    """Answer 503 to whatever ``client`` sends; return what it seems to be.

    Nothing is taken from the socket, so the connection must end.
    """
    try:
        seen = look(client)
        found = _FIRST_LINE.match(seen)
        method, path = (part.decode() for part in found.groups()) if found else ("", "")
        refusal = _refusal(detail, _identity(headers_in(seen)), stays=False)
        if method == "HEAD":
            refusal, _, _ = refusal.partition(b"\r\n\r\n")
            refusal += b"\r\n\r\n"
        client.send(refusal, MSG_DONTWAIT)
    except (OSError, ValueError):
        # It has gone, or has not read its earlier answers.
        return UnreadRequest("", "")
    return UnreadRequest(method, path)


def _identity(headers: dict[bytes, bytes]) -> str:
    return request_id(headers.get(_ID, b"").decode("latin-1"))


def _refusal(detail: str, identity: str, *, stays: bool) -> bytes:
    body = problem(_STATUS, _CODE, detail, identity)
    head = (
        f"{_HEAD_START}Connection: {'keep-alive' if stays else 'close'}\r\n"
        f"{HEADER}: {identity}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
