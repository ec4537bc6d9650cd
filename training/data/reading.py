"""Read labelled texts from files; say where a row is no example, and why."""

import glob
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from sentiment.errors import DataError, nearest
from sentiment.labels import LABELS
from sentiment.tables import Row, open_table
from training.data.detokenise import detokenise
from training.data.examples import Example, SplitName
from training.data.source import SourceConfig
from training.data.vader_gold import read_vader_gold

# So many bad rows are kept to show; all are counted.
_SHOWN = 20

_SPLITS: dict[str, SplitName] = {
    "train": "train",
    "training": "train",
    "validation": "validation",
    "valid": "validation",
    "dev": "validation",
    "test": "test",
}


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that is no example: its file, its line (from 1), and what is wrong."""

    file: str
    line: int
    reason: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.reason}"


@dataclass
class Reading:
    """The examples of some sources, and the rows that gave none."""

    examples: list[Example] = field(default_factory=list)
    bad_rows: list[BadRow] = field(default_factory=list)
    bad_row_count: int = 0

    def add_bad_row(self, row: BadRow) -> None:
        """Count a bad row, and keep it if it is among the first."""
        self.bad_row_count += 1
        if len(self.bad_rows) < _SHOWN:
            self.bad_rows.append(row)


def read_sources(
    sources: Iterable[SourceConfig], *, data_root: Path, refuse_bad_rows: bool = False
) -> Reading:
    """Return the examples of all ``sources``, relative paths taken from ``data_root``.

    Raises:
        DataError: A file is missing, unreadable or lacks a column, no row of a source
            is an example, or one is bad and ``refuse_bad_rows``.
    """
    reading = Reading()
    for source in sources:
        before = len(reading.examples)
        if source.kind == "vader-gold":
            name = source.paths[0] if source.paths else ""
            reading.examples.extend(read_vader_gold(name, source.name))
        else:
            for file in _files(source, data_root):
                _read_file(source, file, reading, refuse_bad_rows)
        if len(reading.examples) == before:
            first = f": {reading.bad_rows[0]}" if reading.bad_rows else ""
            raise DataError(f"source {source.name!r} gave no example{first}")
    return reading


def _files(source: SourceConfig, data_root: Path) -> list[Path]:
    found: list[Path] = []
    for path in source.paths:
        matches = sorted(glob.glob(str(data_root / path)))
        if not matches:
            raise DataError(
                f"source {source.name!r}: there is no {data_root / path}. A possible "
                "solution is to name the data folder with --data DIR"
            )
        found.extend(Path(match) for match in matches)
    return found


def _read_file(
    source: SourceConfig, file: Path, reading: Reading, refuse_bad_rows: bool
) -> None:
    with open_table(
        file, encoding=source.encoding, delimiter=source.delimiter
    ) as table:
        _require_columns(source, file, table.columns)
        for row in table:
            try:
                reading.examples.append(_example(source, row))
            except ValueError as error:
                bad = BadRow(str(file), row.line, str(error))
                if refuse_bad_rows:
                    raise DataError(
                        f"{bad}. A possible solution is to mend the row, or to skip "
                        'such rows with bad_rows = "skip"'
                    ) from error
                reading.add_bad_row(bad)


def _require_columns(source: SourceConfig, file: Path, columns: Iterable[str]) -> None:
    columns = list(columns)
    for column in _columns(source):
        if column not in columns:
            raise DataError(
                f"{file} has no column {column!r}: {nearest(column, columns)} "
                f"(source {source.name!r})"
            )


def _columns(source: SourceConfig) -> Iterator[str]:
    yield source.text_column
    if source.soft_label_columns:
        yield from source.soft_label_columns
    else:
        yield source.stars_column or source.label_column
    if source.split_column is not None:
        yield source.split_column


def _example(source: SourceConfig, row: Row) -> Example:
    """Return the row's example, or raise ValueError with what is wrong with it."""
    if row.error:
        raise ValueError(row.error)
    text = row.get(source.text_column)
    if not isinstance(text, str) or not text.strip():
        raise ValueError(f"the text in column {source.text_column!r} is empty")
    return Example(
        text=detokenise(text) if source.style == "ptb" else text,
        target=_target(source, row),
        source=source.name,
        split="test" if source.held_out else _split(source, row),
        two_class=source.two_class,
    )


def _target(source: SourceConfig, row: Row) -> tuple[float, float, float]:
    if source.soft_label_columns:
        return _soft_label(source, row)
    if source.stars_column is not None:
        return _one_hot(
            _label_of_stars(row.get(source.stars_column), source.star_scale)
        )
    given = str(row.get(source.label_column)).strip()
    label = source.labels.get(given, given.lower())
    if label not in LABELS:
        raise ValueError(
            f"there is no label {given!r}: {nearest(label, LABELS)} "
            "(a recipe's `labels` can map it)"
        )
    return _one_hot(LABELS.index(label))


def _soft_label(source: SourceConfig, row: Row) -> tuple[float, float, float]:
    values = [row.get(column) for column in source.soft_label_columns]
    try:
        shares = [float(str(value)) for value in values]
    except ValueError as error:
        raise ValueError(f"the soft label {values} is not three numbers") from error
    total = sum(shares)
    if not all(share >= 0 for share in shares) or not 0 < total < float("inf"):
        raise ValueError(f"the soft label {values} is not three shares of a whole")
    negative, neutral, positive = (share / total for share in shares)
    return negative, neutral, positive


def _label_of_stars(value: object, scale: int) -> int:
    """Return the label of a rating: on five stars 3 is neutral, on ten 5 and 6.

    A ten-point rating below 1 (some sources begin at 0) is negative like 1.
    """
    try:
        stars = float(str(value))
    except ValueError as error:
        raise ValueError(f"the rating {value!r} is no number") from error
    if not 0 <= stars <= scale:
        raise ValueError(f"the rating {value!r} is not between 0 and {scale}")
    low, high = (2, 4) if scale == 5 else (4, 7)
    if stars <= low:
        return 0
    return 2 if stars >= high else 1


def _one_hot(label: int) -> tuple[float, float, float]:
    return float(label == 0), float(label == 1), float(label == 2)


def _split(source: SourceConfig, row: Row) -> SplitName | None:
    if source.split_column is None:
        return None
    given = str(row.get(source.split_column) or "").strip()
    if not given:
        return None
    named = source.splits.get(given, given.lower())
    if named not in _SPLITS:
        raise ValueError(f"there is no split {given!r}: {nearest(named, _SPLITS)}")
    return _SPLITS[named]
