"""One row of a table, whatever file it comes from."""

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any


class Row(ABC):
    """A row's values by column, where it stands, and what is wrong with it.

    ``line`` counts from 1 as editors do; in Parquet, which has no lines, it is the
    row's number. ``error`` says why the row as a whole cannot be trusted, or is None.
    """

    __slots__ = ("error", "line")

    def __init__(self, line: int, error: str | None = None) -> None:
        self.line = line
        self.error = error

    @abstractmethod
    def get(self, column: str) -> Any:
        """Return the value in the first column of that name, None if there is none."""

    @abstractmethod
    def cells(self) -> Sequence[str]:
        """Return each column's value as text, in the table's order."""

    @abstractmethod
    def json(self) -> str:
        """Return the row as the text of a JSON object."""

    @property
    @abstractmethod
    def size(self) -> int:
        """About how many characters the row holds; the same at every reading."""


class TextRow(Row):
    """A row of CSV: every value is text, exactly as it stood."""

    __slots__ = ("_places", "_values")

    def __init__(
        self,
        line: int,
        values: Sequence[str],
        places: Mapping[str, int],
        error: str | None = None,
    ) -> None:
        super().__init__(line, error)
        self._values = values
        self._places = places

    def get(self, column: str) -> Any:
        """Return the cell's text; None if there is no such column."""
        place = self._places.get(column)
        return None if place is None else self._values[place]

    def cells(self) -> Sequence[str]:
        """Return the cells as they stood."""
        return self._values

    def json(self) -> str:
        """Return an object of texts: CSV knows no other type."""
        named = {name: self._values[place] for name, place in self._places.items()}
        return json.dumps(named, ensure_ascii=False)

    @property
    def size(self) -> int:
        """The characters of all cells."""
        return sum(map(len, self._values))
