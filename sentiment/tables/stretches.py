"""Consecutive rows of a table: where they are, and how to read only them.

Several machines can then read one file at once, a stretch each, and get the same rows
as a reader of the whole file.
"""

import codecs
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO, NamedTuple

from sentiment.tables.delimited import (
    begin_headless,
    headed_rows,
    headless_rows,
)
from sentiment.tables.dialect import Dialect
from sentiment.tables.lines import Lines, count_lines
from sentiment.tables.parquet import open_parquet, parquet_rows
from sentiment.tables.reading import TableReader, file_errors_named
from sentiment.tables.rows import Row


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """``rows`` rows from number ``first_row`` of a file's, the first of which is 1.

    ``size`` is how many bytes of the file they take, roughly. In CSV they begin at the
    byte ``offset``, after ``lines_before`` lines, unless the file can only be read from
    its beginning.
    """

    first_row: int
    rows: int
    size: int
    offset: int | None = None
    lines_before: int = 0


def cut_stretches(path: Path, dialect: Dialect, size: int) -> Iterator[Stretch]:
    """Yield a table's rows in stretches of about ``size`` bytes, in order.

    They depend on the file alone; a file without rows is an empty stretch. A gzipped
    file, or one whose encoding has to be read from its beginning, is a single stretch.

    Raises:
        DataError: The file cannot be read to its end.
    """
    if dialect.format == "parquet":
        yield from _cut_parquet(path, size)
    elif dialect.gzipped or not can_be_entered(dialect.encoding):
        yield from _uncut(path, dialect)
    else:
        yield from _cut_csv(path, dialect, size)


def read_stretch(
    path: Path, dialect: Dialect, columns: list[str], stretch: Stretch
) -> Iterator[Row]:
    """Yield the rows of one stretch.

    Raises:
        DataError: The file cannot be read.
    """
    with file_errors_named(str(path), dialect.encoding), path.open("rb") as file:
        if dialect.format == "parquet":
            wanted = range(stretch.first_row, stretch.first_row + stretch.rows)
            rows = parquet_rows(open_parquet(str(path), file), str(path), wanted)
        elif stretch.offset is None:
            rows = _whole(path, file, dialect)
        else:
            file.seek(stretch.offset)
            # Only the file's beginning has a byte order mark.
            encoding = dialect.encoding.removesuffix("-sig")
            lines = Lines(file, encoding, line_feeds=not dialect.quoting)
            rows = headless_rows(lines, dialect, columns, stretch.lines_before)
        yield from islice(rows, stretch.rows)


def can_be_entered(encoding: str) -> bool:
    """Say whether text of this encoding can be read from any line.

    Its size in bytes must be known from the text, too: each undecodable byte becomes
    one character, which encodes to the same byte.

    >>> can_be_entered("cp1252"), can_be_entered("utf-16")
    (True, False)
    """
    if encoding in ("utf-8", "utf-8-sig"):
        return True
    every = bytes(range(256))
    try:
        text = every.decode(encoding, "surrogateescape")
        return len(text) == 256 and text.encode(encoding, "surrogateescape") == every
    except (UnicodeError, LookupError):
        return False


class _MeasuredLines(Lines):
    """Lines that count how many were taken, and their bytes."""

    def __init__(self, content: BinaryIO, dialect: Dialect) -> None:
        encoding = dialect.encoding
        super().__init__(content, encoding, line_feeds=not dialect.quoting)
        self.taken = 0
        # With utf-8-sig, too, a file may lack the byte order mark.
        is_marked = encoding == "utf-8-sig" and dialect.marked
        self.position = len(codecs.BOM_UTF8) if is_marked else 0
        self._codec = encoding.removesuffix("-sig")

    def __iter__(self) -> Iterator[str]:
        for line in super().__iter__():
            self.taken += 1
            self.position += self._size(line)
            yield line

    def give_back(self, pieces: Sequence[str]) -> None:
        """Take back the lines that were given last; some may be packed by now."""
        super().give_back(pieces)
        self.taken -= count_lines(pieces)
        self.position -= sum(map(self._size, pieces))

    def _size(self, line: str) -> int:
        if line.isascii():
            return len(line)
        return len(line.encode(self._codec, "surrogateescape"))


class _Mark(NamedTuple):
    """A position between two rows: the next one's number, bytes, lines before it."""

    row: int
    position: int
    lines: int

    def until(self, end: "_Mark") -> Stretch:
        """Return the stretch from here to ``end``."""
        return Stretch(
            first_row=self.row,
            rows=end.row - self.row,
            size=end.position - self.position,
            offset=self.position,
            lines_before=self.lines,
        )


def _cut_csv(path: Path, dialect: Dialect, size: int) -> Iterator[Stretch]:
    with file_errors_named(str(path), dialect.encoding), path.open("rb") as file:
        lines, rows = _measured(path, file, dialect)
        begun = here = _Mark(1, lines.position, lines.taken)
        for number, row in enumerate(rows, start=1):
            here = _Mark(number + 1, lines.position, lines.taken)
            # In one column, an empty line is a row only if a non-empty one follows, so
            # it is not known yet where the next stretch begins.
            if here.position - begun.position >= size and row.values != [""]:
                yield begun.until(here)
                begun = here
        if here != begun or here.row == 1:
            yield begun.until(here)


def _measured(
    path: Path, file: BinaryIO, dialect: Dialect
) -> tuple[_MeasuredLines, Iterator[Row]]:
    """Return a file's rows, and its lines, of which those above the rows are taken."""
    lines = _MeasuredLines(file, dialect)
    if dialect.header:
        return lines, headed_rows(str(path), lines, dialect)[0]
    # Read apart: the first row is a row itself, and must not be taken.
    with path.open("rb") as again:
        first_lines = Lines(again, dialect.encoding, line_feeds=not dialect.quoting)
        columns, before = begin_headless(str(path), first_lines, dialect)
    lines.skip(before)
    return lines, headless_rows(lines, dialect, columns, before)


def _cut_parquet(path: Path, size: int) -> Iterator[Stretch]:
    total = path.stat().st_size
    with file_errors_named(str(path)), path.open("rb") as file:
        rows = open_parquet(str(path), file).metadata.num_rows
    parts = max(1, min(rows, round(total / size)))
    for part in range(parts):
        first, after = rows * part // parts, rows * (part + 1) // parts
        yield Stretch(first_row=first + 1, rows=after - first, size=total // parts)


def _uncut(path: Path, dialect: Dialect) -> Iterator[Stretch]:
    with path.open("rb") as file:
        rows = sum(1 for _ in _whole(path, file, dialect))
    yield Stretch(first_row=1, rows=rows, size=path.stat().st_size)


def _whole(path: Path, file: BinaryIO, dialect: Dialect) -> Iterator[Row]:
    with TableReader(str(path), dialect, file) as table:
        yield from table
