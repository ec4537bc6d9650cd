"""Detect the delimiter of a CSV sample."""

import csv
import io
import re
from collections import Counter
from contextlib import suppress
from itertools import islice

from sentiment.tables.dialect import declared_delimiter
from sentiment.tables.formats import hints_of_name

_DELIMITERS = ",;\t|"
_SAMPLE_ROWS = 200
# Penalty for a delimiter that splits quoted cells. It outweighs the bonus for many
# columns, but not rows of inconsistent width.
_CUT_QUOTES = 0.05


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
    reader = csv.reader(
        io.StringIO(sample, newline=""),
        delimiter=delimiter,
        quoting=csv.QUOTE_MINIMAL if quoting else csv.QUOTE_NONE,
    )
    widths: list[int] = []
    # The sample may end inside a quoted cell, or hold a very long one: the rows before
    # it still count.
    with suppress(csv.Error):
        widths.extend(len(cells) for cells in islice(reader, _SAMPLE_ROWS) if cells)
    if len(widths) > 1 and not sample.endswith("\n"):
        widths.pop()
    return widths
