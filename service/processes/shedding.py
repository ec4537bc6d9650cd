"""Turn a request away before a thread takes it: cheap enough to do at any load."""

from socket import MSG_DONTWAIT, socket

from service.http.headers import guarded_head
from service.http.problems import (
    PROBLEM_HEADERS,
    RETRY_HEADERS,
    TABLE,
    OverloadedError,
    problem,
)
from service.http.request_ids import HEADER, PATTERN, request_id
from service.processes.peeking import whole_request

_STATUS, _CODE = TABLE[OverloadedError]
_HEAD_START = guarded_head(_STATUS, {**PROBLEM_HEADERS, **RETRY_HEADERS})


def turn_away(client: socket, detail: str) -> bool | None:
    """Answer 503 to the request that lies in ``client``; say if the client stays on.

    Returns:
        Whether the connection may be used again; None where nothing was done. Only a
        plain, whole ``POST /predict`` is turned away here: probes are answered at any
        load, and whatever is unusual is for a thread to look at.
    """
    try:
        request = whole_request(client)
        if request is None:
            return None
        client.recv(request.size, MSG_DONTWAIT)
        sent = request.value(HEADER.encode(), PATTERN.encode())
        identity = request_id(sent.decode() if sent else None)
        connection = request.value(b"connection", rb"[^\r\n]*") or b"keep-alive"
        stays = connection.lower() == b"keep-alive"
        client.send(_refusal(detail, identity, stays=stays), MSG_DONTWAIT)
    except (OSError, ValueError):
        # Nothing there, or the client has gone: a thread will see.
        return None
    return stays


def _refusal(detail: str, identity: str, *, stays: bool) -> bytes:
    body = problem(_STATUS, _CODE, detail, identity)
    head = (
        f"{_HEAD_START}Connection: {'keep-alive' if stays else 'close'}\r\n"
        f"{HEADER}: {identity}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
