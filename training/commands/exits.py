"""How a command ends when it cannot go on."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import click

INTERRUPTED = "interrupted; --resume goes on from what is done"


def stop(message: str, code: int) -> NoReturn:
    """Say ``message`` on stderr and leave with ``code``."""
    click.echo(f"sentiment-train: {message}", err=True)
    sys.exit(code)


@contextmanager
def resumable(folder: Path, pattern: str) -> Iterator[None]:
    """Where Ctrl-C ends the body, say that ``--resume`` goes on, if it can.

    It can if ``folder`` holds a file of the ``pattern``. click itself says only that
    the command was interrupted, and hides which.
    """
    try:
        yield
    except KeyboardInterrupt:
        if not any(folder.glob(pattern)):
            raise
        stop(INTERRUPTED, 130)
