"""A wire that can be cut: passes bytes on to a server until it is told to fail."""

import contextlib
import socket
import threading
from collections.abc import Iterator


class Wire:
    """Listens on a port of its own and passes connections on to ``port``.

    ``cut_after`` bytes of one answer the connection is reset, as by a proxy that dies;
    without it the wire holds until :meth:`pull`. Answers stop midway where
    :meth:`hold` says, for as long as somebody wants to look at that.
    """

    def __init__(self, port: int) -> None:
        self._server = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.cut_after: int | None = None
        self._held_after: int | None = None
        self._lets_go_on = threading.Condition()
        self._ends: list[socket.socket] = []
        self._pulled = False
        threading.Thread(target=self._listen, daemon=True).start()

    def hold(self, after: int | None) -> None:
        """Pass no more than so many bytes of each connection's answers; None: all."""
        with self._lets_go_on:
            self._held_after = after
            self._lets_go_on.notify_all()

    def wait_to_pass(self, passed: int) -> None:
        """Return when more than the ``passed`` bytes may go on."""
        with self._lets_go_on:
            self._lets_go_on.wait_for(
                lambda: self._held_after is None or passed < self._held_after
            )

    def pull(self) -> None:
        """End all connections, and refuse whoever comes."""
        self.hold(None)
        self._pulled = True
        # close() alone leaves a thread in accept() listening on.
        for end in (self._listener, *self._ends):
            _shut(end)
        self._listener.close()

    def _listen(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                threading.Thread(target=self._join, args=[near], daemon=True).start()

    def _join(self, near: socket.socket) -> None:
        with near, socket.create_connection(("127.0.0.1", self._server)) as far:
            self._ends += [near, far]
            if self._pulled:  # between its coming and its being known
                return
            upward = threading.Thread(target=_pass, args=[near, far], daemon=True)
            upward.start()
            _pass(far, near, self)
            _shut(near)
            _shut(far)
            upward.join(5)


def _shut(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)


def _pass(source: socket.socket, sink: socket.socket, wire: Wire | None = None) -> None:
    passed = 0
    with contextlib.suppress(OSError):
        while part := source.recv(16_384):
            passed += len(part)
            sink.sendall(part)
            if wire and wire.cut_after is not None and passed > wire.cut_after:
                return
            if wire:
                wire.wait_to_pass(passed)


@contextlib.contextmanager
def wire_to(port: int) -> Iterator[Wire]:
    """Lay a wire to a server on this machine while the block runs."""
    wire = Wire(port)
    try:
        yield wire
    finally:
        wire.pull()
