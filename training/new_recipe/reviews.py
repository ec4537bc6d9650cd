"""Detect the settings of a recipe for a file of reviews."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sentiment.errors import DataError
from sentiment.tables import open_table
from sentiment.wording import counted, nearest
from training.new_recipe.column import MOST_NAMED_VALUES, Column
from training.new_recipe.meaning import labelled, rated, some
from training.recipes.names import as_part_of_a_name, names_a_recipe

# With so many texts, a network need not start from the bundled model.
_MANY = 200_000

# Usual names of columns of labels or ratings, the likelier ones first.
_NAMES = (
    "label",
    "labels",
    "sentiment",
    "polarity",
    "class",
    "target",
    "stars",
    "star",
    "rating",
    "ratings",
    "star_rating",
    "score",
    "overall",
)


@dataclass(frozen=True, kw_only=True)
class ColumnChoices:
    """What the user says of a file's columns; the rest is detected.

    ``text``, ``label`` and ``stars`` are columns, of which the last two exclude each
    other; ``meanings`` says what the file's labels mean.
    """

    text: str | None = None
    label: str | None = None
    stars: str | None = None
    meanings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class DetectedSource:
    """A recipe's settings for a file, lines that describe them, and its row count."""

    source: dict[str, Any]
    lines: list[str]
    rows: int


def look_into(file: Path, choices: ColumnChoices) -> DetectedSource:
    """Detect the settings for ``file``.

    Raises:
        DataError: It cannot be read, or its columns cannot be identified.
    """
    if not str(file).isprintable():
        raise DataError(f"no recipe can hold the name {str(file)!r}: rename the file")
    columns, rows = _columns(file, {choices.label, choices.stars})
    for name in (choices.text, choices.label, choices.stars):
        if name is not None and name not in columns:
            raise DataError(f"{file} has no column {name!r}: {nearest(name, columns)}")
    if len(columns) == 1:
        raise DataError(
            f"{file} has one column only, {some(columns)}: beside the texts a recipe "
            "needs labels or ratings. A possible solution is a file with a column of "
            "each"
        )
    texts = columns[choices.text] if choices.text else _texts(file, columns.values())
    source = {
        "name": file.name.partition(".")[0] or "reviews",
        "path": str(file),
        "text_column": texts.name,
    }
    others = [one for one in columns.values() if one is not texts]
    name = choices.label or choices.stars
    column = columns[name] if name else _label_column(file, others, choices.meanings)
    if not column.is_whole:
        raise DataError(
            f"column {column.name!r} of {file} has more than {column.most:,} different "
            "values, as neither labels nor ratings have: name another"
        )
    if choices.stars or (column.is_rating and not choices.meanings):
        settings, lines = rated(file, column, named=bool(choices.stars))
    else:
        settings, lines = labelled(file, column, choices.meanings)
    return DetectedSource(
        source={**source, **settings},
        lines=[f"{file}: {counted(rows, 'row')}; texts: column {texts.name!r}", *lines],
        rows=rows,
    )


def values_for(found: DetectedSource) -> dict[str, Any]:
    """Return the values of a whole recipe for a file."""
    name = as_part_of_a_name(str(found.source["name"]))
    values: dict[str, Any] = {
        "name": name if names_a_recipe(name) else "mine",
        "sources": [found.source],
    }
    if found.rows < _MANY:
        values["start_from"] = "bundled"
        values["training"] = {"epochs": 3, "learning_rate": 3e-4}
    return values


def _columns(
    file: Path, named: Collection[str | None]
) -> tuple[dict[str, Column], int]:
    """Return the columns and the number of rows; ``named`` were named by the user."""
    rows = 0
    with open_table(file) as table:
        columns = {name: Column(name) for name in table.columns}
        for name in columns.keys() & named:
            columns[name].most = MOST_NAMED_VALUES
        for row in table:
            if row.error:
                continue
            rows += 1
            for name, column in columns.items():
                column.note(row.get(name))
    return columns, rows


def _texts(file: Path, columns: Iterable[Column]) -> Column:
    """Return the column called text, else the one with the most words."""
    named = [one for one in columns if _plain(one.name) == "text"]
    texts = max(named or columns, key=lambda one: one.words)
    if not texts.words:
        raise DataError(f"{file} has no row with a text")
    return texts


def _plain(name: str) -> str:
    return name.strip().lower().replace(" ", "_").replace("-", "_")


def _label_column(
    file: Path, columns: list[Column], meanings: Mapping[str, str]
) -> Column:
    """Return the column of the labels, or of a rating: by its name, or its values.

    If the user gave ``meanings``, it is the column with the most of these values.
    """
    short = [one for one in columns if one.is_short]
    likely = {_plain(one.name): one for one in short}
    named = [likely[name] for name in _NAMES if name in likely]
    held = {one.name: len(meanings.keys() & one.values.keys()) for one in short}
    if any(held.values()):
        # Among equals one of a known name, or else the first.
        return max((*named, *short), key=lambda one: held[one.name])
    for one in named:
        if one.labels() or one.is_rating:
            return one
    for one in columns:
        if one.is_short and len({*one.words_for_labels().values()}) > 1:
            return one
    found = [one for one in columns if one.may_be_found]
    if not named and len(found) == 1:
        return found[0]
    if named:
        return named[0]  # the user can say what its values mean
    raise DataError(
        f"it is not clear which column of {file} has labels or ratings: name it "
        "with --label-column or --stars-column (beside the texts there is "
        f"{some(one.name for one in columns)})"
    )
