"""The addresses to listen on: refused in one line if taken, and told once ready."""

import errno
import os
import socket
import time
from collections.abc import Sequence
from typing import Any

from sentiment.errors import ConfigError

# A service that is just ending may have the port for a moment longer.
_PATIENCE_SECONDS = 1.0
_PAUSE_SECONDS = 0.1

# Hosts that stand for each address of this machine.
_ANY = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  compared


def require_free(addresses: Sequence[Any]) -> None:
    """Refuse to start where an address cannot be listened on.

    gunicorn itself tries for five seconds, with a line of log for each try.
    ``addresses`` are as gunicorn has parsed them; those of no port are left to it, as
    are all if this process is given open sockets.

    Raises:
        ConfigError: A port is taken, or may not be used.
    """
    handed_in = os.environ.get("LISTEN_PID") == str(os.getpid())
    if handed_in or "GUNICORN_FD" in os.environ:
        return
    ends = time.monotonic() + _PATIENCE_SECONDS
    for host, port in _ports(addresses):
        while (error := _why_not(host, port)) is not None:
            if error.errno != errno.EADDRINUSE:
                raise ConfigError(
                    f"cannot listen on {_written(host, port)}: "
                    f"{error.strerror or error}"
                )
            if time.monotonic() > ends:
                raise ConfigError(
                    f"port {port} is in use ({_written(host, port)}): stop what "
                    "listens there, or choose another one: sentiment serve --port "
                    f"{_next(port)}, or make run PORT={_next(port)}"
                )
            time.sleep(_PAUSE_SECONDS)


def ready_line(addresses: Sequence[Any]) -> str | None:
    """Return what a person is told once the service answers, None if it has no port.

    >>> ready_line([("0.0.0.0", 8000)])
    'ready: http://127.0.0.1:8000 in a browser shows a page to try it; Ctrl-C stops it'
    >>> ready_line(["/run/sentiment.sock"])
    """
    ports = _ports(addresses)
    if not ports:
        return None
    host, port = ports[0]
    url = f"http://{_written(_ANY.get(host, host), port)}"
    return f"ready: {url} in a browser shows a page to try it; Ctrl-C stops it"


def _ports(addresses: Sequence[Any]) -> list[tuple[str, int]]:
    return [(one[0], one[1]) for one in addresses if isinstance(one, tuple)]


def _why_not(host: str, port: int) -> OSError | None:
    """Try an address as gunicorn will, and return what is against it."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((host, port))
        except OSError as error:
            return error
    return None


def _next(port: int) -> int:
    return port + 1 if port < 65_535 else port - 1


def _written(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
