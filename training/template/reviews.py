"""Look into a file of reviews: what a recipe should say of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from sentiment.errors import DataError, counted, nearest
from sentiment.labels import LABELS
from sentiment.tables import open_table
from training.template.column import Column

_SHOWN = 8

# What columns of labels, or of ratings, are called, the likelier names first.
_NAMES = (
    *("label", "labels", "sentiment", "polarity", "class", "target"),
    *("stars", "star", "rating", "ratings", "star_rating", "score", "overall"),
)


@dataclass(frozen=True, kw_only=True)
class Said:
    """What a person says of a file; what is not said is found out.

    ``text``, ``label`` and ``stars`` are columns, of which the last two exclude each
    other; ``meanings`` says what the file's labels mean.
    """

    text: str | None = None
    label: str | None = None
    stars: str | None = None
    meanings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Found:
    """What a recipe should say of a file, ``source``, and the same in a few lines."""

    source: dict[str, Any]
    lines: list[str]
    rows: int


def look_into(file: Path, said: Said) -> Found:
    """Return what a recipe should say of ``file``.

    Raises:
        DataError: It cannot be read, or it cannot be told which column is what.
    """
    if not str(file).isprintable():
        raise DataError(f"no recipe can hold the name {str(file)!r}: rename the file")
    columns, rows = _columns(file)
    for name in (said.text, said.label, said.stars):
        if name is not None and name not in columns:
            raise DataError(f"{file} has no column {name!r}: {nearest(name, columns)}")
    texts = columns[said.text] if said.text else _texts(file, columns.values())
    source = {
        "name": file.name.partition(".")[0] or "reviews",
        "path": str(file),
        "text_column": texts.name,
    }
    others = [one for one in columns.values() if one is not texts]
    name = said.label or said.stars
    judged = columns[name] if name else _judged(file, others)
    if said.stars or (judged.is_rating and not said.meanings):
        settings, lines = _rated(file, judged)
    else:
        settings, lines = _labelled(file, judged, said.meanings)
    return Found(
        source={**source, **settings},
        lines=[f"{file}: {counted(rows, 'row')}; texts: column {texts.name!r}", *lines],
        rows=rows,
    )


def _columns(file: Path) -> tuple[dict[str, Column], int]:
    rows = 0
    with open_table(file) as table:
        columns = {name: Column(name) for name in table.columns}
        for row in table:
            if row.error:
                continue
            rows += 1
            for name, column in columns.items():
                column.note(row.get(name))
    return columns, rows


def _texts(file: Path, columns: Iterable[Column]) -> Column:
    """Return the column called text, else the one of the most words."""
    named = [one for one in columns if _plain(one.name) == "text"]
    texts = max(named or columns, key=lambda one: one.words)
    if not texts.words:
        raise DataError(f"{file} has no row with a text")
    return texts


def _plain(name: str) -> str:
    return name.strip().lower().replace(" ", "_").replace("-", "_")


def _judged(file: Path, columns: list[Column]) -> Column:
    """Return the column of the labels, or of a rating: by its name, or its values."""
    likely = {_plain(one.name): one for one in columns if one.is_short}
    named = [likely[name] for name in _NAMES if name in likely]
    for one in named:
        if one.labels() or one.is_rating:
            return one
    for one in columns:
        if one.is_short and len({*one.words_for_labels().values()}) > 1:
            return one
    if named:
        return named[0]  # what its values mean can be said
    raise DataError(
        f"it cannot be told which column of {file} holds labels or ratings: name it "
        "with --label-column or --stars-column (beside the texts there is "
        f"{_some(one.name for one in columns) or 'no column'})"
    )


def _rated(file: Path, column: Column) -> tuple[dict[str, Any], list[str]]:
    """Return what a recipe says of a column of ratings, and what to tell of it."""
    scale = column.star_scale()
    if scale is None:
        raise DataError(
            f"column {column.name!r} of {file} holds no ratings from 1 to 5, or 0 to "
            f"10: {_some(column.values)}. A possible solution is to name it with "
            "--label-column"
        )
    settings = {"stars_column": column.name, "star_scale": scale}
    return settings, [f"stars: column {column.name!r}, {scale} the best"]


def _labelled(
    file: Path, column: Column, said: Mapping[str, str]
) -> tuple[dict[str, Any], list[str]]:
    """Return what a recipe says of a column of labels, and what to tell of it."""
    for value in said:
        if value not in column.values and len(column.values) <= _SHOWN:
            raise DataError(
                f"column {column.name!r} of {file} has no {value!r}: "
                f"{nearest(value, column.values)}"
            )
    known = {**column.labels(), **said}
    unknown = [value for value in column.values if value not in known]
    if len({*known.values()}) < 2:
        raise DataError(
            f"column {column.name!r} of {file} holds {_some(column.values)}: say what "
            f"at least two of them mean, as in --label {_quoted(column)}=positive"
        )
    renamed = {value: label for value, label in known.items() if value.lower() != label}
    settings: dict[str, Any] = {"label_column": column.name}
    if renamed:
        settings["labels"] = renamed
    if LABELS[1] not in known.values():
        settings["two_class"] = True
    lines = [f"labels: column {column.name!r}"]
    for value, label in known.items():
        count = counted(column.values.get(value, 0), "row")
        lines.append(f"  {value} is {label}: {count}")
    if unknown:
        lines.append(
            f"  of unknown meaning, and passed over: {_some(unknown)}; --label says it"
        )
    return settings, lines


def _quoted(column: Column) -> str:
    return repr(next(iter(column.values), "good"))


def _some(names: Iterable[str]) -> str:
    """Return the first few of some names.

    >>> _some("abc")
    "'a', 'b', 'c'"
    """
    shown = [repr(name) for name in islice(names, _SHOWN + 1)]
    return ", ".join([*shown[:_SHOWN], "..."] if len(shown) > _SHOWN else shown)
