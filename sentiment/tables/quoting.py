"""Whether quotes stand around the cells of a file with tabs, found out of its lines."""

import re
from collections.abc import Iterable, Sequence

from sentiment.tables.dialect import Dialect, names_delimiter

_IN_QUOTES = re.compile(r'"[^"]*(?:""[^"]*)*"')
# Lines in which a quote stays open that opened above, and such as close it.
_STAYS_OPEN = re.compile(r'[^"]*(?:""[^"]*)*')
_CLOSES = re.compile(r'[^"]*(?:""[^"]*)*" *')


def find_quoting(lines: Iterable[str], *, whole: bool = True) -> bool:
    r"""Say whether cells may stand in quotes, or quotes are characters like others.

    ``lines`` are those of a file with tabs; others have quoting. A quote that opens a
    cell and is not closed at the cell's end is text, or begins a cell of several lines;
    but then there are lines that do not have as many cells as the header, one to end
    it among them; of every second such cell at least, for a file may have flaws, too.
    Where no cell begins with a quote and the lines are not the ``whole`` file, quotes
    are characters: that loses no row and no quote of those to come.

    >>> find_quoting(["id\ttext\n", '1\t"Alien" is good\n'])
    False
    >>> find_quoting(["id\ttext\n", '1\t"Alien\n', 'is good"\n'])
    True
    """
    width: int | None = None
    opened = unclosed = unlike = closed = 0
    is_open = False
    for line in lines:
        line = line.rstrip("\r\n")
        if not line or (width is None and names_delimiter([line], "")):
            continue
        tabs = line.count("\t")
        width = tabs if width is None else width
        if '"' not in line:
            unlike += tabs != width or is_open
            continue
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
    return unclosed <= min(unlike, 2 * closed) if opened else whole


def may_hold_rows(cells: Sequence[str], width: int, dialect: Dialect) -> bool:
    """Say whether a row of several lines may be rows that two lone quotes have joined.

    Of a table with tabs whose quoting was found out, not said. Between the quotes then
    stand the tabs of whole rows; if there are none, the cells are too many, or there is
    a single column.
    """
    if dialect.delimiter != "\t" or not dialect.quoting_found:
        return False
    return (
        width == 1
        or len(cells) != width
        or any("\t" in cell for cell in cells if "\n" in cell or "\r" in cell)
    )
