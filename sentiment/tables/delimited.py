"""Rows of CSV: values as they stand, each flaw reported on its own row."""

from collections.abc import Iterator
from typing import BinaryIO

from sentiment.errors import DataError
from sentiment.tables.dialect import Dialect, names_delimiter
from sentiment.tables.lines import Lines, damage_in
from sentiment.tables.quoting import may_hold_rows
from sentiment.tables.records import QuotedRecords, UnquotedRecords
from sentiment.tables.rows import Row, Start, column_index
from sentiment.tables.sources import unzipped

_Records = QuotedRecords | UnquotedRecords


def start_csv(name: str, dialect: Dialect, source: BinaryIO) -> Start:
    """Return the rows and the columns of a CSV file.

    Raises:
        DataError: It has no header.
    """
    content = unzipped(source, dialect.gzipped)
    lines = Lines(content, dialect.encoding, line_feeds=not dialect.quoting)
    rows, columns = headed_rows(name, lines, dialect)
    return rows, columns, None


def headed_rows(
    name: str, lines: Lines, dialect: Dialect
) -> tuple[Iterator[Row], list[str]]:
    """Return the rows of lines that begin with a header, and its columns.

    Raises:
        DataError: There is no header.
    """
    records = _records(lines, dialect)
    read = iter(records)
    filled = (cells for cells in read if cells)
    columns = next(filled, None)
    if columns and names_delimiter(columns, dialect.delimiter):
        columns = next(filled, None)
    if columns is None:
        raise DataError(f"{name} is empty: it has no header line")
    # An encoding such as utf-16-le leaves the byte order mark in the text.
    columns[0] = columns[0].removeprefix("\ufeff")
    return _rows(records, read, columns, dialect), columns


def headless_rows(
    lines: Lines, dialect: Dialect, columns: list[str], lines_before: int
) -> Iterator[Row]:
    """Return the rows of lines that begin midway in a file, at the start of a row."""
    records = _records(lines, dialect)
    return _rows(records, iter(records), columns, dialect, lines_before)


def _records(lines: Lines, dialect: Dialect) -> _Records:
    kind = QuotedRecords if dialect.quoting else UnquotedRecords
    return kind(lines, dialect.delimiter)


def _rows(
    records: _Records,
    read: Iterator[list[str]],
    columns: list[str],
    dialect: Dialect,
    lines_before: int = 0,
) -> Iterator[Row]:
    index, width = column_index(columns), len(columns)
    blank: list[int] = []
    last = lines_before + records.line_num
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
