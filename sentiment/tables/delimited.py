"""Rows of CSV: every value as it stood, every oddity named on its own row."""

import csv
from collections.abc import Iterator
from typing import Any, BinaryIO

from sentiment.errors import DataError
from sentiment.tables.dialect import Dialect, names_delimiter
from sentiment.tables.lines import Lines, damage_in
from sentiment.tables.quoting import as_characters, may_hold_rows
from sentiment.tables.rows import Row, Start, column_index
from sentiment.tables.sources import unzipped

# A cell may be a book, but a quote that is never closed must not fill the memory.
MAX_CELL_CHARACTERS = 1 << 28

# Stands in for the delimiter of a file with one column, which has none.
_NO_DELIMITER = "\x1f"


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
    reader = _reader(lines, dialect)
    filled = (cells for cells in reader if cells)
    columns = next(filled, None)
    if columns and names_delimiter(columns, dialect.delimiter):
        columns = next(filled, None)
    if columns is None:
        raise DataError(f"{name} is empty: it has no header line")
    # Whoever names utf-16-le means the mark at the file's beginning no less.
    columns[0] = columns[0].removeprefix("\ufeff")
    return _rows(reader, lines, columns, dialect), columns


def headless_rows(
    lines: Lines, dialect: Dialect, columns: list[str], lines_before: int
) -> Iterator[Row]:
    """Return the rows of lines that begin midway in a file, where a row does."""
    return _rows(_reader(lines, dialect), lines, columns, dialect, lines_before)


def _reader(lines: Lines, dialect: Dialect) -> Any:
    if not dialect.quoting:
        return _Unquoted(lines, dialect.delimiter)
    return _Quoted(lines, dialect.delimiter or _NO_DELIMITER)


class _Quoted:
    """What a ``csv.reader`` is; a cell that only begins with quotes keeps them.

    The module drops them: of ``1,"Alien" is good`` it makes ``Alien is good``.
    """

    def __init__(self, lines: Lines, delimiter: str) -> None:
        # The module's own bound, 128 KiB, is one for the whole process.
        csv.field_size_limit(max(csv.field_size_limit(), MAX_CELL_CHARACTERS))
        self._line = ""
        self._delimiter = delimiter
        self._reader = csv.reader(self._noted(lines), delimiter=delimiter)

    @property
    def line_num(self) -> int:
        return self._reader.line_num

    def __iter__(self) -> Iterator[list[str]]:
        return self

    def __next__(self) -> list[str]:
        before = self._reader.line_num
        cells = next(self._reader)
        if '"' in self._line and self._reader.line_num == before + 1:
            return as_characters(self._line, cells, self._delimiter)
        return cells

    def _noted(self, lines: Lines) -> Iterator[str]:
        for line in lines:
            self._line = line
            yield line


class _Unquoted:
    """What a ``csv.reader`` is, of lines whose quotes are characters like others.

    The module's own way of it stops at a lone CR.
    """

    def __init__(self, lines: Lines, delimiter: str) -> None:
        self.line_num = 0
        self._lines = iter(lines)
        self._delimiter = delimiter

    def __iter__(self) -> Iterator[list[str]]:
        return self

    def __next__(self) -> list[str]:
        line = next(self._lines).removesuffix("\n").removesuffix("\r")
        self.line_num += 1
        if not line:
            return []
        return line.split(self._delimiter) if self._delimiter else [line]


def _rows(
    reader: Any,
    lines: Lines,
    columns: list[str],
    dialect: Dialect,
    lines_before: int = 0,
) -> Iterator[Row]:
    index, width = column_index(columns), len(columns)
    blank: list[int] = []
    while True:
        line = lines_before + reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Row(line, [""] * width, index, f"the line is no CSV: {error}")
            continue
        if not cells:
            # Among several columns no row; of one it is an empty cell, as long as
            # another row follows.
            if width == 1:
                blank.append(line)
            continue
        yield from (Row(empty, [""], index) for empty in blank)
        blank = []
        last = lines_before + reader.line_num
        problem, surplus = _damage(cells, line, lines), 0
        if problem is None and last > line and may_hold_rows(cells, width, dialect):
            problem = _joined(line, last)
        if len(cells) != width:
            if problem is None:
                problem = f"cells in the row: {len(cells)} (in the header: {width})"
                surplus = max(0, len(cells) - width)
            cells = _fitted(cells, width, dialect.delimiter)
        yield Row(line, cells, index, problem, surplus=surplus)


def _damage(cells: list[str], line: int, lines: Lines) -> str | None:
    # csv.reader asks for another line only while a quote is open.
    if lines.ended:
        return (
            f"a quote that opens in the row of line {line} is never closed: say so if "
            "quotes are characters like others"
        )
    return damage_in(cells, lines.encoding)


def _joined(line: int, last: int) -> str:
    return (
        f"a quote in the row of line {line} is closed in line {last} only: the lines "
        "between may be rows, so say whether cells stand in quotes or quotes are "
        "characters like others"
    )


def _fitted(cells: list[str], width: int, delimiter: str) -> list[str]:
    """Return as many cells as there are columns; what is too much joins the last."""
    last = delimiter.join(cells[width - 1 :])
    return [*cells[: width - 1], *[""] * (width - 1 - len(cells)), last]
