"""What several commands take: the model, and the precision it reads in."""

from pathlib import Path
from typing import Any

import click

from sentiment.config import PRECISION_CHOICES


class FilledPath(click.Path):
    """A path that is not empty, as one made from an unset variable would be.

    An empty path means the current folder, which in some cases would only fail after an
    hour's work.
    """

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Any:
        """Return the path."""
        if value == "":
            self.fail("the name is empty: is a variable not set?", param, ctx)
        return super().convert(value, param, ctx)


class WholeNumber(click.IntRange):
    """A whole number in a range.

    Of a word that is no number, click's message would name the range as its type ("not
    a valid integer range"); this one says "not a valid integer".
    """

    name = "integer"


def _nearer_model(
    context: click.Context, _: click.Parameter, given: Path | None
) -> Path | None:
    """Return ``--model`` as it stands after the command's name, else before it."""
    if given is None and context.parent is not None:
        before: Path | None = context.parent.params.get("model")
        return before
    return given


MODEL = click.option(
    "--model",
    callback=_nearer_model,
    type=FilledPath(path_type=Path),
    help="The folder of a model (default: models/current, else the bundled one).",
)

PRECISION = click.option(
    "--precision",
    envvar="SENTIMENT_PRECISION",
    type=click.Choice(PRECISION_CHOICES),
    default="auto",
    show_default=True,
    show_envvar=True,
    help="The number format in which an LSTM computes; auto: the faster one on this "
    "machine.",
)
