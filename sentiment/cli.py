"""The command ``sentiment``: predict, score a file, describe the model, serve it.

Nothing heavy is imported before a command needs it, so that --help is quick.
"""

import atexit
import signal
from pathlib import Path

import click

from sentiment.commands.exits import PrintingGroup, stop, stop_for
from sentiment.commands.info import info
from sentiment.commands.options import MODEL
from sentiment.commands.predict import predict
from sentiment.commands.score import score
from sentiment.commands.serve import serve
from sentiment.errors import DataError, SentimentError


@click.group(
    cls=PrintingGroup, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.version_option(package_name="sentiment")
@MODEL
def cli(model: Path | None) -> None:
    """Tell whether a review is positive, neutral or negative."""


for command in (predict, score, info, serve):
    cli.add_command(command)


def main() -> None:
    """Run the command; every failure is one line on stderr, and an exit code."""
    try:
        cli(prog_name="sentiment", standalone_mode=False)
    except (click.exceptions.Abort, KeyboardInterrupt):
        stop("interrupted", 130)
    except click.ClickException as error:
        stop_for(error)
    except DataError as error:
        stop(str(error), 2, option=error.option)
    except SentimentError as error:
        stop(str(error), 2)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        stop(f"{where}{error.strerror or error}", 2)
    finally:
        # Runs before torch's own exit handlers, which Ctrl-C would interrupt.
        atexit.register(signal.signal, signal.SIGINT, signal.SIG_IGN)


if __name__ == "__main__":
    main()
