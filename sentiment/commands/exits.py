"""How a command ends when it fails, or when the reader of its output has gone."""

import io
import os
import sys
from typing import Any, NoReturn

import click

# What a shell reports of a program whose reader went away.
_BROKEN_PIPE = 141


class PrintingGroup(click.Group):
    """Commands that print texts, on any terminal and to a reader that may go away."""

    def main(self, *arguments: Any, **options: Any) -> Any:
        """Run the whole program, whatever of its streams the caller has closed."""
        _replace_closed_streams()
        return super().main(*arguments, **options)

    def invoke(self, context: click.Context) -> Any:
        """Run the command; if its reader (`| head`) has gone, exit with 141."""
        if isinstance(sys.stdout, io.TextIOWrapper):
            # A character that the terminal's encoding lacks must not stop the command.
            sys.stdout.reconfigure(errors="backslashreplace")
        try:
            return super().invoke(context)
        except BrokenPipeError:
            # click itself would exit with 1, which means that rows have errors; and
            # Python would complain again when it flushes at its end.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(_BROKEN_PIPE)


def stop(message: str, code: int, *, option: str | None = None) -> NoReturn:
    """Say why in one line on stderr, and end with ``code``.

    ``option`` is the one that would help, by its name in Python.
    """
    hint = f" (--{option.replace('_', '-')})" if option else ""
    click.echo(f"sentiment: {message}{hint}", err=True)
    sys.exit(code)


def stop_for(error: click.ClickException) -> NoReturn:
    """Say in one line what click refused, and end."""
    stop(refused_by(error), error.exit_code)


def refused_by(error: click.ClickException) -> str:
    """Return in one line what click refused, and which help describes the command.

    Without any command the help itself is shown, as by click, and the program ends.
    """
    message = error.format_message().removesuffix(".")
    context = error.ctx if isinstance(error, click.UsageError) else None
    if "\n" in message:
        error.show()
        sys.exit(error.exit_code)
    hint = f" ({context.command_path} --help)" if context else ""
    return f"{message[:1].lower()}{message[1:]}{hint}"


def _replace_closed_streams() -> None:
    """Open substitutes for standard streams that the caller has closed.

    Otherwise a file opened later would get the descriptor of stderr, and messages would
    go into it. The substitute for stdin is empty; writing to the one for stdout is an
    error, since the data would be lost.
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
