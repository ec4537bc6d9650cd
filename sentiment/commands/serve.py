"""The command that serves the model over HTTP."""

import importlib.util
import os
import sys
from pathlib import Path

import click

from sentiment.commands.options import MODEL, WholeNumber
from sentiment.errors import SentimentError


@click.command()
@click.option("--host", help="The address to listen on (default: 127.0.0.1).")
@click.option(
    "--port",
    type=WholeNumber(1, 65_535),
    help="The port to listen on (default: PORT, else 8000).",
)
@MODEL
def serve(host: str | None, port: int | None, model: Path | None) -> None:
    """Serve the model over HTTP with gunicorn."""
    from sentiment.store import resolve

    environment = dict(os.environ)
    chosen_model = model or environment.get("SENTIMENT_MODEL") or None
    resolve(chosen_model)  # refused here, before any worker starts
    if model is not None:
        # Not resolved: the service is to follow the link when it moves.
        environment["SENTIMENT_MODEL"] = str(model.absolute())
    if host is not None or port is not None:
        chosen_port = port or environment.get("PORT") or "8000"
        environment["SENTIMENT_BIND"] = (
            f"{_bracketed(host or '127.0.0.1')}:{chosen_port}"
        )
    # Found, not imported: the library does not depend on its service.
    service = importlib.util.find_spec("service")
    if service is None or not service.submodule_search_locations:
        raise SentimentError("the service is not installed: install the whole project")
    config = Path(service.submodule_search_locations[0]) / "gunicorn.conf.py"
    command = [sys.executable, "-m", "gunicorn", "-c", str(config)]
    sys.stdout.flush()
    os.execve(sys.executable, [*command, "service.app:create_app()"], environment)  # noqa: S606  # no shell


def _bracketed(host: str) -> str:
    """Write an address of IPv6 as it stands before a port.

    >>> _bracketed("::1"), _bracketed("[::1]"), _bracketed("127.0.0.1")
    ('[::1]', '[::1]', '127.0.0.1')
    """
    return f"[{host}]" if ":" in host and not host.startswith("[") else host
