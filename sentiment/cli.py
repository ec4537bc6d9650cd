"""The command ``sentiment``: predict, score a file, describe the model, serve it.

Nothing heavy is imported before a command needs it, so that --help is quick.
"""

import atexit
import io
import os
import signal
import sys
from pathlib import Path
from typing import Any

import click

from sentiment.commands.describing import info
from sentiment.commands.exits import stop
from sentiment.commands.options import MODEL
from sentiment.commands.predicting import predict
from sentiment.commands.scoring import score
from sentiment.commands.serving import serve
from sentiment.errors import SentimentError

# What a shell reports of a program whose reader went away.
_BROKEN_PIPE = 141


class _Commands(click.Group):
    """Commands whose reader (`| head`) may have enough before they are done."""

    def invoke(self, context: click.Context) -> Any:
        """Run the command; click itself would answer 1, which means errors in rows."""
        try:
            return super().invoke(context)
        except BrokenPipeError:
            # Python would complain again when it flushes at its end.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(_BROKEN_PIPE)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="sentiment")
@MODEL
def cli(model: Path | None) -> None:
    """Tell whether a review is positive, neutral or negative."""


for command in (predict, score, info, serve):
    cli.add_command(command)


def main() -> None:
    """Run the command; whatever goes wrong is one line on stderr, and an exit code."""
    _replace_closed_streams()
    if isinstance(sys.stdout, io.TextIOWrapper):
        # What a terminal's encoding has no character for is no reason to stop.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        cli(standalone_mode=False)
    except (click.exceptions.Abort, KeyboardInterrupt):
        stop("interrupted", 130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except SentimentError as error:
        stop(str(error), 2)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        stop(f"{where}{error.strerror or error}", 2)
    finally:
        # Comes before what torch does at the end, which Ctrl-C would tear up.
        atexit.register(signal.signal, signal.SIGINT, signal.SIG_IGN)


def _replace_closed_streams() -> None:
    """Put something in the place of standard streams that the caller has closed.

    A file that is opened later would get the number of one, and what is said on stderr
    would go into it. Stdin then is empty; stdout, which data is lost in, is an error to
    write to.
    """
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is not None:
            continue
        # The lowest number that is free, which is that of the stream.
        access = os.O_WRONLY if name == "stderr" else os.O_RDONLY
        number = os.open(os.devnull, access)
        if name == "stdin":
            sys.stdin = os.fdopen(number)
        else:
            # Nothing waits to be written, which would be an error again at the end.
            raw: Any = os.fdopen(number, "wb", buffering=0)
            setattr(sys, name, io.TextIOWrapper(raw, write_through=True))


if __name__ == "__main__":
    main()
