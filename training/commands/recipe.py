"""The command that writes a recipe: every setting there is, or those for a file."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sentiment.labels import LABELS

if TYPE_CHECKING:
    from training.template.reviews import Found

# So many texts are enough to learn a language from, in a vocabulary of their own.
_MANY = 200_000

_OPENING = """
Next: sentiment-train check, and sentiment-train run, with the name of this file. All
other settings: sentiment-train recipe
"""


def _meanings(
    _context: click.Context, _option: click.Parameter, said: tuple[str, ...]
) -> dict[str, str]:
    """Return what ``--label`` says, by the file's names."""
    meanings = {}
    for one in said:
        theirs, equals, ours = one.rpartition("=")
        if not equals or ours not in LABELS:
            raise click.BadParameter(
                f"{one!r}: write THEIRS=OURS, where OURS is {', '.join(LABELS)}"
            )
        meanings[theirs] = ours
    return meanings


@click.command()
@click.argument(
    "reviews", required=False, type=click.Path(dir_okay=False, path_type=Path)
)
@click.option("--text-column", metavar="NAME", help="The column of the texts.")
@click.option("--label-column", metavar="NAME", help="The column of their labels.")
@click.option(
    "--stars-column", metavar="NAME", help="The column of a rating, in place of labels."
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

    What is not said of the file's columns is found out, and told on stderr:

        sentiment-train recipe reviews.csv > mine.toml
    """
    from training.template.recipe import ALL, recipe_text

    if label_column and stars_column:
        raise click.UsageError("--label-column and --stars-column exclude each other")
    if reviews is None:
        if text_column or label_column or stars_column or meanings:
            raise click.UsageError("columns and labels are those of REVIEWS: name it")
        source = {"name": "reviews", "path": "reviews.csv"}
        click.echo(recipe_text({"name": "mine", "sources": [source]}, opening=ALL))
        return
    from training.template.reviews import Said, look_into

    said = Said(
        text=text_column, label=label_column, stars=stars_column, meanings=meanings
    )
    found = look_into(reviews, said)
    for line in found.lines:
        click.echo(line, err=True)
    opening = ALL if every else _OPENING
    click.echo(recipe_text(_values(found), opening=opening, every=every))


def _values(found: "Found") -> dict[str, Any]:
    from training.names import as_part_of_a_name, names_a_recipe

    name = as_part_of_a_name(str(found.source["name"]))
    values: dict[str, Any] = {
        "name": name if names_a_recipe(name) else "mine",
        "sources": [found.source],
    }
    if found.rows < _MANY:
        values["start_from"] = "bundled"
        values["training"] = {"epochs": 3, "learning_rate": 3e-4}
    return values
