"""The command that fits a teacher to a recipe's texts."""

from dataclasses import replace
from pathlib import Path

import click

from training.commands.exits import resumable
from training.commands.options import QUIET, RESUME, chosen, of_a_recipe


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
    "the mean of several such teachers knows more than one.",
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
    from training.data.gathering import read
    from training.distillation.cross_fitting import fit_words
    from training.distillation.fine_tuning import fit_teacher
    from training.locking import locked_recipe
    from training.unfinished import STATE

    if bag_of_words and seed is not None:
        raise click.UsageError("--seed is for a transformer: a bag of words has none")
    config = chosen(recipe, leave_out)
    name = config.name
    if seed is not None:
        config, name = replace(config, seed=seed), f"{name}-seed{seed}"
    splits = read(config, data_root).splits
    if bag_of_words:
        words = fit_words(
            config,
            splits,
            runs / "teachers" / f"{config.name}-words",
            show_progress=not quiet,
        )
        click.echo(
            f"validation loss {words.validation_loss:.3f} at a cost of {words.cost:g}, "
            f"{words.terms:,} terms of {words.examples:,} texts"
        )
        click.echo(f"teacher: {words.folder}")
        return
    checkpoints = runs / "checkpoints" / f"{name}-teacher"
    with (
        locked_recipe(runs, name, "fine-tuning"),
        resumable(checkpoints, STATE),
    ):
        fitted = fit_teacher(
            config,
            splits,
            runs / "teachers" / name,
            checkpoints=checkpoints,
            resume=resume,
            show_progress=not quiet,
        )
    best = fitted.history.best()
    click.echo(
        f"validation macro-F1 {100 * best.validation_macro_f1:.1f} after epoch "
        f"{best.epoch}, {fitted.examples:,} texts"
    )
    click.echo(f"teacher: {fitted.folder}")
