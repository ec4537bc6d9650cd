"""Split lines into records of cells, with or without quoting.

Each reader yields one record after the other, a list of cells, empty for a blank line.
After each, ``line_num`` counts the lines taken so far, and ``unclosed`` says what is
wrong with a quote of the record that is not closed.
"""

import csv
import re
from collections.abc import Iterator
from typing import NamedTuple

from sentiment.tables.lines import Lines, Pack, count_lines
from sentiment.tables.rows import EMPTY

# How much of a cell may follow the line of its opening quote: more than 100 MB. It is
# kept in memory, since without a closing quote its lines are records themselves.
MAX_OPEN_CHARACTERS = 1 << 27
# Lines of a cell are packed when they are so long together.
_PACK = 1 << 16
# The limit of a cell for the csv module, which is faster with short ones.
_SHORT = 1 << 17

_NEVER = "never closed at the end of a cell"

# What follows an opening quote in lines without a closing one.
_OPEN = re.compile(r'[^"]*+(?:""[^"]*+)*+\Z')


class QuotedRecords:
    """The records of a strict ``csv.reader``; lines that it would refuse are kept.

    If a cell begins with a quote but does not end with one, its quotes are characters:
    ``"Alien" is good`` keeps them. A quote that is still open at the end of its line
    and never closes a cell is ``unclosed``: the record ends at that line, and the lines
    below are records of their own. So two stray quotes do not swallow the rows between
    them. An empty cell that stood in quotes is ``EMPTY``.
    """

    def __init__(self, lines: Lines, delimiter: str) -> None:
        self.line_num = 0
        self.unclosed = ""
        self._lines = lines
        self._delimiter = delimiter
        cut = re.escape(delimiter) if delimiter else r"\Z"
        # Some programs write spaces after the quotes.
        self._closed = re.compile(rf'([^"]*+(?:""[^"]*+)*+)"( *)(?={cut}|[\r\n]|\Z)')
        self._written = re.compile(
            rf'("[^"]*+(?:""[^"]*+)*+"|[^{re.escape(delimiter)}\r\n]*+)'
            rf"(?:{cut}|\r?\n|\r|\Z)"
        )
        self._strict = csv.reader([], delimiter=delimiter or ",", strict=True).dialect

    def __iter__(self) -> Iterator[list[str]]:
        while True:
            lines = iter(self._lines)
            for line in lines:
                self.unclosed = ""
                cells = self._on_one_line(line)
                if cells is not None:
                    self.line_num += 1
                    yield cells
                    continue
                taken = [line]
                cells, count = self._with_quotes(taken, lines)
                self.line_num += count_lines(taken[:count])
                if count == len(taken):
                    yield cells
                    continue
                self._lines.give_back(taken[count:])
                yield cells
                break
            else:
                return

    def _on_one_line(self, line: str) -> list[str] | None:
        """Return the cells of the commonest records, None for any other."""
        if '"' not in line:
            return _cut(line.rstrip("\r\n"), self._delimiter)
        if self._delimiter or line[0] != '"':
            return None
        closed = self._closed.match(line, 1)
        return [_unquoted(closed[1]) + closed[2] or EMPTY] if closed else None

    def _with_quotes(
        self, taken: list[str], lines: Iterator[str]
    ) -> tuple[list[str], int]:
        """Return the cells of a record, and how many of the ``taken`` lines it has.

        It begins with what was taken; what else it may have is taken from ``lines``,
        those within quotes in packs.
        """
        if self._delimiter:
            even = taken[0].count('"') % 2 == 0
            try:
                source = taken if even else _followed(taken, lines)
                cells = next(csv.reader(source, self._strict))
                return self._with_empty(cells, taken), len(taken)
            except csv.Error:
                # Whether for its quotes or for the length of a cell.
                pass
        return self._cell_by_cell(taken, lines)

    def _with_empty(self, cells: list[str], taken: list[str]) -> list[str]:
        """Return the cells with ``EMPTY`` in place of those written as ``""``."""
        if "" not in cells or not any('""' in line for line in taken):
            return cells
        written = self._written.findall("".join(taken))
        return [
            EMPTY if text == '""' else cell
            for cell, text in zip(cells, written, strict=False)
        ]

    def _cell_by_cell(
        self, taken: list[str], lines: Iterator[str]
    ) -> tuple[list[str], int]:
        cells: list[str] = []
        row = at = 0
        while True:
            cell = None
            if taken[row].startswith('"', at):
                cell = self._in_quotes(taken, row, at + 1, lines)
            if cell is None:
                cell = self._as_it_stands(taken[row], row, at)
            cells.append(cell.value)
            row, at = cell.row, cell.end
            if not self._delimiter or not taken[row].startswith(self._delimiter, at):
                return cells, row + 1
            at += 1

    def _in_quotes(
        self, taken: list[str], row: int, begin: int, lines: Iterator[str]
    ) -> "_Cell | None":
        """Return a cell whose quote opens before ``begin``, if one closes it."""
        first, at, characters = row, begin, 0
        while not (closed := self._closed.match(taken[row], at)):
            if not _OPEN.match(taken[row], at):
                self.unclosed = _NEVER if row > first else self.unclosed
                return None
            row, at = row + 1, 0
            if row == len(taken):
                taken.extend(_more(lines))
            if characters > MAX_OPEN_CHARACTERS:
                self.unclosed = f"not closed within {MAX_OPEN_CHARACTERS:,} characters"
                return None
            if row == len(taken):
                self.unclosed = _NEVER
                return None
            characters += len(taken[row])
        parts = [*taken[first:row], closed[1]]
        parts[0] = parts[0][begin:] if row > first else parts[0]
        value = _unquoted("".join(parts)) + closed[2]
        return _Cell(value or EMPTY, row, closed.end())

    def _as_it_stands(self, line: str, row: int, begin: int) -> "_Cell":
        end = len(line.rstrip("\r\n"))
        if self._delimiter and (cut := line.find(self._delimiter, begin, end)) >= 0:
            end = cut
        return _Cell(line[begin:end], row, end)


def _unquoted(inside: str) -> str:
    """Return the value of a cell, given what stands between its quotes."""
    return inside.replace('""', '"')


class _Cell(NamedTuple):
    """A cell's value, and where it ends: in which of the lines taken, and at what."""

    value: str
    row: int
    end: int


def _followed(taken: list[str], lines: Iterator[str]) -> Iterator[str]:
    """Yield the line that was taken, then ``lines`` as they are needed."""
    yield taken[0]
    characters = 0
    for line in lines:
        taken.append(line)
        yield line
        characters += len(line)
        if characters > _SHORT:
            return


def _more(lines: Iterator[str]) -> list[str]:
    """Take ``lines`` up to one that may close a cell, or as many as make a pack.

    Lines that close none are packed: separate strings take many times the memory.
    """
    within: list[str] = []
    characters = 0
    for line in lines:
        if '"' in line and not _OPEN.match(line):
            return [*_packed(within), line]
        within.append(line)
        characters += len(line)
        if characters > _PACK:
            break
    return _packed(within)


def _packed(lines: list[str]) -> list[str]:
    return [Pack.of(lines)] if len(lines) > 1 else lines


class UnquotedRecords:
    """Records of lines whose quotes are characters like others.

    The csv module's own QUOTE_NONE stops at a lone CR.
    """

    unclosed = ""

    def __init__(self, lines: Lines, delimiter: str) -> None:
        self.line_num = 0
        self._lines = lines
        self._delimiter = delimiter

    def __iter__(self) -> Iterator[list[str]]:
        for line in self._lines:
            self.line_num += 1
            yield _cut(line.removesuffix("\n").removesuffix("\r"), self._delimiter)


def _cut(line: str, delimiter: str) -> list[str]:
    if not line:
        return []
    return line.split(delimiter) if delimiter else [line]
