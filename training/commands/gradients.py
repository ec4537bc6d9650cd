"""The command that shows how gradients vanish and explode."""

from pathlib import Path

import click

from training.commands.options import DATA, QUIET, seed_of


@click.command()
@click.argument("recipe", required=False)
@DATA
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("runs/gradients"),
    show_default=True,
    help="The folder for the pictures and their figures.",
)
@click.option(
    "--tokens",
    type=click.IntRange(2, 2_000),
    default=100,
    show_default=True,
    help="Length of the texts in tokens; of RECIPE's longer texts, the last tokens are "
    "read.",
)
@click.option(
    "--steps",
    type=click.IntRange(1),
    default=1_000,
    show_default=True,
    help="How many optimiser steps each cell takes.",
)
@seed_of("Of the made-up texts, the first weights and the order of the batches.")
@QUIET
def gradients(
    recipe: str | None,
    data_root: Path,
    out: Path,
    tokens: int,
    steps: int,
    seed: int,
    quiet: bool,
) -> None:
    """Show how gradients vanish and explode: the four cells side by side.

    Small networks are trained on long texts in which one early word decides, or on
    those of RECIPE.
    """
    from training.drawing import require_drawing
    from training.gradients.language import texts_of_a_recipe, texts_of_the_language
    from training.gradients.results import summary, write_study
    from training.gradients.study import StudyConfig, study
    from training.recipes.config import read_recipe

    # Checked before the training, which takes minutes.
    require_drawing()
    texts = (
        texts_of_a_recipe(read_recipe(recipe), data_root, tokens)
        if recipe
        else texts_of_the_language(tokens, seed=seed)
    )
    found = study(texts, StudyConfig(steps=steps, seed=seed, show_progress=not quiet))
    written = write_study(found, out)
    click.echo(summary(found))
    for path in (written.figures, *written.pictures):
        click.echo(path)
