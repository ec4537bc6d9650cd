"""The command that serves the model over HTTP."""

import importlib.util
import os
import re
import sys
from pathlib import Path

import click

from sentiment.commands.options import MODEL, WholeNumber
from sentiment.errors import SentimentError

# An address of TCP; gunicorn also takes a socket's path or number.
_ADDRESS = re.compile(
    r"(?!unix:|fd:)(?:tcp://)?+(?P<host>\[.*\]|[^:\[\]]*)(?::(?P<port>.*))?"
)


@click.command()
@click.option(
    "--host",
    help="The address to listen on (default: that of SENTIMENT_BIND, else 127.0.0.1).",
)
@click.option(
    "--port",
    type=WholeNumber(1, 65_535),
    help="The port to listen on (default: that of SENTIMENT_BIND, else PORT, else "
    "8000).",
)
@MODEL
def serve(host: str | None, port: int | None, model: Path | None) -> None:
    """Serve the model over HTTP with gunicorn."""
    from sentiment.artifacts.store import resolve

    environment = dict(os.environ)
    chosen_model = model or environment.get("SENTIMENT_MODEL") or None
    resolve(chosen_model)  # refused here, before any worker starts
    if model is not None:
        # Not resolved: the service is to follow the link when it moves.
        environment["SENTIMENT_MODEL"] = str(model.absolute())
    if host is not None or port is not None:
        bind = environment.get("SENTIMENT_BIND") or "127.0.0.1"
        default_port = environment.get("PORT") or "8000"
        environment["SENTIMENT_BIND"] = _rebound(bind, host, port, default_port)
    # Found, not imported: the library does not depend on its service.
    service = importlib.util.find_spec("service")
    if service is None or not service.submodule_search_locations:
        raise SentimentError("the service is not installed: install the whole project")
    config = Path(service.submodule_search_locations[0]) / "gunicorn.conf.py"
    command = [sys.executable, "-m", "gunicorn", "-c", str(config)]
    sys.stdout.flush()
    os.execve(sys.executable, [*command, "service.app:create_app()"], environment)  # noqa: S606  # no shell


def _rebound(bind: str, host: str | None, port: int | None, default_port: str) -> str:
    """Return the addresses of ``bind`` with another host, port, or both.

    >>> _rebound("0.0.0.0:80, [::1]:80", None, 9000, "8000")
    '0.0.0.0:9000,[::1]:9000'
    >>> _rebound("0.0.0.0:80", "::1", None, "8000")
    '[::1]:80'
    >>> _rebound("unix:/run/a", None, 9000, "8000"), _rebound("a", "b", None, "8000")
    ('127.0.0.1:9000', 'b:8000')
    """
    found = [_ADDRESS.fullmatch(address.strip()) for address in bind.split(",")]
    addresses = [(one["host"], one["port"]) for one in found if one]
    addresses = addresses or [("127.0.0.1", None)]
    if host is not None:
        addresses = [(_bracketed(host), addresses[0][1])]
    # Each once: with one port, two addresses may have become the same.
    rebound = (f"{name}:{port or own or default_port}" for name, own in addresses)
    return ",".join(dict.fromkeys(rebound))


def _bracketed(host: str) -> str:
    """Write an address of IPv6 as it stands before a port.

    >>> _bracketed("::1"), _bracketed("[::1]"), _bracketed("127.0.0.1")
    ('[::1]', '[::1]', '127.0.0.1')
    """
    return f"[{host}]" if ":" in host and not host.startswith("[") else host
