"""How a command ends when it cannot go on."""

import sys
from typing import NoReturn

import click


def stop(message: str, code: int) -> NoReturn:
    """Say ``message`` on stderr and leave with ``code``."""
    click.echo(f"sentiment-train: {message}", err=True)
    sys.exit(code)
