"""Probes: requests about the service itself, which have threads of their own."""

import re
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from socket import socket
from typing import Any

from service.door.peeking import HEAD_END, LINE_END, has_unread, headers_in, look

_FIRST_LINE = re.compile(rb"(?:GET|HEAD) (/[a-z]+)(?:\?[!-~]*)? HTTP/1\.[01]\r\n")
# A request with one of these may have a body, for which a thread could wait.
_WITH_A_BODY = {b"content-length", b"transfer-encoding", b"expect", b"upgrade"}


class Probers:
    """Two threads, for probes alone: requests that hold all others do not delay them.

    Whether the service lives and is ready is asked most urgently, so what takes longer
    has a thread of its own.
    """

    def __init__(self) -> None:
        vital, telling = ThreadPoolExecutor(1), ThreadPoolExecutor(1)
        self._pools = {
            b"/healthz": vital,
            b"/readyz": vital,
            b"/info": telling,
            b"/metrics": telling,
        }

    def submit(
        self, client: socket, answer: Callable[[Any], Any], conn: Any
    ) -> Future[Any] | None:
        """Let a thread ``answer`` the probe in ``client``'s socket, if there is one.

        Only a whole one, of a client that has received all earlier answers: neither to
        read it nor to answer it may hold the thread up.
        """
        pool = self._pools.get(_address_in(client))
        return None if pool is None else pool.submit(answer, conn)

    def close(self) -> None:
        """Take no more."""
        for pool in self._pools.values():
            pool.shutdown(wait=False)


def _address_in(client: socket) -> bytes:
    """Return the address of the one whole request without a body, else nothing."""
    try:
        seen = look(client)
    except (OSError, ValueError):
        return b""
    found = _FIRST_LINE.match(seen)
    if not found or seen.find(HEAD_END) != len(seen) - len(HEAD_END):
        return b""
    headers = headers_in(seen[: -len(LINE_END)])
    if not headers.keys().isdisjoint(_WITH_A_BODY) or has_unread(client):
        return b""
    return found[1]
