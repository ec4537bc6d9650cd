"""Look at what a client has sent, and leave it where it is."""

import re
from socket import IPPROTO_TCP, MSG_DONTWAIT, MSG_PEEK, TCP_INFO, socket
from typing import NamedTuple

# Only whole requests of at most so many bytes: what is longer is read by a thread.
_LARGEST = 256 * 1024

_HEAD_END = b"\r\n\r\n"
_FIRST_LINE = re.compile(rb"POST /predict HTTP/1\.1\r\n")
# What has no plain length may not be here whole.
_INTRICATE = re.compile(rb"\r\n(?:transfer-encoding|expect|upgrade):", re.IGNORECASE)

# Linux's number for a connection whose other side is closed.
_CLOSE_WAIT = 8


class Whole(NamedTuple):
    """A plain ``POST /predict``, from its first byte to its last.

    ``head`` ends with the last header's line.
    """

    head: bytes
    body: bytes

    @property
    def size(self) -> int:
        """Bytes in all."""
        return len(self.head) + len(b"\r\n") + len(self.body)

    def value(self, name: bytes, pattern: bytes) -> bytes | None:
        """Return the header ``name`` if it is there and all of it matches."""
        # In two steps: one pattern for both would try every way to share out the blanks
        # around the value, and whoever sends it may send very many.
        found = re.search(rb"\r\n%s:([^\r\n]*)\r\n" % name, self.head, re.IGNORECASE)
        value = found[1].strip(b" \t") if found else None
        if value is None or not re.fullmatch(pattern, value, re.IGNORECASE):
            return None
        return value


def whole_request(client: socket, largest: int = _LARGEST) -> Whole | None:
    """Return the request that lies in ``client``, where there is one and no more.

    Only a plain, whole ``POST /predict``; whatever is unusual is for a thread to see.

    Raises:
        OSError: There is nothing, or the client has gone.
        ValueError: It is a socket that does not let one look, as TLS has.
    """
    seen = client.recv(largest, MSG_PEEK | MSG_DONTWAIT)
    end = seen.find(_HEAD_END)
    if end < 0 or not _FIRST_LINE.match(seen):
        return None
    found = Whole(seen[: end + 2], seen[end + len(_HEAD_END) :])
    length = found.value(b"content-length", rb"[0-9]{1,9}")
    if length is None or _INTRICATE.search(found.head):
        return None
    return found if int(length) == len(found.body) else None


def has_hung_up(client: socket) -> bool:
    """Say whether the client has closed its side, whatever it has sent before."""
    try:
        return client.getsockopt(IPPROTO_TCP, TCP_INFO, 1)[0] == _CLOSE_WAIT
    except OSError:
        # No TCP, as a Unix socket: a thread will see.
        return False
