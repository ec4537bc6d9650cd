"""Read labelled texts from files, and record which rows are not examples, and why."""

import glob
import logging
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from sentiment.errors import DataError
from sentiment.tables import Dialect, DialectOptions, open_table
from sentiment.wording import counted
from training.data.bad_rows import BadRow, BadRows, Skipped
from training.data.examples import Example
from training.data.feedback import FeedbackReport, read_feedback
from training.data.rows import (
    example_of,
    require_columns,
    settle_label,
    unmarked_split,
)
from training.data.source import SourceConfig, no_such_file
from training.data.targets import AboveFiveError
from training.data.templates import read_templates
from training.data.vader_gold import SETS, read_vader_gold

# Up to this share of the ratings may be off the scale, as typing errors are.
_OFF_SCALE = 0.1

_log = logging.getLogger(__name__)


@dataclass
class SourceReading:
    """The examples of one source, and the rows that gave none.

    ``source`` has the column of its labels if it was detected; ``dialects`` are the
    formats of its files; ``above_five`` counts the ratings that would fit on ten points
    alone.
    """

    source: SourceConfig
    examples: list[Example] = field(default_factory=list)
    dialects: list[str] = field(default_factory=list)
    bad_rows: BadRows = field(default_factory=BadRows)
    above_five: int = 0
    feedback: FeedbackReport | None = None

    @property
    def read_as(self) -> str:
        """The formats of its files, or what kind of source it is."""
        return "; ".join(self.dialects) or self.source.kind

    def note_table(self, source: SourceConfig, dialect: Dialect) -> None:
        """Record the format of a file, and the column of its labels.

        If files differ in the latter, one with stars decides.
        """
        if dialect.describe() not in self.dialects:
            self.dialects.append(dialect.describe())
        if not self.source.stars_column:
            self.source = source


@dataclass(frozen=True)
class Reading:
    """All sources of a recipe, in its order."""

    of_sources: list[SourceReading]

    @property
    def examples(self) -> list[Example]:
        """The examples of all sources."""
        return [example for one in self.of_sources for example in one.examples]

    @property
    def sources(self) -> list[SourceConfig]:
        """The sources, with the columns of their labels."""
        return [one.source for one in self.of_sources]

    @property
    def feedback(self) -> dict[str, FeedbackReport]:
        """What was read of each source of corrections."""
        return {
            one.source.name: one.feedback
            for one in self.of_sources
            if one.feedback is not None
        }

    @property
    def bad_rows(self) -> list[Skipped]:
        """The rows that were not examples, one entry for each source and reason."""
        return [bad for one in self.of_sources for bad in one.bad_rows.reasons.values()]

    @property
    def bad_row_count(self) -> int:
        """How many rows were not examples."""
        return sum(one.bad_rows.count for one in self.of_sources)


def read_sources(
    sources: Iterable[SourceConfig], *, data_root: Path, refuse_bad_rows: bool = False
) -> Reading:
    """Return the examples of all ``sources``, relative paths taken from ``data_root``.

    Raises:
        DataError: A file is missing, unreadable or lacks a column, no row of a source
            is an example, or one is bad and ``refuse_bad_rows``.
    """
    return Reading([_read(source, data_root, refuse_bad_rows) for source in sources])


def _read(
    source: SourceConfig, data_root: Path, refuse_bad_rows: bool
) -> SourceReading:
    if source.kind == "feedback":
        examples, report = read_feedback(source, data_root)
        # There may be no corrections yet.
        return SourceReading(source, examples, feedback=report)
    if source.kind == "vader-gold":
        reading = SourceReading(source, _gold(source))
    elif source.kind == "templates":
        reading = SourceReading(source, list(read_templates(source, data_root)))
    else:
        reading = SourceReading(source)
        for file in _files(source, data_root):
            _read_file(file, reading, source, refuse_bad_rows)
        _log.info("source %s is read as %s", source.name, reading.read_as)
    _check_scale(reading)
    if not reading.examples:
        raise DataError(_no_example(reading))
    return reading


def _check_scale(reading: SourceReading) -> None:
    """Refuse ratings on ten points that were taken for five stars."""
    above = reading.above_five
    ratings = above + len(reading.examples)
    if above > _OFF_SCALE * ratings:
        raise DataError(
            f"source {reading.source.name!r}: {above:,} of {ratings:,} ratings are "
            "above 5, up to 10. If 10 is the best, say star_scale = 10; star_scale = 5 "
            "skips them"
        )


def _no_example(reading: SourceReading) -> str:
    name, bad = reading.source.name, reading.bad_rows
    if not bad.count:
        return f"source {name!r} has no row"
    first = next(iter(bad.reasons.values())).first
    return (
        f"source {name!r} gave no example: {counted(bad.count, 'row')}, all bad, "
        f"the first is {first}"
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
    file: Path, reading: SourceReading, source: SourceConfig, refuse_bad_rows: bool
) -> None:
    """Add the rows of ``file`` to what was read of its ``source``, as a recipe has it.

    Raises:
        DataError: The file cannot be read or lacks a column, or a row is bad and
            ``refuse_bad_rows``.
    """
    said = DialectOptions(encoding=source.encoding, delimiter=source.delimiter)
    with open_table(file, said) as table:
        _log.debug("reading %s (%s)", file, table.dialect.describe())
        source = settle_label(source, table.columns)
        reading.note_table(source, table.dialect)
        # JSON lines may differ in their columns.
        if table.dialect.format != "jsonl":
            require_columns(source, file, table.columns)
        for row in table:
            try:
                reading.examples.append(example_of(source, row, str(file)))
            except ValueError as error:
                bad = BadRow(str(file), row.line, str(error))
                if refuse_bad_rows:
                    raise DataError(
                        f"{bad}. A possible solution is to mend the row, or to skip "
                        'such rows with bad_rows = "skip"'
                    ) from error
                reading.bad_rows.add(bad)
                reading.above_five += isinstance(error, AboveFiveError)


def _gold(source: SourceConfig) -> list[Example]:
    """Return the named sets of the gold standard, which has no split of its own."""
    return [
        replace(
            example,
            split="test" if source.held_out else unmarked_split(source),
            made_test=source.held_out,
            unit=source.unit,
        )
        for name in source.paths or SETS
        for example in read_vader_gold(name, source.name)
    ]
