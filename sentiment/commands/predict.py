"""The command that scores texts one by one."""

import itertools
import json
import os
import shlex
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sentiment.commands.options import MODEL, PRECISION
from sentiment.errors import TextError
from sentiment.tables.formats import hints_of_name
from sentiment.tables.lines import UNDECODED

if TYPE_CHECKING:
    from sentiment.config import PrecisionChoice
    from sentiment.prediction.prediction import Prediction

    # Prints a text's answer, or why it has none; the place is that of a line, or empty.
    Show = Callable[[str | TextError, Prediction | TextError, str], None]

# Lines of stdin that are scored together.
_LINES = 256


def _checked_share(_: click.Context, __: click.Parameter, share: float) -> float:
    from sentiment.prediction.prediction import check_min_confidence

    # Not click's FloatRange, which lets NaN pass.
    try:
        check_min_confidence(share)
    except ValueError as error:
        # The error's own words name Python's parameter; click names the option.
        raise click.BadParameter(f"it must be from 0 to 1, not {share}") from error
    return share


@click.command()
@click.argument("texts", nargs=-1)
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="Print a JSON object as /predict does, one per line.",
)
@click.option("--explain", is_flag=True, help="Show what each word did to the answer.")
@click.option("--sentences", is_flag=True, help="Score each sentence on its own, too.")
@click.option(
    "--min-confidence",
    type=float,
    callback=_checked_share,
    default=0.0,
    metavar="SHARE",
    help='Answer "uncertain" below this, from 0 to 1.',
)
@PRECISION
@MODEL
def predict(
    texts: tuple[str, ...],
    as_json: bool,
    explain: bool,
    sentences: bool,
    min_confidence: float,
    precision: "PrecisionChoice",
    model: Path | None,
) -> None:
    """Score TEXTS, or each line of stdin."""
    import sentiment

    predictor = sentiment.load(model, precision=precision)
    for argument in texts:
        _hint_at_score(argument)
    show = _json_line(predictor.version) if as_json else _for_people()
    failed = False
    lines = itertools.count(1)
    for group in _groups(texts):
        readable = [text for text in group if isinstance(text, str)]
        answers = iter(
            predictor.predict_each(
                readable,
                explain=explain,
                sentences=sentences,
                min_confidence=min_confidence,
            )
        )
        for text in group:
            answer = next(answers) if isinstance(text, str) else text
            failed |= isinstance(answer, TextError)
            show(text, answer, "" if texts else f"line {next(lines):,}: ")
    if failed:
        sys.exit(1)


def _hint_at_score(text: str) -> None:
    """Say how to score the rows of a table, whose name is scored here as a text."""
    # A text may hold a null character, or be too long for a name: no file, either.
    with suppress(OSError, ValueError):
        if hints_of_name(text).format is not None and Path(text).is_file():
            from sentiment.commands.terminal import plain

            name = shlex.quote(plain(text))
            click.echo(
                f"{name} is a file, and its name is scored here as a text. To score "
                f"its rows: sentiment score {name} -o scored.csv",
                err=True,
            )


def _groups(texts: tuple[str, ...]) -> Iterator[list["str | TextError"]]:
    """Yield the arguments, or the lines of stdin, as many as are scored together."""
    if texts:
        yield [_checked(place, text) for place, text in enumerate(texts, start=1)]
        return
    at_once = _LINES
    if sys.stdin.isatty():
        click.echo("One text a line; Ctrl-D ends.", err=True)
        at_once = 1
    group: list[str | TextError] = []
    for line in sys.stdin.buffer:
        group.append(_decoded(line.rstrip(b"\r\n")))
        if len(group) == at_once:
            yield group
            group = []
    if group:
        yield group


def _checked(place: int, argument: str) -> "str | TextError":
    found = UNDECODED.search(argument)
    if found is None:
        return argument
    return _not_utf_8(f"argument {place:,}", ord(found[0]) - 0xDC00)


def _decoded(line: bytes) -> "str | TextError":
    try:
        return line.decode()
    except UnicodeDecodeError as error:
        return _not_utf_8("the line", line[error.start])


def _not_utf_8(what: str, byte: int) -> TextError:
    return TextError("not_utf_8", f"{what} is not UTF-8 (byte {byte:#04x})")


def _json_line(version: str) -> "Show":
    # One piece for each line of input, so that line numbers are right.
    def show(_text: object, answer: "Prediction | TextError", _place: str) -> None:
        closing = {} if isinstance(answer, TextError) else {"model": version}
        click.echo(json.dumps({**answer.to_json(), **closing}))

    return show


def _for_people() -> "Show":
    from sentiment.commands import terminal

    # See https://no-color.org
    on_screen = sys.stdout.isatty()
    color = on_screen and not os.environ.get("NO_COLOR")
    width = shutil.get_terminal_size().columns if on_screen else 0

    def show(
        text: "str | TextError", answer: "Prediction | TextError", place: str
    ) -> None:
        if isinstance(answer, TextError):
            shown = f"{terminal.plain(text[:40])!r}: " if isinstance(text, str) else ""
            click.echo(f"sentiment: {place}{shown}{answer.message}", err=True)
        else:
            line = terminal.show(str(text), answer, color=color, width=width)
            click.echo(line, color=color)

    return show
