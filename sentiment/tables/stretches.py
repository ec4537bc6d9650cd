"""Some consecutive rows of a table: where they lie, and how to read them alone.

Several machines can then read one file at once, each its own stretch, and what they
read is, row by row, what a reader of the whole file gives.
"""

import codecs
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO, NamedTuple

from sentiment.tables.delimited import headed_rows, headless_rows
from sentiment.tables.dialect import Dialect
from sentiment.tables.lines import Lines, count_lines
from sentiment.tables.parquet import open_parquet, parquet_rows
from sentiment.tables.reading import TableReader, file_errors_named
from sentiment.tables.rows import Row


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """``rows`` rows from number ``first_row`` of a file's, the first of which is 1.

    ``size`` is how many bytes of the file they take, roughly. Those of CSV begin at the
    byte ``offset``, behind ``lines_before`` lines, unless the file can only be read
    from its beginning.
    """

    first_row: int
    rows: int
    size: int
    offset: int | None = None
    lines_before: int = 0


def cut_stretches(path: Path, dialect: Dialect, size: int) -> Iterator[Stretch]:
    """Yield a table's rows in stretches of about ``size`` bytes, in order.

    They depend on the file alone; one without rows is an empty stretch. One that is
    gzipped, or has to be read from its beginning for its encoding, is a single stretch.

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
            # A mark stands at the file's beginning alone.
            encoding = dialect.encoding.removesuffix("-sig")
            lines = Lines(file, encoding, line_feeds=not dialect.quoting)
            rows = headless_rows(lines, dialect, columns, stretch.lines_before)
        yield from islice(rows, stretch.rows)


def can_be_entered(encoding: str) -> bool:
    """Say whether text of this encoding can be read from any line on.

    And whether its size in bytes is known from the text: what cannot be decoded is one
    byte a character, and comes out as it was.

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
    """Lines that know how many were taken, and how many bytes those are."""

    def __init__(self, content: BinaryIO, dialect: Dialect) -> None:
        encoding = dialect.encoding
        super().__init__(content, encoding, line_feeds=not dialect.quoting)
        self.taken = 0
        # Whoever names utf-8-sig need not have a mark in every file.
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
    """A place between two rows: the next one's number, bytes and lines before it."""

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
        lines = _MeasuredLines(file, dialect)
        rows, _ = headed_rows(str(path), lines, dialect)
        begun = here = _Mark(1, lines.position, lines.taken)
        for number, row in enumerate(rows, start=1):
            here = _Mark(number + 1, lines.position, lines.taken)
            # Of one column an empty line becomes a row only with the next that is not
            # empty, so that it cannot be told yet where the next stretch begins.
            if here.position - begun.position >= size and row.values != [""]:
                yield begun.until(here)
                begun = here
        if here != begun or here.row == 1:
            yield begun.until(here)


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
