"""Send an answer in one piece: every send wakes the client, and gives a lock away."""

from socket import MSG_DONTWAIT, socket
from typing import Any


def exchange(client: socket, size: int, answer: bytes) -> bool:
    """Take the request of ``size`` bytes that lies in ``client``, and send ``answer``.

    It waits for nobody: the client must have taken all earlier answers. Returns whether
    there was room for the whole of this one, without which nothing may follow it.

    Raises:
        OSError: The client has gone.
    """
    client.recv(size, MSG_DONTWAIT)
    try:
        return client.send(answer, MSG_DONTWAIT) == len(answer)
    except BlockingIOError:
        return False


class Gathered:
    """A client's socket, for one answer: gunicorn sends its head by itself.

    Each send is a call of the system, wakes the client, and gives Python's lock away.
    """

    def __init__(self, client: socket) -> None:
        self._client = client
        self._held: bytes | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def sendall(self, piece: bytes) -> None:
        """Send ``piece``; the first of all is the head, and waits for the second."""
        if self._held is None:
            self._held = piece
            return
        head, self._held = self._held, b""
        self._client.sendall(head + piece)

    def flush(self) -> None:
        """Send the head of an answer that has no body."""
        if self._held:
            self._client.sendall(self._held)
            self._held = b""
