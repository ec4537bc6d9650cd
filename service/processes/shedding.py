"""Turn a request away before a thread takes it: cheap enough to do at any load."""

import re
from socket import IPPROTO_TCP, MSG_DONTWAIT, MSG_PEEK, TCP_INFO, socket
from typing import NamedTuple

from service.http.headers import guarded_head
from service.http.problems import (
    PROBLEM_HEADERS,
    RETRY_HEADERS,
    TABLE,
    OverloadedError,
    problem,
)
from service.http.request_ids import HEADER, PATTERN, request_id

# Only whole requests of at most so many bytes: what is longer is read by a thread.
_LARGEST = 256 * 1024
_STATUS, _CODE = TABLE[OverloadedError]
_HEAD_START = guarded_head(_STATUS, {**PROBLEM_HEADERS, **RETRY_HEADERS})

_HEAD_END = b"\r\n\r\n"
_FIRST_LINE = re.compile(rb"POST /predict HTTP/1\.1\r\n")
# What has no plain length may not be here whole.
_INTRICATE = re.compile(rb"\r\n(?:transfer-encoding|expect|upgrade):", re.IGNORECASE)


# Linux's number for a connection whose other side is closed.
_CLOSE_WAIT = 8


class _Request(NamedTuple):
    """What has to be known of a request to refuse it."""

    size: int
    identity: str
    stays: bool


def has_hung_up(client: socket) -> bool:
    """Say whether the client has closed its side, whatever it has sent before."""
    try:
        return client.getsockopt(IPPROTO_TCP, TCP_INFO, 1)[0] == _CLOSE_WAIT
    except OSError:
        # No TCP, as a Unix socket: a thread will see.
        return False


def turn_away(client: socket, detail: str) -> bool | None:
    """Answer 503 to the request that lies in ``client``; say if the client stays on.

    Returns:
        Whether the connection may be used again; None where nothing was done. Only a
        plain, whole ``POST /predict`` is turned away here: probes are answered at any
        load, and whatever is unusual is for a thread to look at.
    """
    try:
        request = _whole_request(client.recv(_LARGEST, MSG_PEEK | MSG_DONTWAIT))
        if request is None:
            return None
        client.recv(request.size, MSG_DONTWAIT)
        client.send(_refusal(request, detail), MSG_DONTWAIT)
    except OSError:
        # Nothing there, or the client has gone: a thread will see.
        return None
    return request.stays


def _whole_request(seen: bytes) -> _Request | None:
    end = seen.find(_HEAD_END)
    if end < 0 or not _FIRST_LINE.match(seen):
        return None
    head = seen[: end + 2]
    length = _value(head, b"content-length", rb"[0-9]{1,9}")
    if length is None or _INTRICATE.search(head):
        return None
    size = end + len(_HEAD_END) + int(length)
    if size != len(seen):
        return None
    sent = _value(head, HEADER.encode(), PATTERN.encode())
    connection = _value(head, b"connection", rb"[^\r\n]*") or b"keep-alive"
    return _Request(
        size,
        request_id(sent.decode() if sent else None),
        connection.strip().lower() == b"keep-alive",
    )


def _value(head: bytes, name: bytes, pattern: bytes) -> bytes | None:
    found = re.search(
        rb"\r\n%s:[ \t]*(%s)[ \t]*\r\n" % (name, pattern), head, re.IGNORECASE
    )
    return found[1] if found else None


def _refusal(request: _Request, detail: str) -> bytes:
    body = problem(_STATUS, _CODE, detail, request.identity)
    head = (
        f"{_HEAD_START}Connection: {'keep-alive' if request.stays else 'close'}\r\n"
        f"{HEADER}: {request.identity}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
