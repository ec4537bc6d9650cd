"""Rows of CSV: every value as it stood, every oddity named on its own row."""

import csv
import json
from collections.abc import Iterator
from typing import Any, BinaryIO

from sentiment.errors import DataError
from sentiment.tables.dialect import Dialect
from sentiment.tables.lines import Lines, damage_in
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
    # The module's own bound, 128 KiB, is one for the whole process.
    csv.field_size_limit(max(csv.field_size_limit(), MAX_CELL_CHARACTERS))
    lines = Lines(unzipped(source, dialect.gzipped), dialect.encoding)
    reader = csv.reader(lines, delimiter=dialect.delimiter or _NO_DELIMITER)
    columns = next((cells for cells in reader if cells), None)
    if columns is None:
        raise DataError(f"{name} is empty: it has no header line")
    # Whoever names utf-16-le means the mark at the file's beginning no less.
    columns[0] = columns[0].removeprefix("\ufeff")
    rows = _rows(reader, lines, len(columns), column_index(columns))
    return rows, columns, None


def _rows(
    reader: Any, lines: Lines, width: int, index: dict[str, int]
) -> Iterator[Row]:
    blank: list[int] = []
    while True:
        line = reader.line_num + 1
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
        problem = _problem(cells, width, line, lines)
        if len(cells) != width:
            cells = [*cells[:width], *[""] * (width - len(cells))]
        yield Row(line, cells, index, problem)


def _problem(cells: list[str], width: int, line: int, lines: Lines) -> str | None:
    # csv.reader asks for another line only while a quote is open.
    if lines.ended:
        return f"a quote that opens in the row of line {line} is never closed"
    if len(cells) != width:
        problem = f"the row has {len(cells)} cells, the header {width}"
        if len(cells) < width:
            return problem
        # Named, since it has no column to stand in.
        surplus = json.dumps(cells[width:], ensure_ascii=False)
        return f"{problem}; too many are {surplus}"
    return damage_in(cells, lines.encoding)
