"""The command that fits a teacher to a recipe's texts."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sentiment.wording import counted
from training.commands.exits import resumable
from training.commands.options import QUIET, RESUME, chosen, of_a_recipe

if TYPE_CHECKING:
    from training.recipes.config import TrainingConfig


@click.command()
@of_a_recipe
@RESUME
@click.option(
    "--bag-of-words",
    is_flag=True,
    help="Fit a bag of words and pairs of words instead, written to NAME-words.",
)
@click.option(
    "--seed",
    type=click.IntRange(0, 2**32 - 1),
    help="Fit with this seed instead of the recipe's, and write to NAME-seedSEED: "
    "the mean of several teachers is better than each of them.",
)
@QUIET
def teacher(
    recipe: str,
    data_root: Path,
    leave_out: str | None,
    runs: Path,
    resume: bool,
    bag_of_words: bool,
    seed: int | None,
    quiet: bool,
) -> None:
    """Fine-tune the transformer of RECIPE's [teacher] on its texts, as a teacher."""
    if bag_of_words and (resume or seed is not None):
        raise click.UsageError(
            "--seed and --resume are for a transformer: a bag of words is fitted in "
            "one go"
        )
    config = chosen(recipe, leave_out)
    if bag_of_words:
        _fit_words(config, data_root, runs, show_progress=not quiet)
        return
    name = config.name
    if seed is not None:
        config, name = replace(config, seed=seed), f"{name}-seed{seed}"
    _fit_transformer(
        config, name, data_root, runs, resume=resume, show_progress=not quiet
    )


def _fit_words(
    config: "TrainingConfig", data_root: Path, runs: Path, *, show_progress: bool
) -> None:
    from training.data.gathering import read
    from training.disk.locking import locked_recipe
    from training.distillation.cross_fitting import fit_words

    with locked_recipe(runs, config.name, "bag-of-words fit"):
        words = fit_words(
            config,
            read(config, data_root).splits,
            runs / "teachers" / f"{config.name}-words",
            show_progress=show_progress,
        )
    click.echo(
        f"validation loss {words.validation_loss:.3f} at a cost of {words.cost:g}, "
        f"{counted(words.terms, 'term')} of {counted(words.examples, 'text')}"
    )
    click.echo(f"teacher: {words.folder}")


def _fit_transformer(
    config: "TrainingConfig",
    name: str,
    data_root: Path,
    runs: Path,
    *,
    resume: bool,
    show_progress: bool,
) -> None:
    """Fine-tune the recipe's transformer; ``name`` is the teacher's folder."""
    from training.data.gathering import read
    from training.disk.locking import locked_recipe
    from training.disk.unfinished import STATE, where_to_go_on
    from training.distillation.fine_tuning import fit_teacher

    checkpoints = runs / "checkpoints" / f"{name}-teacher"
    if resume:
        click.echo(where_to_go_on(checkpoints), err=True)
    with locked_recipe(runs, name, "fine-tuning"), resumable(checkpoints, STATE):
        fitted = fit_teacher(
            config,
            read(config, data_root).splits,
            runs / "teachers" / name,
            checkpoints=checkpoints,
            resume=resume,
            show_progress=show_progress,
        )
    best = fitted.history.best()
    click.echo(
        f"validation macro-F1 {100 * best.validation_macro_f1:.1f} after epoch "
        f"{best.epoch}, {counted(fitted.examples, 'text')}"
    )
    click.echo(f"teacher: {fitted.folder}")
