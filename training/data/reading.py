"""Read labelled texts from files, and record which rows are not examples, and why."""

import glob
import logging
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from sentiment.errors import DataError
from sentiment.labels import NEUTRAL
from sentiment.tables import Dialect, DialectOptions, Row, open_table
from sentiment.wording import nearest
from training.data.detokenise import detokenise
from training.data.examples import Example, SplitName
from training.data.feedback import FeedbackReport, read_feedback
from training.data.source import SourceConfig, no_such_file
from training.data.targets import (
    AboveFiveError,
    Target,
    target_of_label,
    target_of_shares,
    target_of_stars,
)
from training.data.templates import read_templates
from training.data.vader_gold import SETS, read_vader_gold

# Up to this share of the ratings may be off the scale, as typing errors are.
_OFF_SCALE = 0.1

# So many reasons are distinguished in each source; all bad rows are counted.
_MOST_REASONS = 20

_SPLITS: dict[str, SplitName] = {
    "train": "train",
    "training": "train",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
    "dev": "validation",
    "test": "test",
}

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that is not an example: its file, its line (from 1), and what is wrong."""

    file: str
    line: int
    reason: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.reason}"


@dataclass
class Skipped:
    """How many rows were not examples for one reason, and the first of them."""

    first: BadRow
    count: int = 0

    def __str__(self) -> str:
        more = f" ({self.count:,} such rows)" if self.count > 1 else ""
        return f"{self.first}{more}"


@dataclass
class Reading:
    """The examples of some sources, and the rows that gave none.

    ``sources`` are those that were read, with the column of their labels if it was
    detected; ``dialects``, by source, the formats of its files; ``skipped``, by source
    and reason, the rows that were not examples; ``above_five``, by source, how many
    ratings would fit on ten points alone.
    """

    examples: list[Example] = field(default_factory=list)
    sources: list[SourceConfig] = field(default_factory=list)
    dialects: dict[str, list[str]] = field(default_factory=dict)
    skipped: dict[str, dict[str, Skipped]] = field(default_factory=dict)
    feedback: dict[str, FeedbackReport] = field(default_factory=dict)
    above_five: Counter[str] = field(default_factory=Counter)

    @property
    def bad_rows(self) -> list[Skipped]:
        """The rows that were not examples, one entry for each source and reason."""
        return [one for reasons in self.skipped.values() for one in reasons.values()]

    @property
    def bad_row_count(self) -> int:
        """How many rows were not examples."""
        return sum(one.count for one in self.bad_rows)

    def note_table(self, source: SourceConfig, dialect: Dialect) -> None:
        """Record the format of a file of the current source, and its label column.

        If files differ in the latter, one with stars decides.
        """
        described = self.dialects.setdefault(source.name, [])
        if dialect.describe() not in described:
            described.append(dialect.describe())
        if not self.sources[-1].stars_column:
            self.sources[-1] = source

    def add_bad_row(self, row: BadRow) -> None:
        """Count a bad row of the current source, and keep the first of its reason.

        Reasons quote the row's contents, so that their number has to be bounded.
        """
        reasons = self.skipped.setdefault(self.sources[-1].name, {})
        known = row.reason in reasons or len(reasons) < _MOST_REASONS
        reason = row.reason if known else "for other reasons"
        reasons.setdefault(reason, Skipped(replace(row, reason=reason))).count += 1


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
        reading.sources.append(source)
        if source.kind == "vader-gold":
            _read_gold(source, reading)
        elif source.kind == "feedback":
            found, reading.feedback[source.name] = read_feedback(source, data_root)
            reading.examples.extend(found)
            # There may be no corrections yet.
            continue
        elif source.kind == "templates":
            reading.examples.extend(read_templates(source, data_root))
        else:
            for file in _files(source, data_root):
                _read_file(source, file, reading, refuse_bad_rows)
            written = "; ".join(reading.dialects[source.name])
            _log.info("source %s is read as %s", source.name, written)
        _check_scale(source, reading, len(reading.examples) - before)
        if len(reading.examples) == before:
            raise DataError(_no_example(source, reading))
    return reading


def _check_scale(source: SourceConfig, reading: Reading, read: int) -> None:
    """Refuse ratings on ten points that were taken for five stars."""
    above = reading.above_five[source.name]
    if above > _OFF_SCALE * (above + read):
        raise DataError(
            f"source {source.name!r}: {above:,} of {above + read:,} ratings are above "
            "5, up to 10. If 10 is the best, say star_scale = 10; star_scale = 5 "
            "skips them"
        )


def _no_example(source: SourceConfig, reading: Reading) -> str:
    skipped = list(reading.skipped.get(source.name, {}).values())
    if not skipped:
        return f"source {source.name!r} has no row"
    count = sum(one.count for one in skipped)
    return (
        f"source {source.name!r} gave no example: all {count:,} rows are bad, "
        f"the first is {skipped[0].first}"
    )


def _files(source: SourceConfig, data_root: Path) -> list[Path]:
    """Return the source's files, each once, those of a pattern by name."""
    found: dict[Path, None] = {}
    for path in source.paths:
        file = data_root / path
        # A file's name may contain *, ? or [; the data folder is always literal.
        matches = [file] if file.exists() else _matches(path, data_root)
        if not matches:
            raise no_such_file(f"source {source.name!r}", file)
        found.update(dict.fromkeys(matches))
    return list(found)


def _matches(pattern: str, data_root: Path) -> list[Path]:
    names = glob.glob(pattern, root_dir=data_root, recursive=True)
    return sorted(data_root / name for name in names)


def _read_file(
    source: SourceConfig, file: Path, reading: Reading, refuse_bad_rows: bool
) -> None:
    said = DialectOptions(encoding=source.encoding, delimiter=source.delimiter)
    with open_table(file, said) as table:
        _log.debug("reading %s (%s)", file, table.dialect.describe())
        source = _settle_label(source, table.columns)
        reading.note_table(source, table.dialect)
        # JSON lines may differ in their columns.
        if table.dialect.format != "jsonl":
            _require_columns(source, file, table.columns)
        for row in table:
            try:
                reading.examples.append(_example(source, row, str(file)))
            except ValueError as error:
                bad = BadRow(str(file), row.line, str(error))
                if refuse_bad_rows:
                    raise DataError(
                        f"{bad}. A possible solution is to mend the row, or to skip "
                        'such rows with bad_rows = "skip"'
                    ) from error
                reading.add_bad_row(bad)
                reading.above_five[source.name] += isinstance(error, AboveFiveError)


def _read_gold(source: SourceConfig, reading: Reading) -> None:
    """Read the named sets of the gold standard, which has no split of its own."""
    for name in source.paths or SETS:
        for example in read_vader_gold(name, source.name):
            reading.examples.append(
                replace(
                    example,
                    split="test" if source.held_out else _unmarked(source),
                    made_test=source.held_out,
                    unit=source.unit,
                )
            )


def _settle_label(source: SourceConfig, columns: Collection[str]) -> SourceConfig:
    """Return ``source`` with the column of its labels, if it names none."""
    if source.label_column or source.stars_column or source.soft_label_columns:
        return source
    if "label" not in columns and "stars" in columns:
        return replace(source, stars_column="stars")
    return replace(source, label_column="label")


def _require_columns(
    source: SourceConfig, file: Path, columns: Collection[str]
) -> None:
    wanted = [source.text_column, source.label_column, source.stars_column]
    for column in [*wanted, *source.soft_label_columns, source.split_column]:
        if column is not None and column not in columns:
            raise DataError(
                f"{file} has no column {column!r}: {nearest(column, columns)} "
                f"(source {source.name!r})"
            )


def _example(source: SourceConfig, row: Row, file: str) -> Example:
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
        split="test" if source.held_out else marked or _unmarked(source),
        made_test=source.held_out and marked != "test",
        two_class=source.two_class,
        unit=source.unit,
        file=file,
        line=row.line,
    )


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


def _unmarked(source: SourceConfig) -> SplitName | None:
    return "train" if source.train_only else None
