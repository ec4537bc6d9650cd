"""Detect from the lines of a file with tabs whether its cells may be quoted."""

import re
from collections.abc import Iterable, Sequence

from sentiment.tables.dialect import Dialect, names_delimiter

_IN_QUOTES = re.compile(r'"[^"]*(?:""[^"]*)*"')
# Lines in which a quote stays open that opened above, and such as close it.
_STAYS_OPEN = re.compile(r'[^"]*(?:""[^"]*)*')
_CLOSES = re.compile(r'[^"]*(?:""[^"]*)*" *')


def find_quoting(lines: Iterable[str], *, whole: bool = True) -> bool:
    r"""Say whether cells may stand in quotes, or quotes are characters like others.

    ``lines`` are those of a file with tabs; others have quoting. Quoting is assumed
    only if the unclosed quotes can be explained as multi-line cells: there must be at
    least as many lines of a different width, and closing lines for at least half of
    them. Where quotes stand within cells and none begins with one, they are characters,
    which come out as they are. So they are without any quote where the lines are not
    the ``whole`` file: that loses no row and no quote of the lines to come.

    >>> find_quoting(["id\ttext\n", '1\t"Alien" is good\n'])
    False
    >>> find_quoting(["id\ttext\n", '1\t"Alien\n', 'is good"\n'])
    True
    >>> find_quoting(["id\ttext\n", '1\tso "good"\n'])
    False
    """
    width: int | None = None
    opened = unclosed = unlike = closed = 0
    is_open = has_quotes = False
    for line in lines:
        line = line.rstrip("\r\n")
        if not line or (width is None and names_delimiter([line], "")):
            continue
        tabs = line.count("\t")
        width = tabs if width is None else width
        if '"' not in line:
            unlike += tabs != width or is_open
            continue
        has_quotes = True
        cells = line.split("\t")
        quoted = [cell for cell in cells if cell.startswith('"')]
        opened += len(quoted)
        # Of one column all lines are as wide: only their order tells them apart.
        if tabs != width or is_open:
            unlike += 1
            closed += any(map(_CLOSES.fullmatch, cells))
            is_open = is_open and bool(_STAYS_OPEN.fullmatch(line))
        elif not all(map(_IN_QUOTES.fullmatch, quoted)):
            unclosed += 1
            is_open = width == 0 and bool(_STAYS_OPEN.fullmatch(line, 1))
    if not opened:
        return whole and not has_quotes
    return unclosed <= min(unlike, 2 * closed)


def may_hold_rows(cells: Sequence[str], width: int, dialect: Dialect) -> bool:
    """Say whether a row of several lines may be rows that two lone quotes have joined.

    Only in a table with tabs whose quoting was detected, not given. The joined cell
    then holds the tabs of whole rows, or the row has another number of cells, or the
    table has a single column.
    """
    if dialect.delimiter != "\t" or not dialect.quoting_found:
        return False
    return (
        width == 1
        or len(cells) != width
        or any("\t" in cell for cell in cells if "\n" in cell or "\r" in cell)
    )
