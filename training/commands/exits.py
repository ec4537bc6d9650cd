"""How a command ends early: with an error, or after Ctrl-C."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import click

INTERRUPTED = "interrupted; --resume goes on from what is done"


def stop(message: str, code: int) -> NoReturn:
    """Print ``message`` on stderr and exit with ``code``."""
    click.echo(f"sentiment-train: {message}", err=True)
    sys.exit(code)


@contextmanager
def resumable(folder: Path, pattern: str) -> Iterator[None]:
    """After Ctrl-C in the body, print that ``--resume`` can continue, if it can.

    It can if ``folder`` has a file of the ``pattern``.
    """
    try:
        yield
    except KeyboardInterrupt:
        if not any(folder.glob(pattern)):
            raise
        stop(INTERRUPTED, 130)
