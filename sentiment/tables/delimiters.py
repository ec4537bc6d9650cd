"""Detect the delimiter of a CSV sample."""

import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from itertools import islice

from sentiment.tables.dialect import declared_delimiter
from sentiment.tables.formats import hints_of_name

_DELIMITERS = ",;\t|"
_SAMPLE_ROWS = 200
# Penalty for a delimiter that splits quoted cells. It outweighs the bonus for many
# columns, but not rows of inconsistent width.
_CUT_QUOTES = 0.05

# Above a header stand so many lines of a title at most. Of fewer rows, the header among
# them, the width tells nothing; a longer cell is no name.
_MOST_TITLES = 20
_LEAST_ROWS = 3
_LONGEST_NAME = 40


def find_delimiter(sample: str, name: str = "", *, quoting: bool = True) -> str:
    """Return the delimiter of a CSV sample, ``""`` where none cuts its first line.

    It is the one that gives the most rows the width of the first line; texts are full
    of commas, so counting alone would not do. Among equals, one that splits no quoted
    cell wins. A first line of ``sep=;`` or the file's name decides before all that.
    """
    known = declared_delimiter(sample) or hints_of_name(name).delimiter
    if known is not None:
        return known
    best, best_score = "", -1.0
    for delimiter in _DELIMITERS:
        widths = _widths(sample, delimiter, quoting)
        if not widths or widths[0] < 2:
            continue
        agreeing = Counter(widths)[widths[0]] / len(widths)
        score = agreeing + 0.001 * widths[0]
        if quoting and '"' in sample and not _keeps_quotes(sample, delimiter):
            score -= _CUT_QUOTES
        if score > best_score + 1e-9:
            best, best_score = delimiter, score
    return best


def without_lines(sample: str, count: int) -> str:
    r"""Return a sample without its first lines.

    >>> without_lines("Report\n\nid,text\n", 2)
    'id,text\n'
    """
    lines = io.StringIO(sample, newline="")
    for _ in range(count):
        lines.readline()
    return lines.read()


def find_title_lines(sample: str, delimiter: str, *, quoting: bool = True) -> int:
    r"""Return how many lines seem to stand above the header of a CSV sample.

    They are a title, or notes: lines of fewer cells than all below them have, the first
    of which holds names. ``delimiter`` is what was found, ``""`` where the first line
    has none: then each is tried.

    >>> find_title_lines("Report 2026\n\nid,text\n1,good\n2,bad\n", "")
    2
    >>> find_title_lines("comment\nSo good, really\nWell, so so\n", "")
    0
    """
    if declared_delimiter(sample):
        return 0
    rows = _numbered(sample, delimiter, quoting)
    fits = sum(len(cells) == len(rows[0][1]) for _, cells in rows) > len(rows) / 2
    known = [delimiter] if delimiter and fits else list(_DELIMITERS)
    cut = (_numbered(sample, one, quoting) for one in known)
    return next(filter(None, map(_lines_above, cut)), 0)


def _lines_above(rows: Sequence[tuple[int, list[str]]]) -> int:
    """Return how many lines come before the row that all below it are as wide as.

    A spreadsheet fills the lines of a title up with empty cells.
    """
    width = len(rows[-1][1]) if rows else 0
    for place, (lines_before, cells) in enumerate(rows[:_MOST_TITLES]):
        if len(cells) == width and 2 * sum(map(bool, cells)) > width:
            table = rows[place:]
            is_headed = all(map(_is_name, cells)) and len(table) >= _LEAST_ROWS
            is_even = width > 1 and all(len(row) == width for _, row in table)
            return lines_before if is_headed and is_even and place > 0 else 0
    return 0


def _numbered(
    sample: str, delimiter: str, quoting: bool
) -> list[tuple[int, list[str]]]:
    """Return the first rows that are whole, and how many lines come before each."""
    reader = csv.reader(
        io.StringIO(sample, newline=""),
        delimiter=delimiter or ",",
        quoting=csv.QUOTE_MINIMAL if quoting else csv.QUOTE_NONE,
    )
    rows: list[tuple[int, list[str]]] = []
    # The sample may end inside a quoted cell, or hold a very long one: the rows before
    # it still count.
    lines_before = 0
    with suppress(csv.Error):
        for cells in islice(reader, _SAMPLE_ROWS):
            if cells:
                rows.append((lines_before, cells))
            lines_before = reader.line_num
    if len(rows) > 1 and not sample.endswith("\n"):
        rows.pop()
    return rows


def _is_name(cell: str) -> bool:
    # A text goes on with a space behind a comma.
    return (
        cell == cell.strip() and 0 < len(cell) <= _LONGEST_NAME and not cell.isdecimal()
    )


def _keeps_quotes(sample: str, delimiter: str) -> bool:
    """Say whether quotes stand around whole cells of the first rows, or in pairs.

    >>> _keeps_quotes('1;"Good, really"', ";"), _keeps_quotes('1;"Good, really"', ",")
    (True, False)
    """
    cut = re.escape(delimiter)
    plain = rf'[^"{cut}\r\n]'
    cell = re.compile(
        rf'(?:"[^"]*(?:""[^"]*)*(?:" *|\Z)|(?!"){plain}*(?:"{plain}*"{plain}*)*)'
        rf"(?:{cut}|(\r\n|[\r\n])|\Z)"
    )
    at = rows = 0
    while at < len(sample) and rows < _SAMPLE_ROWS:
        found = cell.match(sample, at)
        if found is None:
            return False
        rows += found[1] is not None
        at = found.end()
    return True


def _widths(sample: str, delimiter: str, quoting: bool) -> list[int]:
    """Return how many cells the first rows have, of those that are whole."""
    return [len(cells) for _, cells in _numbered(sample, delimiter, quoting)]
