"""How a listening socket ends: whoever comes is taken in or refused, never reset.

The kernel connects clients without asking: those that nobody has taken in when the last
process closes the socket are reset, and cannot tell whether they were heard. Between a
last look and the close there is always a moment. So the last process first lets the
kernel connect nobody more, by a filter on the socket.
"""

import ctypes
import errno
import os
import socket
import struct
import time
from collections.abc import Callable
from contextlib import suppress
from fcntl import LOCK_EX, lockf
from pathlib import Path

# Not among Python's names; its number is that of x86 and ARM.
_SO_ATTACH_FILTER = 26

# A program for the kernel (linux/filter.h): what to do, where to go on if a comparison
# holds and if not, and a number. It is asked about each segment that comes to the
# socket, the TCP header first.
_LOAD_BYTE, _AND, _COMPARE, _RETURN = 0x30, 0x54, 0x15, 0x06
_FLAGS_AT, _SYN, _ACK = 13, 0x02, 0x10
_WHOLE, _NOTHING = 0xFFFFFFFF, 0
_NO_NEWCOMER = (
    (_LOAD_BYTE, 0, 0, _FLAGS_AT),
    (_AND, 0, 0, _SYN | _ACK),
    # SYN alone opens a connection; the ACK that completes one that is open passes.
    (_COMPARE, 0, 1, _SYN),
    (_RETURN, 0, 0, _NOTHING),
    (_RETURN, 0, 0, _WHOLE),
)

# Until whoever was half connected is in: longer than the way to a proxy and back.
_HANDSHAKE_SECONDS = 0.02

_PROCESSES = Path("/proc")


def leave(listener: socket.socket, take_in: Callable[[], None]) -> None:
    """Take in who has knocked, and close ``listener``.

    Is no other process listening any more, newcomers are not answered from then on.
    They ask again a second later, as TCP does, and are refused, or reach whoever has
    opened the port anew.
    """
    # Of two that leave at once each would hold the other for one that stays. Closing
    # the socket ends the lock.
    with suppress(OSError):
        lockf(listener, LOCK_EX)
    take_in()
    if not _others_hold(listener) and _turn_newcomers_away(listener):
        time.sleep(_HANDSHAKE_SECONDS)
        take_in()
    listener.close()


def _turn_newcomers_away(listener: socket.socket) -> bool:
    """Let the kernel connect nobody more; say whether it does.

    It holds for every process that shares the socket.
    """
    if listener.family not in {socket.AF_INET, socket.AF_INET6}:
        return False
    steps = b"".join(struct.pack("HBBI", *step) for step in _NO_NEWCOMER)
    program = ctypes.create_string_buffer(steps, len(steps))
    described = struct.pack("HP", len(_NO_NEWCOMER), ctypes.addressof(program))
    try:
        listener.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, described)
    except OSError:
        return False
    return True


def _others_hold(listener: socket.socket) -> bool:
    """Say whether another process has the socket open, or may have."""
    name = f"socket:[{os.fstat(listener.fileno()).st_ino}]"
    own = str(os.getpid())
    try:
        others = [entry for entry in os.listdir(_PROCESSES) if entry.isdigit()]
    except OSError:
        # Nobody can tell here.
        return True
    return any(_holds(_PROCESSES / other, name) for other in others if other != own)


def _holds(process: Path, name: str) -> bool:
    try:
        return any(_is(descriptor, name) for descriptor in (process / "fd").iterdir())
    except PermissionError:
        # Of another user: only a master that gave up its rights for its workers shares.
        return process.name == str(os.getppid())
    except OSError as error:
        if error.errno in {errno.ENOENT, errno.ESRCH}:
            # It has ended meanwhile.
            return False
        raise


def _is(descriptor: Path, name: str) -> bool:
    try:
        return os.readlink(descriptor) == name
    except OSError:
        # Closed meanwhile.
        return False
