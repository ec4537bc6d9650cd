"""Commands that make what a network starts from and learns of: text and teachers."""

from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import click

from training.commands.exits import resumable, stop
from training.commands.options import DATA, LEAVE_OUT, QUIET, RESUME, RUNS, chosen


@click.command()
@click.argument("recipe")
@DATA
@LEAVE_OUT
@RUNS
@RESUME
@click.option(
    "--sample",
    "samples",
    type=click.IntRange(0),
    default=3,
    show_default=True,
    help="Sentences to print for each of three openings.",
)
@QUIET
def pretrain(
    recipe: str,
    data_root: Path,
    leave_out: str | None,
    runs: Path,
    resume: bool,
    samples: int,
    quiet: bool,
) -> None:
    """Learn the next word of RECIPE's texts, for its network to start from."""
    from training.data.gathering import read
    from training.language_model.pretrain import pretrain as learn
    from training.unfinished import STATE

    config = chosen(recipe, leave_out)
    checkpoints = runs / "checkpoints" / f"{config.name}-language-model"
    with resumable(checkpoints, STATE):
        pretrained = learn(
            config,
            read(config, data_root).splits,
            runs / "language-models" / config.name,
            data_root=data_root,
            checkpoints=checkpoints,
            resume=resume,
            samples=samples,
            show_progress=not quiet,
        )
    for said in pretrained.samples:
        click.echo(f"  {said}")
    last = pretrained.passes[-1]
    click.echo(
        f"perplexity on held-out text {last.validation_perplexity:.1f} after "
        f"{pretrained.tokens:,} tokens"
    )
    click.echo(f"language model: {pretrained.folder}")


@click.command()
@click.argument("recipe")
@DATA
@LEAVE_OUT
@RUNS
@RESUME
@click.option(
    "--bag-of-words",
    is_flag=True,
    help="Fit no transformer but words and pairs of words, and keep it as NAME-words.",
)
@QUIET
def teacher(
    recipe: str,
    data_root: Path,
    leave_out: str | None,
    runs: Path,
    resume: bool,
    bag_of_words: bool,
    quiet: bool,
) -> None:
    """Fit the transformer of RECIPE's [teacher] to its texts, to teach with it."""
    from training.data.gathering import read
    from training.distillation.cross_fitting import fit_words
    from training.distillation.fine_tuning import fit_teacher
    from training.unfinished import STATE

    config = chosen(recipe, leave_out)
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
    checkpoints = runs / "checkpoints" / f"{config.name}-teacher"
    with resumable(checkpoints, STATE):
        fitted = fit_teacher(
            config,
            splits,
            runs / "teachers" / config.name,
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


@click.command()
@click.argument("recipe")
@DATA
@LEAVE_OUT
@RUNS
@click.option("--resume", is_flag=True, help="Keep the soft labels that are there.")
@click.option(
    "--workers",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    help="Processes that label side by side.",
)
@QUIET
def distill(
    recipe: str,
    data_root: Path,
    leave_out: str | None,
    runs: Path,
    resume: bool,
    workers: int,
    quiet: bool,
) -> None:
    """Let RECIPE's [[teachers]] label its texts, for its network to learn from."""
    from training.data.gathering import read
    from training.distillation.label import label

    config = chosen(recipe, leave_out)
    folder = runs / (config.distillation.soft_labels or f"soft-labels/{config.name}")
    splits = read(config, data_root).splits
    try:
        with resumable(folder, "*.parquet"):
            labelled = label(
                config,
                splits,
                folder,
                data_root=data_root,
                runs=runs,
                resume=resume,
                workers=workers,
                show_progress=not quiet,
            )
    except BrokenProcessPool:
        stop(
            "a process that labelled was killed, perhaps for want of memory: a "
            "possible solution is --resume, which keeps what is labelled, with fewer "
            "--workers",
            2,
        )
    click.echo(f"{labelled.texts:,} of {labelled.asked:,} texts have a soft label")
    click.echo(f"soft labels: {labelled.folder}")
