"""The command that writes a recipe: every setting there is, or those for a file."""

from pathlib import Path

import click

from sentiment.labels import LABELS

_OPENING = """
Next: sentiment-train check, and sentiment-train run, with the name of this file. All
other settings: sentiment-train recipe
"""


def _meanings(
    _context: click.Context, _option: click.Parameter, said: tuple[str, ...]
) -> dict[str, str]:
    """Parse the values of ``--label``: our labels, by the file's."""
    meanings = {}
    for one in said:
        theirs, equals, ours = one.rpartition("=")
        if not equals or ours not in LABELS:
            raise click.BadParameter(
                f"{one!r}: write THEIRS=OURS, where OURS is {', '.join(LABELS)}"
            )
        meanings[theirs] = ours
    return meanings


def _one_file(
    _context: click.Context, _argument: click.Parameter, files: tuple[Path, ...]
) -> Path | None:
    """Return the file; several, or a pattern, are refused with an explanation."""
    pattern = any(set("*?[") & set(str(file)) and not file.exists() for file in files)
    if len(files) > 1 or pattern:
        raise click.UsageError(
            "give one file to begin with, then write a pattern of all, such as "
            '"reviews-*.csv", into path'
        )
    return files[0] if files else None


@click.command()
@click.argument(
    "reviews",
    nargs=-1,
    callback=_one_file,
    metavar="[REVIEWS]",
    type=click.Path(dir_okay=False, path_type=Path),
)
@click.option("--text-column", metavar="NAME", help="The column of the texts.")
@click.option("--label-column", metavar="NAME", help="The column of their labels.")
@click.option(
    "--stars-column",
    metavar="NAME",
    help="The column of a rating, used instead of labels.",
)
@click.option(
    "--label",
    "meanings",
    multiple=True,
    callback=_meanings,
    metavar="THEIRS=OURS",
    help="What a label of the file means, such as pos=positive; may be given several "
    "times.",
)
@click.option("--every", is_flag=True, help="Show all settings, also with REVIEWS.")
def recipe(
    reviews: Path | None,
    text_column: str | None,
    label_column: str | None,
    stars_column: str | None,
    meanings: dict[str, str],
    every: bool,
) -> None:
    """Print a recipe: for a file of REVIEWS, or all settings with what they mean.

    Columns that are not named are detected, and reported on stderr:

        sentiment-train recipe reviews.csv > mine.toml
    """
    from training.new_recipe.recipe import ALL, recipe_text

    if label_column and stars_column:
        raise click.UsageError("--label-column and --stars-column exclude each other")
    if reviews is None:
        if text_column or label_column or stars_column or meanings:
            raise click.UsageError("columns and labels are those of REVIEWS: name it")
        source = {"name": "reviews", "path": "reviews.csv"}
        click.echo(recipe_text({"name": "mine", "sources": [source]}, opening=ALL))
        return
    from training.new_recipe.reviews import ColumnChoices, look_into, values_for

    choices = ColumnChoices(
        text=text_column, label=label_column, stars=stars_column, meanings=meanings
    )
    found = look_into(reviews, choices)
    for line in found.lines:
        click.echo(line, err=True)
    opening = ALL if every else _OPENING
    click.echo(recipe_text(values_for(found), opening=opening, every=every))
