"""Write rows with their results as CSV."""

import csv
import io
from collections.abc import Sequence
from typing import Any

from sentiment.scoring.formats.cells import as_cell, in_utf_8, values_in_order
from sentiment.scoring.results import Results
from sentiment.tables import Row

# What a spreadsheet takes for the beginning of a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class CsvFormat:
    """CSV in UTF-8, with the delimiter and the line ends it is told.

    With ``escape_formulas`` a cell that a spreadsheet would run gets an apostrophe in
    front, and is then not the cell that came in.
    """

    def __init__(
        self,
        columns: Sequence[str],
        results: Sequence[str],
        *,
        delimiter: str = ",",
        line_end: str = "\r\n",
        escape_formulas: bool = False,
    ) -> None:
        self._columns = list(columns)
        self._results = list(results)
        self._delimiter = delimiter
        self._line_end = line_end
        self._escape = escape_formulas

    def header(self) -> bytes:
        """Return the header line."""
        return self._lines([self._disarmed([*self._columns, *self._results])])

    def block(self, rows: Sequence[Row], results: Results) -> bytes:
        """Return a line for each row."""
        return self._lines(
            [
                [*self._cells(row), *added]
                for row, added in zip(rows, results.cells(), strict=True)
            ]
        )

    def _cells(self, row: Row) -> list[str]:
        values = row.values
        if row.raw is not None:
            values = values_in_order(row, self._columns)
        cells = [
            value if isinstance(value, str) else as_cell(value) for value in values
        ]
        return self._disarmed(cells)

    def _disarmed(self, cells: list[str]) -> list[str]:
        if not self._escape:
            return cells
        return ["'" + cell if cell.startswith(_FORMULA) else cell for cell in cells]

    def _lines(self, lines: list[list[str]]) -> bytes:
        written = self._written(lines, csv.QUOTE_MINIMAL)
        if self._line_end == "\n" and "\r" in written:
            # The module leaves a lone CR unquoted, which readers take for a line's end.
            written = self._written(lines, csv.QUOTE_ALL)
        return in_utf_8(written)

    def _written(self, lines: list[list[str]], quoting: Any) -> str:
        text = io.StringIO(newline="")
        csv.writer(
            text,
            delimiter=self._delimiter,
            lineterminator=self._line_end,
            quoting=quoting,
        ).writerows(lines)
        return text.getvalue()
