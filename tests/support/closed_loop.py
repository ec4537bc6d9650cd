"""Clients that each send their next request once they have an answer: the peak.

They slow down with the server; how it bears more is for open_loop.py.
"""

import contextlib
import itertools
import selectors
import socket
import time
from collections.abc import Iterable


def answers_in_turn(
    port: int,
    clients: int,
    requests: bytes | Iterable[bytes],
    seconds: float,
    times: list[float] | None = None,
) -> int:
    """Let each client send its next request as soon as it has its answer.

    Returns:
        How many were answered within ``seconds``; how long each took joins ``times``.
    """
    given = itertools.cycle([requests] if isinstance(requests, bytes) else requests)
    answered = 0
    with contextlib.ExitStack() as stack:
        selector = stack.enter_context(selectors.DefaultSelector())
        for _ in range(clients):
            connection = stack.enter_context(
                socket.create_connection(("127.0.0.1", port))
            )
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            exchange = _Exchange(connection)
            selector.register(connection, selectors.EVENT_READ, exchange)
            exchange.send(next(given))
        ends = time.perf_counter() + seconds
        while time.perf_counter() < ends:
            for key, _ in selector.select(timeout=1):
                if key.data.is_over():
                    answered += 1
                    if times is not None:
                        times.append(time.perf_counter() - key.data.began)
                    key.data.send(next(given))
    return answered


class _Exchange:
    """A request on a connection that is kept, and as much of its answer as is here."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._received = bytearray()
        self.began = 0.0

    def send(self, request: bytes) -> None:
        self._received.clear()
        self.began = time.perf_counter()
        self._connection.sendall(request)

    def is_over(self) -> bool:
        """Read what is there; say whether one whole answer is.

        Raises:
            RuntimeError: The answer is not a 200: nothing was measured.
        """
        part = self._connection.recv(65536)
        if not part:
            raise RuntimeError("the server closed a connection that was being used")
        self._received += part
        head, blank, body = self._received.partition(b"\r\n\r\n")
        if not blank:
            return False
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(f"the answer was: {bytes(self._received[:300])!r}")
        length = head.lower().split(b"content-length:")[1].split(b"\r\n")[0]
        return len(body) >= int(length)
