"""Options that several commands share, and the recipe that they choose."""

import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from training.recipes.config import TrainingConfig

_Command = TypeVar("_Command", bound=Callable[..., Any])


class _Folder(click.Path):
    """A folder; empty, as a shell variable that is not set, it is refused."""

    def __init__(self) -> None:
        super().__init__(file_okay=False, path_type=Path)

    def convert(
        self,
        value: Any,
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> Any:
        """Return the folder as a path."""
        if not str(value):
            self.fail("it is empty: name a folder, or leave the option out", param, ctx)
        return super().convert(value, param, ctx)


DATA = click.option(
    "--data",
    "data_root",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    help="The folder that a recipe's relative paths begin in.",
)
LEAVE_OUT = click.option(
    "--leave-out",
    metavar="DOMAIN",
    help="Hold all sources of a domain out, to see how the model does without them.",
)
MODELS = click.option(
    "--models",
    type=_Folder(),
    default=None,
    help="The folder of published models (default: SENTIMENT_MODELS, else models).",
)
RUNS = click.option(
    "--runs",
    type=_Folder(),
    default=Path("runs"),
    show_default=True,
    help="The folder of reports, checkpoints, language models and teachers.",
)


RESUME = click.option("--resume", is_flag=True, help="Go on from the last checkpoint.")
QUIET = click.option("--quiet", is_flag=True, help="No progress bar.")


def seed_of(what: str) -> Callable[[_Command], _Command]:
    """Return the option ``--seed``; ``what`` is its help."""
    return click.option(
        "--seed",
        type=click.IntRange(0, 2**32 - 1),
        default=1,
        show_default=True,
        help=what,
    )


def of_a_recipe(command: _Command) -> _Command:
    """Add the argument RECIPE and the options of commands that work on one."""
    for option in (RUNS, LEAVE_OUT, DATA, click.argument("recipe")):
        command = option(command)
    return command


def chosen(
    recipe: str, domain: str | None, models: Path | None = None
) -> "TrainingConfig":
    """Return the recipe, without a domain if one is named."""
    from training.recipes.config import read_recipe
    from training.recipes.leaving_out import leave_out

    config = read_recipe(recipe, models=models)
    return config if domain is None else leave_out(config, domain)


def command_line() -> str:
    """Return the command as it was given, for reports."""
    return shlex.join(["sentiment-train", *sys.argv[1:]])
