"""Rows of CSV: values as they stand, each flaw reported on its own row."""

from collections.abc import Iterator
from itertools import chain
from typing import BinaryIO

from sentiment.errors import DataError
from sentiment.tables.dialect import Dialect, names_delimiter
from sentiment.tables.lines import Lines, damage_in
from sentiment.tables.quoting import may_hold_rows
from sentiment.tables.records import QuotedRecords, UnquotedRecords
from sentiment.tables.rows import Row, Start, column_index
from sentiment.tables.sources import unzipped
from sentiment.wording import counted

_Records = QuotedRecords | UnquotedRecords


def start_csv(name: str, dialect: Dialect, source: BinaryIO) -> Start:
    """Return the rows and the columns of a CSV file.

    Raises:
        DataError: It is empty.
    """
    content = unzipped(source, dialect.gzipped)
    lines = Lines(content, dialect.encoding, line_feeds=not dialect.quoting)
    rows, columns = headed_rows(name, lines, dialect)
    return rows, columns, None


def headed_rows(
    name: str, lines: Lines, dialect: Dialect
) -> tuple[Iterator[Row], list[str]]:
    """Return the rows of a file's lines, and its columns.

    Raises:
        DataError: There is no line that could be the header or, without one, a row.
    """
    table = _Table(name, lines, dialect)
    if dialect.header:
        return table.below_the_first(), table.first
    columns = made_up_columns(len(table.first))
    return table.from_the_first(columns), columns


def begin_headless(name: str, lines: Lines, dialect: Dialect) -> tuple[list[str], int]:
    """Return the columns of a file without a header, and how many lines come first.

    Raises:
        DataError: It has no row.
    """
    table = _Table(name, lines, dialect)
    return made_up_columns(len(table.first)), table.lines_before


def headless_rows(
    lines: Lines, dialect: Dialect, columns: list[str], lines_before: int
) -> Iterator[Row]:
    """Return the rows of lines that begin midway in a file, at the start of a row."""
    records = _records(lines, dialect)
    return _rows(records, iter(records), columns, dialect, lines_before)


def made_up_columns(width: int) -> list[str]:
    """Return names for the columns of a file without a header.

    >>> made_up_columns(1), made_up_columns(2)
    (['text'], ['column_1', 'column_2'])
    """
    if width == 1:
        return ["text"]
    return [f"column_{number}" for number in range(1, width + 1)]


class _Table:
    """A file's records up to its first one, which ``lines_before`` lines precede."""

    def __init__(self, name: str, lines: Lines, dialect: Dialect) -> None:
        lines.skip(dialect.skip_lines)
        self._dialect = dialect
        self._records = _records(lines, dialect)
        self._read = iter(self._records)
        first = self._next_filled()
        if first and names_delimiter(first, dialect.delimiter):
            first = self._next_filled()
        if first is None:
            raise DataError(_empty(name, dialect))
        # An encoding such as utf-16-le leaves the byte order mark in the text.
        first[0] = first[0].removeprefix("\ufeff")
        self.first = first

    def below_the_first(self) -> Iterator[Row]:
        """Return the rows below a header."""
        skipped = self._dialect.skip_lines
        return _rows(self._records, self._read, self.first, self._dialect, skipped)

    def from_the_first(self, columns: list[str]) -> Iterator[Row]:
        """Return the rows, of which the first was read already."""
        read = chain([self.first], self._read)
        skipped, begun = self._dialect.skip_lines, self.lines_before
        return _rows(self._records, read, columns, self._dialect, skipped, begun)

    def _next_filled(self) -> list[str] | None:
        while True:
            self.lines_before = self._dialect.skip_lines + self._records.line_num
            cells = next(self._read, None)
            if cells is None or cells:
                return cells


def _empty(name: str, dialect: Dialect) -> str:
    if dialect.skip_lines:
        return (
            f"{name} has no more than the {counted(dialect.skip_lines, 'line')} to skip"
        )
    return f"{name} is empty: it has no {'header line' if dialect.header else 'row'}"


def _records(lines: Lines, dialect: Dialect) -> _Records:
    kind = QuotedRecords if dialect.quoting else UnquotedRecords
    return kind(lines, dialect.delimiter)


def _rows(
    records: _Records,
    read: Iterator[list[str]],
    columns: list[str],
    dialect: Dialect,
    lines_before: int = 0,
    begun: int | None = None,
) -> Iterator[Row]:
    """Yield the rows of records, before which ``lines_before`` lines stand.

    ``begun`` is how many stand before the next row, if its record was taken already.
    """
    index, width = column_index(columns), len(columns)
    blank: list[int] = []
    last = lines_before + records.line_num if begun is None else begun
    for cells in read:
        line, last = last + 1, lines_before + records.line_num
        if not cells:
            # Among several columns no row; of one it is an empty cell, as long as
            # another row follows.
            if width == 1:
                blank.append(line)
            continue
        if blank:
            yield from (Row(empty, [""], index) for empty in blank)
            blank = []
        surplus = 0
        if records.unclosed:
            problem: str | None = _unclosed(line, records.unclosed)
        else:
            problem = damage_in(cells, dialect.encoding)
        if problem is None and last > line and may_hold_rows(cells, width, dialect):
            problem = _joined(line, last)
        if len(cells) != width:
            if problem is None:
                problem = f"cells in the row: {len(cells)} (in the header: {width})"
                surplus = max(0, len(cells) - width)
            cells = _fitted(cells, width, dialect.delimiter)
        yield Row(line, cells, index, problem, surplus=surplus)


def _unclosed(line: int, how: str) -> str:
    return (
        f"a quote opened in the row of line {line} is {how}: "
        "if quotes are ordinary characters in this file, turn quoting off"
    )


def _joined(line: int, last: int) -> str:
    return (
        f"a quote opened in the row of line {line} is closed only in line {last}, and "
        "the lines between may be rows: turn quoting on or off"
    )


def _fitted(cells: list[str], width: int, delimiter: str) -> list[str]:
    """Return as many cells as there are columns; surplus ones join the last."""
    last = delimiter.join(cells[width - 1 :])
    return [*cells[: width - 1], *[""] * (width - 1 - len(cells)), last]
