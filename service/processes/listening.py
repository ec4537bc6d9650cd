"""How a listening socket ends: whoever comes is taken in or refused, and not reset.

The kernel connects clients without asking: those that nobody has taken in when the last
process closes the socket are reset, and cannot tell whether they were heard. Between a
last look and the close there is always a moment. So the last process first lets the
kernel connect nobody more.
"""

import os
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from fcntl import LOCK_EX, lockf
from pathlib import Path

# Segments with less time to live than this are dropped unheard (RFC 5082). Hardly
# anybody begins with 255, so that no newcomer is heard. A filter (SO_ATTACH_FILTER)
# would say it more plainly, but takes a right that a service has not. The numbers are
# Linux's: Python has no names for them.
_MINIMUM_TTL = ((socket.IPPROTO_IP, 21), (socket.IPPROTO_IPV6, 73))
_NOBODY, _EVERYBODY = 255, 0

# Until whoever was half connected is in: longer than the way to a proxy and back.
_HANDSHAKE_SECONDS = 0.02

_PROCESSES = Path("/proc")

# Whether sockets were handed to the master, which forks workers that know.
_handed_in = False


def hand_in() -> None:
    """Note that whoever started the service opened the sockets, and keeps them open."""
    global _handed_in  # a master has one for its life
    _handed_in = True


def leave(listener: socket.socket, take_in: Callable[[], None], *, master: int) -> None:
    """Take in who has knocked, and close ``listener``.

    Is no other process listening any more, newcomers are not heard from then on. They
    knock again a second later, as TCP does, and are refused, or reach whoever has
    opened the port anew. ``master`` is the process that opened the socket.
    """
    if listener.fileno() < 0:
        return
    # Of two that leave at once each would hold the other for one that stays. Closing
    # the socket ends the lock.
    with suppress(OSError):
        lockf(listener, LOCK_EX)
    take_in()
    if listener.family != socket.AF_UNIX and not _others_hold(listener, master):
        hear(listener, _NOBODY)
        time.sleep(_HANDSHAKE_SECONDS)
        take_in()
    listener.close()


def hear(heard: socket.socket, minimum_ttl: int = _EVERYBODY) -> None:
    """Hear every segment again, or only those that come from so near.

    It holds for all who share a socket, and a connection has it from the socket that it
    knocked at.
    """
    for level, option in _MINIMUM_TTL:
        # An IPv6 socket has both, since IPv4 may come to it, too.
        with suppress(OSError):
            heard.setsockopt(level, option, minimum_ttl)


def _others_hold(listener: socket.socket, master: int) -> bool:
    """Say whether another process has the socket open, or may have.

    Of other users' processes only the master can, and whoever handed the socket in:
    where it gave up its rights for its workers, they cannot see what it holds.
    """
    if _handed_in:
        return True
    name = f"socket:[{os.fstat(listener.fileno()).st_ino}]"
    if os.getppid() == master and not os.access(_open_files(master), os.R_OK):
        return True
    try:
        others = {int(entry) for entry in os.listdir(_PROCESSES) if entry.isdigit()}
        return any(_holds(other, name) for other in others - {os.getpid()})
    except OSError:
        # Nobody can tell here.
        return True


def _holds(process: int, name: str) -> bool:
    try:
        descriptors = list(_open_files(process).iterdir())
    except (PermissionError, FileNotFoundError, ProcessLookupError):
        # Of another user, or ended meanwhile.
        return False
    return any(_is(descriptor, name) for descriptor in descriptors)


def _open_files(process: int) -> Path:
    return _PROCESSES / str(process) / "fd"


def _is(descriptor: Path, name: str) -> bool:
    try:
        return os.readlink(descriptor) == name
    except OSError:
        # Closed meanwhile.
        return False
