"""The command that compares a recipe with itself with other settings."""

from pathlib import Path

import click

from training.commands.exits import INTERRUPTED, resumable, stop
from training.commands.options import QUIET, chosen, command_line, of_a_recipe


@click.command()
@of_a_recipe
@click.option(
    "--with",
    "changes",
    multiple=True,
    required=True,
    metavar="SETTING=VALUE[,...]",
    help="A variant, such as model.layers=2; may be given several times.",
)
@click.option(
    "--seeds",
    type=click.IntRange(1, 1000),
    default=1,
    show_default=True,
    help="How many seeds each is trained with: the recipe's and those after it. With "
    "one seed, another can change the figure by as much; try --seeds 3.",
)
@click.option(
    "--resume", is_flag=True, help="Train nothing that is done already; its rows stay."
)
@QUIET
def ablate(
    recipe: str,
    changes: tuple[str, ...],
    seeds: int,
    data_root: Path,
    leave_out: str | None,
    runs: Path,
    resume: bool,
    quiet: bool,
) -> None:
    """Train RECIPE with and without settings; compare on the validation split."""
    from training.ablation.ablate import ablate as run_ablation
    from training.ablation.options import AblationOptions
    from training.ablation.results import basis, notes
    from training.ablation.store import IDENTITY
    from training.ablation.table import as_lines
    from training.options import Folders

    options = AblationOptions(
        changes=changes,
        seeds=seeds,
        folders=Folders(data=data_root, runs=runs),
        resume=resume,
        show_progress=not quiet,
        command=command_line(),
    )
    config = chosen(recipe, leave_out)
    with resumable(options.folder(config), IDENTITY):
        found, written = run_ablation(config, options)
    click.echo(as_lines(found))
    for line in (basis(found), *notes(found)):
        click.echo(line)
    click.echo(f"results: {written.page}, {written.table}, {written.picture}")
    if found.missing:
        stop(INTERRUPTED, 130)
