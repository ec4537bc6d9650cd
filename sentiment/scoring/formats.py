"""Write rows with their results as CSV or JSON lines, a block at a time."""

import csv
import gzip
import io
import json
import math
from collections.abc import Sequence
from typing import Any, Protocol

from sentiment.errors import DataError
from sentiment.scoring.results import Results
from sentiment.tables import Dialect, Row
from sentiment.tables.dialect import Format, format_of

# What a spreadsheet takes for the beginning of a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class BlockFormat(Protocol):
    """A way to write blocks; what they give, one after the other, is the output."""

    def header(self) -> bytes:
        """Return what stands before the first block."""

    def block(self, rows: Sequence[Row], results: Results) -> bytes:
        """Return the rows of a block with their results."""


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


class JsonLinesFormat:
    """A JSON object a line; those that came as JSON keep every character they had."""

    def __init__(self, columns: Sequence[str], results: Sequence[str]) -> None:
        self._columns = list(columns)
        self._results = list(results)

    def header(self) -> bytes:
        """Return nothing: JSON lines have no header."""
        return b""

    def block(self, rows: Sequence[Row], results: Results) -> bytes:
        """Return a line for each row."""
        lines = [
            self._line(row, values)
            for row, values in zip(rows, results.values(), strict=True)
        ]
        return in_utf_8("".join(f"{line}\n" for line in lines))

    def _line(self, row: Row, results: Sequence[Any]) -> str:
        added = dict(zip(self._results, results, strict=True))
        if row.raw is None:
            values = dict(zip(self._columns, row.values, strict=True))
            return _as_json({**values, **added})
        if row.error and not row.index:
            return _as_json({"line": row.raw, **added})
        # Spliced in as text: 1.10, 1e3 and a key given twice stay as they were.
        head = row.raw.rstrip()[:-1].rstrip()
        return f"{head}{', ' if row.index else ''}{_as_json(added)[1:]}"


def output_format(name: str | None, dialect: Dialect) -> tuple[Format, bool, str]:
    """Return the format, whether it is gzipped, and the delimiter of an output.

    They go by its name; where that says nothing, and in a pipe, by the input. Parquet
    cannot be piped.

    Raises:
        DataError: The name asks for gzipped Parquet.
    """
    delimiter = dialect.delimiter if dialect.format == "csv" else ","
    delimiter = delimiter or ","  # the input has one column, the output has more
    if name is None:
        kind: Format = "csv" if dialect.format == "parquet" else dialect.format
        return kind, False, delimiter
    named, zipped = format_of(name)
    bare = name.lower().removesuffix(".gz")
    if bare.endswith((".tsv", ".tab")):
        delimiter = "\t"
    elif bare.endswith(".csv") and delimiter == "\t":
        delimiter = ","
    kind = named or dialect.format
    if kind == "parquet" and zipped:
        raise DataError(f"{name}: Parquet is compressed inside, leave the .gz away")
    return kind, zipped, delimiter


def require_distinct(columns: Sequence[str], kind: str) -> None:
    """Refuse columns that a format of named values cannot tell apart.

    Raises:
        DataError: Two columns have the same name.
    """
    for at, column in enumerate(columns):
        if column in columns[:at]:
            raise DataError(
                f"the input has two columns {column!r}, which {kind} cannot hold: "
                "write CSV"
            )


def gzipped(content: bytes) -> bytes:
    """Return ``content`` as a gzip member that says nothing of when it was made."""
    return gzip.compress(content, mtime=0) if content else b""


def in_utf_8(text: str) -> bytes:
    """Encode ``text``; half a character, as JSON can spell it, stays spelled out."""
    return text.encode("utf-8", "backslashreplace")


def as_cell(value: Any) -> str:
    """Return a value as the text of a cell, a missing one as an empty cell."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    if isinstance(value, dict | list | bool):
        return _as_json(value)
    return str(value)


def values_in_order(row: Row, columns: Sequence[str]) -> list[Any]:
    """Return the values of a row of JSON lines in the order of a table's columns."""
    if row.error and not row.index:
        # A line that is no object: keep it where it is seen.
        return [row.raw, *[None] * (len(columns) - 1)]
    values = [row.get(column) for column in columns]
    if not any(isinstance(value, float) for value in values):
        return values
    # As they were written: 1.10 stays 1.10, and no digit is lost.
    written = json.loads(row.raw or "{}", parse_float=str)
    return [
        written[column] if isinstance(value, float) else value
        for column, value in zip(columns, values, strict=True)
    ]


def _as_json(value: Any) -> str:
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False, default=as_cell)
    except ValueError:
        return json.dumps(_without_nan(value), ensure_ascii=False, default=as_cell)


def _without_nan(value: Any) -> Any:
    """Return ``value`` with null for numbers that JSON does not have."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {key: _without_nan(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(inner) for inner in value]
    return value
