"""The command that lets teachers label a recipe's texts."""

from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import click

from training.commands.exits import resumable, stop
from training.commands.options import QUIET, chosen, of_a_recipe


@click.command()
@of_a_recipe
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
    from training.disk.locking import locked_recipe
    from training.distillation.label import label
    from training.options import Folders

    config = chosen(recipe, leave_out)
    folder = runs / (config.distillation.soft_labels or f"soft-labels/{config.name}")
    splits = read(config, data_root).splits
    try:
        with (
            locked_recipe(runs, config.name, "labelling"),
            resumable(folder, "*.parquet"),
        ):
            labelled = label(
                config,
                splits,
                folder,
                Folders(data=data_root, runs=runs),
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
