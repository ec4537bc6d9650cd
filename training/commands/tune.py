"""The command that searches for a better recipe."""

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sentiment.wording import percent
from training.commands.exits import stop
from training.commands.options import DATA, QUIET, RUNS, command_line, seed_of

if TYPE_CHECKING:
    from training.tuning.options import Tuned


@click.command()
@click.argument("recipe", default="default")
@click.option(
    "--minutes", type=float, required=True, help="How long to search; never longer."
)
@click.option(
    "--trials",
    type=click.IntRange(min=1),
    help="How many trials to run at most, whatever time is left.",
)
@DATA
@RUNS
@click.option(
    "--max-megabytes",
    type=float,
    default=25.0,
    show_default=True,
    help="The largest artifact (weights and vocabulary) that a trial may make.",
)
@click.option(
    "--max-milliseconds",
    type=float,
    help="The slowest answer to one text of 25 words on one thread.",
)
@seed_of("The search's seed.")
@click.option(
    "--keep",
    multiple=True,
    metavar="SETTING",
    help="Leave a setting as it is, such as model.cell; may be given several times.",
)
@click.option("--resume", is_flag=True, help="Go on with the search of this recipe.")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file of the best recipe (default: best.toml beside the search).",
)
@QUIET
def tune(
    recipe: str,
    minutes: float,
    trials: int | None,
    data_root: Path,
    runs: Path,
    max_megabytes: float,
    max_milliseconds: float | None,
    seed: int,
    keep: tuple[str, ...],
    resume: bool,
    out: Path | None,
    quiet: bool,
) -> None:
    """Search around RECIPE for a better one; RECIPE itself is the first trial."""
    began = time.monotonic()  # imports are time of the search, too
    from training.options import Folders
    from training.tuning.limits import Limits
    from training.tuning.options import TuneOptions
    from training.tuning.tune import tune as run_search

    options = TuneOptions(
        minutes=minutes,
        trials=trials,
        folders=Folders(data=data_root, runs=runs),
        limits=Limits(max_megabytes=max_megabytes, max_milliseconds=max_milliseconds),
        seed=seed,
        keep=keep,
        resume=resume,
        out=out,
        show_progress=not quiet,
        command=command_line(),
        began=began,
    )
    tuned = run_search(recipe, options)
    _say_tuned(tuned)
    if tuned.interrupted:
        stop("interrupted; --resume goes on with the search", 130)


def _say_tuned(tuned: "Tuned") -> None:
    best, own = tuned.best, tuned.own
    before = "" if own is None else f"   the recipe itself {_percent(own.macro_f1)}"
    click.echo(
        f"trial {best.number} of {len(tuned.trials)}: validation macro-F1 "
        f"{_percent(best.macro_f1)}{before}"
    )
    click.echo(f"trials: {tuned.table}, {tuned.picture}")
    click.echo(f"recipe: {tuned.recipe}")


def _percent(figure: float | None) -> str:
    return "-" if figure is None else percent(figure)
