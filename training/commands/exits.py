"""How a command ends early: with an error, or after Ctrl-C."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import click

INTERRUPTED = "interrupted; --resume goes on from what is done"
_TOO_EARLY = "interrupted; nothing was saved yet that --resume could go on from"


def stop(message: str, code: int) -> NoReturn:
    """Print ``message`` on stderr and exit with ``code``."""
    click.echo(f"sentiment-train: {message}", err=True)
    sys.exit(code)


@contextmanager
def resumable(folder: Path, pattern: str) -> Iterator[None]:
    """After Ctrl-C in the body, print whether ``--resume`` can continue, and exit.

    It can if ``folder`` has a file of the ``pattern``.
    """
    try:
        yield
    except KeyboardInterrupt:
        stop(INTERRUPTED if any(folder.glob(pattern)) else _TOO_EARLY, 130)
