"""A row of a table of any format."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any


class _EmptyCell(str):
    """An empty text; unlike other strings, it is equal to ``""`` but not the same."""

    __slots__ = ()


# An empty cell that stood in quotes. One without quotes is ``""``, or a missing value:
# programs that tell the two apart write ``""`` for the one and nothing for the other.
EMPTY: str = _EmptyCell()


# Not frozen: creating a row would take three times as long.
@dataclass(slots=True)
class Row:
    """The values of one row in the order of the columns.

    ``line`` is where the row begins in its file, from 1 (the number of the row for
    Parquet). ``error`` says why the row cannot be used, if so: its values are then
    what could be read of it. ``index`` finds a column's value. ``raw`` is the row as
    written, where that says more than its values (JSON: 1.10 and 1.1 are one number);
    so does ``origin``, a Parquet file's record batch and the row's place in it.
    ``surplus`` counts the cells that the row has too many; they are in its last value,
    which is right if they come of a text with delimiters and no quotes around it.
    """

    line: int
    values: list[Any]
    index: Mapping[str, int]
    error: str | None = None
    raw: str | None = None
    origin: tuple[Any, int] | None = None
    surplus: int = 0

    def get(self, column: str) -> Any:
        """Return the value in the first column of that name, None where there is none.

        >>> Row(2, ["7", "good"], {"id": 0, "text": 1}).get("text")
        'good'
        """
        at = self.index.get(column)
        return None if at is None or at >= len(self.values) else self.values[at]


# What reading a format begins with: its rows, its columns, and its schema if any.
Start = tuple[Iterator[Row], list[str], Any]


def column_index(columns: list[str]) -> dict[str, int]:
    """Return each column's position; of columns with the same name, the first one's.

    >>> column_index(["a", "b", "a"])
    {'a': 0, 'b': 1}
    """
    index: dict[str, int] = {}
    for at, name in enumerate(columns):
        index.setdefault(name, at)
    return index
