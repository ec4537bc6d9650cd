"""A row of a table as an example, or what is wrong with it."""

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from sentiment.errors import DataError
from sentiment.labels import NEUTRAL
from sentiment.tables import Row
from sentiment.wording import nearest
from training.data.detokenise import detokenise
from training.data.examples import Example, SplitName
from training.data.source import SourceConfig
from training.data.targets import (
    Target,
    target_of_label,
    target_of_shares,
    target_of_stars,
)

_SPLITS: dict[str, SplitName] = {
    "train": "train",
    "training": "train",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
    "dev": "validation",
    "test": "test",
}


def settle_label(source: SourceConfig, columns: Collection[str]) -> SourceConfig:
    """Return ``source`` with the column of its labels, if it names none."""
    if source.label_column or source.stars_column or source.soft_label_columns:
        return source
    if "label" not in columns and "stars" in columns:
        return replace(source, stars_column="stars")
    return replace(source, label_column="label")


def require_columns(source: SourceConfig, file: Path, columns: Collection[str]) -> None:
    """Raise DataError if the table lacks a column that ``source`` names."""
    wanted = [source.text_column, source.label_column, source.stars_column]
    for column in [*wanted, *source.soft_label_columns, source.split_column]:
        if column is not None and column not in columns:
            raise DataError(
                f"{file} has no column {column!r}: {nearest(column, columns)} "
                f"(source {source.name!r})"
            )


def example_of(source: SourceConfig, row: Row, file: str) -> Example:
    """Return the row's example, or raise ValueError with what is wrong with it."""
    if row.error:
        raise ValueError(row.error)
    text = _text(row.get(source.text_column))
    target = _target(source, row)
    if source.two_class and target[NEUTRAL]:
        raise ValueError("the text is neutral or partly so, in a two_class source")
    marked = _marked_split(source, row)
    return Example(
        text=detokenise(text) if source.style == "ptb" else text,
        target=target,
        source=source.name,
        split="test" if source.held_out else marked or unmarked_split(source),
        made_test=source.held_out and marked != "test",
        two_class=source.two_class,
        unit=source.unit,
        file=file,
        line=row.line,
    )


def unmarked_split(source: SourceConfig) -> SplitName | None:
    """Return the split of rows that mark none, if their hash does not decide."""
    return "train" if source.train_only else None


def _target(source: SourceConfig, row: Row) -> Target:
    if source.soft_label_columns:
        return target_of_shares([row.get(name) for name in source.soft_label_columns])
    if source.stars_column:
        return target_of_stars(row.get(source.stars_column), source.star_scale)
    return target_of_label(row.get(source.label_column or "label"), source.labels)


def _text(given: object) -> str:
    if given is None or (isinstance(given, str) and not given.strip()):
        raise ValueError("the text is empty")
    if not isinstance(given, str):
        raise ValueError(f"the text is {given!r}, which is not a text")
    return given


def _marked_split(source: SourceConfig, row: Row) -> SplitName | None:
    # Compared with None, since a column's name may be empty, as of a pandas index.
    if source.split_column is None:
        return None
    given = str(row.get(source.split_column) or "").strip()
    if not given:
        return None
    named = source.splits.get(given, given.lower())
    if named not in _SPLITS:
        raise ValueError(
            f"there is no split {given!r}: {nearest(named, _SPLITS)} "
            "(a recipe's `splits` can map it)"
        )
    return _SPLITS[named]
