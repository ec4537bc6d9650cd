"""How a command ends when it cannot go on."""

import sys

import click


def stop(message: str, code: int) -> None:
    """Say why in one line on stderr, and end with ``code``."""
    click.echo(f"sentiment: {message}", err=True)
    sys.exit(code)
