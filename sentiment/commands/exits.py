"""How a command ends when it cannot go on, or when nobody reads what it prints."""

import io
import os
import sys
from typing import Any, NoReturn

import click

# What a shell reports of a program whose reader went away.
_BROKEN_PIPE = 141


class PrintingGroup(click.Group):
    """Commands that print texts, on any terminal and to a reader that may go away."""

    def invoke(self, context: click.Context) -> Any:
        """Run the command; if its reader (`| head`) has had enough, exit with 141."""
        if isinstance(sys.stdout, io.TextIOWrapper):
            # What a terminal's encoding has no character for is no reason to stop.
            sys.stdout.reconfigure(errors="backslashreplace")
        try:
            return super().invoke(context)
        except BrokenPipeError:
            # click itself would exit with 1, which means that rows have errors; and
            # Python would complain again when it flushes at its end.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(_BROKEN_PIPE)


def stop(message: str, code: int) -> NoReturn:
    """Say why in one line on stderr, and end with ``code``."""
    click.echo(f"sentiment: {message}", err=True)
    sys.exit(code)
