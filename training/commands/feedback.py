"""The commands on users' corrections: count, list and delete them."""

import json
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import click

from sentiment.feedback import VARIABLE, open_store

if TYPE_CHECKING:
    from sentiment.feedback.store import FeedbackStore

# Longer than a request may wait, shorter than a training run.
_SECONDS = 15.0
# A century.
_MOST_DAYS = 36_500

ADDRESS = click.option(
    "--at",
    "address",
    envvar=VARIABLE,
    show_envvar=True,
    required=True,
    metavar="FILE|URL",
    help="The SQLite file or the database's URL.",
)


def _checked_days(
    _: click.Context, __: click.Parameter, days: float | None
) -> float | None:
    # Not click's FloatRange, which lets NaN pass.
    if days is not None and not 0 <= days <= _MOST_DAYS:
        raise click.BadParameter(f"{days:g} is not from 0 to {_MOST_DAYS:,} days")
    return days


@click.group()
def feedback() -> None:
    """Look at the corrections that users sent, and forget some."""


@feedback.command()
@ADDRESS
def count(address: str) -> None:
    """Count the corrections by label, and print the dates of the first and the last."""
    labels: Counter[str] = Counter()
    moments: list[datetime] = []
    for one in _store(address).corrections():
        labels[one.label] += 1
        moments = [min([*moments, one.created]), max([*moments, one.created])]
    for label, number in sorted(labels.items()):
        click.echo(f"{label:10} {number:9,}")
    for name, moment in zip(("oldest", "newest"), moments, strict=False):
        click.echo(f"{name:10} {moment:%Y-%m-%d %H:%M}")
    if not moments:
        click.echo("there is no correction", err=True)


@feedback.command("list")
@ADDRESS
def list_corrections(address: str) -> None:
    """Print every correction as a line of JSON, the oldest first."""
    for one in _store(address).corrections():
        line = {
            "created": one.created.isoformat(),
            "model": one.model,
            "label": one.label,
            "request_id": one.request_id,
            "text": one.text,
        }
        click.echo(json.dumps(line, ensure_ascii=False))


@feedback.command()
@ADDRESS
@click.option(
    "--older-than",
    metavar="DAYS",
    type=float,
    callback=_checked_days,
    help="Older than this.",
)
@click.option("--request-id", metavar="ID", help="About the answer with this id.")
@click.option(
    "--text-from-stdin", is_flag=True, help="Of exactly the text that stdin holds."
)
def forget(
    address: str,
    older_than: float | None,
    request_id: str | None,
    text_from_stdin: bool,
) -> None:
    """Delete the corrections that meet all conditions given, for good."""
    if older_than is None and request_id is None and not text_from_stdin:
        raise click.UsageError(
            "say which: --older-than DAYS, --request-id ID or --text-from-stdin"
        )
    days = None if older_than is None else timedelta(days=older_than)
    deleted = _store(address).forget(
        before=None if days is None else datetime.now(UTC) - days,
        request_id=request_id,
        # As an argument, a text would be in the shell's history.
        text=_text_of_stdin() if text_from_stdin else None,
    )
    click.echo(f"{deleted:,} forgotten")


def _text_of_stdin() -> str:
    """Return the text from stdin, without a line end."""
    try:
        text = sys.stdin.buffer.read().decode()
    except UnicodeDecodeError as error:
        raise click.UsageError("stdin is not UTF-8: no correction is") from error
    end = "\r\n" if text.endswith("\r\n") else "\n"
    return text.removesuffix(end)


def _store(address: str) -> "FeedbackStore":
    store = open_store(address, seconds=_SECONDS)
    # For a mistyped path the command would report success on an empty store.
    store.require_file()
    return store
