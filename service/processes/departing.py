"""Close connections after their clients have, so that none misses its last answer.

A socket that is closed while something unread is in it resets the connection, and the
client may lose an answer that it has not read yet (RFC 9112, 9.6).
"""

import time
from dataclasses import dataclass
from selectors import EVENT_READ, EpollSelector
from socket import SHUT_WR, socket
from ssl import SSLWantReadError

_PIECE = 64 * 1024

# How long a client may send nothing, and how much it may send on: enough for most to
# come to the end of a body that nobody wants.
_SILENT_SECONDS = 2.0
_SECONDS = 5.0
_BYTES = 256 * 1024 * 1024

# No more at a time, or clients that stay would use up the files that are open.
_MOST = 256


@dataclass(slots=True)
class _Bounds:
    """When a connection is closed, whatever its client does.

    ``silent_ends`` moves with what it sends, of which ``left`` bytes are read.
    """

    ends: float
    silent_ends: float
    left: int


class DepartingClients:
    """Connections that were answered for the last time; for one thread.

    They are waited for together: none needs a thread.
    """

    def __init__(self) -> None:
        self._selector = EpollSelector()
        # In the order in which they came.
        self._bounds: dict[socket, _Bounds] = {}

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._bounds)

    def fileno(self) -> int:
        """Return a descriptor that can be read when there is something to look at."""
        return self._selector.fileno()

    def take(self, client: socket) -> None:
        """Tell ``client`` that nothing more is sent, and close it once it has left."""
        try:
            client.shutdown(SHUT_WR)
            client.setblocking(False)
            self._selector.register(client, EVENT_READ)
        except (OSError, ValueError):
            # It has gone already.
            client.close()
            return
        now = time.monotonic()
        self._bounds[client] = _Bounds(now + _SECONDS, now + _SILENT_SECONDS, _BYTES)
        if len(self) > _MOST:
            self._close(next(iter(self._bounds)))

    def look(self, seconds: float = 0.0) -> None:
        """Read what they still send; close those that have left.

        Waits at most ``seconds`` for any of them.
        """
        for key, _ in self._selector.select(seconds):
            client = key.fileobj
            if isinstance(client, socket) and not self._stays(client):
                self._close(client)

    def close_late(self) -> None:
        """Close those that have not left in time."""
        now = time.monotonic()
        late = [
            client
            for client, bounds in self._bounds.items()
            if now > min(bounds.ends, bounds.silent_ends)
        ]
        for client in late:
            self._close(client)

    def wait(self) -> None:
        """Return once all are closed."""
        while self._bounds:
            self.look(0.1)
            self.close_late()
        self._selector.close()

    def _stays(self, client: socket) -> bool:
        try:
            piece = client.recv(_PIECE)
        except (BlockingIOError, SSLWantReadError):
            return True
        except OSError:
            return False
        bounds = self._bounds[client]
        bounds.left -= len(piece)
        bounds.silent_ends = time.monotonic() + _SILENT_SECONDS
        return bool(piece) and bounds.left > 0

    def _close(self, client: socket) -> None:
        del self._bounds[client]
        self._selector.unregister(client)
        client.close()
