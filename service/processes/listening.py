"""Close a listening socket so that each client is accepted or refused, never reset.

The kernel completes connections by itself: those not accepted yet when the last process
closes the socket are reset, and their clients cannot tell whether the request was
processed. Between a last accept and the close there is always a moment. So the last
process first makes the kernel drop new connections.
"""

import os
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from fcntl import LOCK_EX, lockf
from pathlib import Path

# Segments with less time to live than this option are dropped (RFC 5082). Hardly any
# client starts at 255, so that value drops all. A filter (SO_ATTACH_FILTER) would be
# plainer, but needs a privilege that a service does not have. The numbers are Linux's:
# Python has no names for them.
_MINIMUM_TTL = ((socket.IPPROTO_IP, 21), (socket.IPPROTO_IPV6, 73))
_DROP_ALL, _DROP_NONE = 255, 0

# For handshakes under way to complete: longer than a round trip to a proxy.
_HANDSHAKE_SECONDS = 0.02

_PROCESSES = Path("/proc")

# Whether the master was given open sockets; workers have this from the fork.
_handed_in = False


def hand_in() -> None:
    """Note that the sockets belong to what started the service, which keeps them."""
    global _handed_in  # set once in the life of a master
    _handed_in = True


def leave(
    listener: socket.socket, accept_all: Callable[[], None], *, master: int
) -> None:
    """Accept the clients that have connected, and close ``listener``.

    If no other process still listens, new connections are dropped from here on: clients
    retry after a second, as TCP does, and are refused or reach the next owner of the
    port. ``master`` is the process that opened the socket.
    """
    if listener.fileno() < 0:
        return
    # Two processes that leave at once would each take the other for one that stays.
    # Closing the socket ends the lock.
    with suppress(OSError):
        lockf(listener, LOCK_EX)
    accept_all()
    if listener.family != socket.AF_UNIX and not _others_hold(listener, master):
        set_minimum_ttl(listener, _DROP_ALL)
        time.sleep(_HANDSHAKE_SECONDS)
        accept_all()
    listener.close()


def set_minimum_ttl(sock: socket.socket, minimum: int = _DROP_NONE) -> None:
    """Receive only segments with at least so much time to live; by default, all.

    It holds for every process that shares the socket, and a connection inherits it from
    the socket that accepted it.
    """
    for level, option in _MINIMUM_TTL:
        # An IPv6 socket has both, since it may receive IPv4, too.
        with suppress(OSError):
            sock.setsockopt(level, option, minimum)


def _others_hold(listener: socket.socket, master: int) -> bool:
    """Say whether another process has the socket open, or may have.

    Another user's process can have it only if it is the master, or gave the master the
    socket: workers cannot see what a master holds that runs as another user.
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
        # It cannot be found out here.
        return True


def _holds(process: int, name: str) -> bool:
    try:
        descriptors = list(_open_files(process).iterdir())
    except (PermissionError, FileNotFoundError, ProcessLookupError):
        # Another user's process, or one that has ended meanwhile.
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
