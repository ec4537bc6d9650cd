"""Look at what a client has sent, leaving it in the socket; take it with an answer."""

import fcntl
import re
import struct
from socket import IPPROTO_TCP, MSG_DONTWAIT, MSG_PEEK, TCP_INFO, socket
from termios import FIONREAD
from typing import NamedTuple

# How much of a request is looked at; one with a longer head is read by a thread.
LOOK_BYTES = 8_192
# A request of more bytes is read by a thread.
_LARGEST = 256 * 1024

# Computed once: to combine two flags takes as long as to read the request.
_LOOK = int(MSG_PEEK | MSG_DONTWAIT)

LINE_END = b"\r\n"
HEAD_END = LINE_END * 2
_FIRST_LINE = re.compile(rb"POST /predict HTTP/1\.1\r\n")
_LENGTH = re.compile(rb"[0-9]{1,9}")
# With one of these the length is not plain, and part of the request may be missing.
_INTRICATE = {b"transfer-encoding", b"expect", b"upgrade"}

# Linux's ioctl for the number of bytes sent that the client has not acknowledged.
_SIOCOUTQ = 0x5411
# Of Linux's struct tcp_info: the state of a connection that the client has closed, and
# the offset of the time since the last data came.
_CLOSE_WAIT = 8
_LAST_DATA_RECEIVED = 52
_INFO_BYTES = _LAST_DATA_RECEIVED + 4


class WholeRequest(NamedTuple):
    """A plain ``POST /predict`` that has come from its first byte to its last.

    ``head`` ends with the last header's line, ``body`` where the look did; the request
    has ``size`` bytes in all. Of a repeated header ``headers`` has the first.
    """

    head: bytes
    headers: dict[bytes, bytes]
    body: bytes
    size: int

    @property
    def is_seen(self) -> bool:
        """Whether the look took in all of it."""
        # Not by its size, which may have grown since.
        return len(self.head) + len(LINE_END) + len(self.body) == self.size

    @property
    def connection(self) -> bytes:
        """What the client wants of its connection, in lower case."""
        return self.headers.get(b"connection", b"keep-alive").lower()


def look(client: socket) -> bytes:
    """Return the beginning of what ``client``'s socket holds.

    Raises:
        OSError: Nothing has come, or the connection is broken.
        ValueError: It cannot be looked into.
    """
    return client.recv(LOOK_BYTES, _LOOK)


def has_left(client: socket) -> bool:
    """Return whether ``client`` has closed its side and sent nothing before."""
    try:
        return not look(client)
    except (BlockingIOError, ValueError):
        return False
    except OSError:
        return True


def whole_request(client: socket) -> WholeRequest | None:
    """Return the request in ``client``'s socket, if there is exactly one.

    Only a plain, whole ``POST /predict``. Anything unusual is for a thread, as is a
    connection that is broken or cannot be looked into, such as TLS.
    """
    try:
        seen = look(client)
        end = seen.find(HEAD_END)
        if end < 0 or not _FIRST_LINE.match(seen):
            return None
        body = end + len(HEAD_END)
        size = _bytes_in(client)
    except (OSError, ValueError):
        return None
    head = seen[: end + len(LINE_END)]
    headers = headers_in(head)
    length = headers.get(b"content-length", b"")
    if not _LENGTH.fullmatch(length) or not headers.keys().isdisjoint(_INTRICATE):
        return None
    if not size == body + int(length) <= _LARGEST:
        return None
    return WholeRequest(head, headers, seen[body:], size)


def headers_in(head: bytes) -> dict[bytes, bytes]:
    """Return the headers by name, in lower case; of a repeated one, the first."""
    headers: dict[bytes, bytes] = {}
    for line in head.split(LINE_END)[1:-1]:
        name, _, value = line.partition(b":")
        headers.setdefault(name.lower(), value.strip(b" \t"))
    return headers


def exchange(client: socket, size: int, answer: bytes) -> bool:
    """Take the request of ``size`` bytes from the socket, and send ``answer``.

    It does not block: the client must have received all earlier answers. Returns
    whether there was room for the whole answer; if not, nothing may follow it.

    Raises:
        OSError: The client has gone.
    """
    client.recv(size, MSG_DONTWAIT)
    try:
        return client.send(answer, MSG_DONTWAIT) == len(answer)
    except BlockingIOError:
        return False


def has_unread(client: socket) -> bool:
    """Return whether the client has not received all that was sent, or has gone."""
    try:
        answer = fcntl.ioctl(client.fileno(), _SIOCOUTQ, bytes(4))
    except (OSError, ValueError):
        return True
    (unread,) = struct.unpack("i", answer)
    return bool(unread)


def _bytes_in(client: socket) -> int:
    """Return how many bytes ``client``'s socket holds."""
    (size,) = struct.unpack("i", fcntl.ioctl(client.fileno(), FIONREAD, bytes(4)))
    return int(size)


class TcpState(NamedTuple):
    """What the kernel knows of a client.

    Whether it has closed its side, and how many seconds ago it sent its last data.
    """

    has_hung_up: bool
    waited: float


# Of a client that sent no whole request, or whose connection does not show it.
NEW = TcpState(has_hung_up=False, waited=0.0)


def tcp_state_of(client: socket) -> TcpState:
    """Return the state of ``client``'s connection."""
    try:
        info = client.getsockopt(IPPROTO_TCP, TCP_INFO, _INFO_BYTES)
    except OSError:
        # Not TCP, such as a Unix socket: a thread will find out.
        return NEW
    (milliseconds,) = struct.unpack_from("=I", info, _LAST_DATA_RECEIVED)
    return TcpState(info[0] == _CLOSE_WAIT, milliseconds / 1000)
