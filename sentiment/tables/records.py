"""Cut lines into the cells of records: with quotes around some of them, or with none.

Each reader gives one record after the other, a list of cells, which is empty for a
blank line. After each it says how many lines it took so far, and of a quote that opens
in the record and is ``unclosed`` what is known of its end.
"""

import csv
import re
from collections.abc import Iterator
from typing import NamedTuple

from sentiment.tables.lines import Lines, Pack, count_lines

# How much may stand in a cell below the line of its opening quote: more than 100 MB.
# It waits in memory, for if no quote closes the cell, its lines are records themselves.
MAX_OPEN_CHARACTERS = 1 << 27
# Lines of a cell are packed when they are so long together.
_PACK = 1 << 16
# As long as a cell may be for the csv module, which is quicker with short ones.
_SHORT = 1 << 17

_NEVER = "never closed at the end of a cell"

# What stands behind an opening quote in lines that hold no closing one.
_OPEN = re.compile(r'[^"]*+(?:""[^"]*+)*+\Z')


class QuotedRecords:
    """What a strict ``csv.reader`` gives; what that would refuse loses nothing.

    Where a cell begins with a quote and none stands at its end, its quotes are
    characters: ``"Alien" is good`` keeps them. If the quote was still open at the end
    of its line, it is ``unclosed``: the record ends there, and the lines below are
    records of their own. So two lone quotes do not take in what is between them.
    """

    def __init__(self, lines: Lines, delimiter: str) -> None:
        self.line_num = 0
        self.unclosed = ""
        self._lines = lines
        self._delimiter = delimiter
        cut = re.escape(delimiter) if delimiter else r"\Z"
        # Some write spaces behind the quotes.
        self._closed = re.compile(rf'([^"]*+(?:""[^"]*+)*+)"( *)(?={cut}|[\r\n]|\Z)')
        self._strict = csv.reader([], delimiter=delimiter or ",", strict=True).dialect

    def __iter__(self) -> Iterator[list[str]]:
        while True:
            lines = iter(self._lines)
            for line in lines:
                self.unclosed = ""
                if '"' not in line:
                    self.line_num += 1
                    yield _cut(line.rstrip("\r\n"), self._delimiter)
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

    def _with_quotes(
        self, taken: list[str], lines: Iterator[str]
    ) -> tuple[list[str], int]:
        """Return the cells of a record, and how much of what is ``taken`` it has.

        It begins with what was taken; what else it may have is taken from ``lines``,
        those within quotes in packs.
        """
        if self._delimiter:
            even = taken[0].count('"') % 2 == 0
            try:
                source = taken if even else _followed(taken, lines)
                return next(csv.reader(source, self._strict)), len(taken)
            except csv.Error:
                # Whether for its quotes or for the length of a cell.
                pass
        return self._cell_by_cell(taken, lines)

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
        return _Cell("".join(parts).replace('""', '"') + closed[2], row, closed.end())

    def _as_it_stands(self, line: str, row: int, begin: int) -> "_Cell":
        end = len(line.rstrip("\r\n"))
        if self._delimiter and (cut := line.find(self._delimiter, begin, end)) >= 0:
            end = cut
        return _Cell(line[begin:end], row, end)


class _Cell(NamedTuple):
    """A cell's value, and where it ends: in which of the lines taken, and at what."""

    value: str
    row: int
    end: int


def _followed(taken: list[str], lines: Iterator[str]) -> Iterator[str]:
    """Yield the line that was taken, and as many of ``lines`` as may be needed."""
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

    Those that close none are packed: short ones would wait in many times the memory.
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

    The csv module's own way of it stops at a lone CR.
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
