"""Short texts that the worker's own loop answers, all that are there at once.

A thread for each costs more than the answer: it must be woken, and win Python's lock
from the others, several times a request. The loop reads what lies at its ear ahead, in
one pass of the network, and then lets the application answer one request after the
other, which finds its text read (docs/adr/0014-the-loop-answers-short-texts.md).
"""

import fcntl
import json
import struct
from socket import socket
from typing import TYPE_CHECKING

from service.door.peeking import Whole
from service.http.problems import KeyRefusedError

if TYPE_CHECKING:
    # Not in the master, which imports this: metrics are made once it has lent a folder.
    from service.state import Service

# What has a longer body is for a thread.
_LARGEST_BODY = 2_048
# Linux's question for the bytes that a client has not taken yet.
_SIOCOUTQ = 0x5411


def text_at_hand(client: socket, request: Whole, service: "Service") -> str | None:
    """Return the text that ``request`` of ``client`` asks about, if it is for the loop.

    That is one text and nothing costlier, small, of a client who has taken all earlier
    answers: none of it can hold the loop up. None leaves it to a thread.
    """
    if not request.is_seen or len(request.body) > _LARGEST_BODY:
        return None
    if _has_unread(client) or not _may_come_in(request, service):
        return None
    return _single_text(request.body)


def _has_unread(client: socket) -> bool:
    """Say whether the client has not taken all that was sent to it, or has gone."""
    try:
        answer = fcntl.ioctl(client.fileno(), _SIOCOUTQ, bytes(4))
    except (OSError, ValueError):
        return True
    (unread,) = struct.unpack("i", answer)
    return bool(unread)


def _may_come_in(request: Whole, service: "Service") -> bool:
    """Say whether it has a key where one is needed: nobody else is read ahead."""
    if not len(service.keys):
        return True
    sent = request.value(b"authorization")
    try:
        service.keys.check(sent.decode("latin-1") if sent else None)
    except KeyRefusedError:
        return False
    return True


def _single_text(body: bytes) -> str | None:
    try:
        asked = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(asked, dict) or not asked.keys() <= {"text", "min_confidence"}:
        return None
    text = asked.get("text")
    return text if isinstance(text, str) else None
