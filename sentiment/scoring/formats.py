"""Write rows with their results as CSV, JSON lines or Parquet, a block at a time."""

import csv
import gzip
import io
import json
from collections.abc import Sequence
from typing import Any, Protocol

from sentiment.errors import DataError, MissingExtraError
from sentiment.scoring.results import Result
from sentiment.tables import Dialect, Row
from sentiment.tables.dialect import Format, format_of

# What a spreadsheet takes for the beginning of a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class BlockFormat(Protocol):
    """A way to write blocks; what they give, one after the other, is the output."""

    def header(self) -> bytes:
        """Return what stands before the first block."""

    def block(self, rows: Sequence[Row], results: Sequence[Result]) -> bytes:
        """Return the rows of a block with their results."""


class CsvFormat:
    """CSV in UTF-8 with CRLF line ends, as RFC 4180 has it.

    With ``escape_formulas`` a cell that a spreadsheet would run gets an apostrophe in
    front, and is then not the cell that came in.
    """

    def __init__(
        self,
        columns: Sequence[str],
        results: Sequence[str],
        *,
        delimiter: str = ",",
        escape_formulas: bool = False,
    ) -> None:
        self._columns = list(columns)
        self._results = list(results)
        self._delimiter = delimiter
        self._escape = escape_formulas

    def header(self) -> bytes:
        """Return the header line."""
        return self._lines([[*self._columns, *self._results]])

    def block(self, rows: Sequence[Row], results: Sequence[Result]) -> bytes:
        """Return a line a row; cells beyond the header come after the results."""
        return self._lines(
            [
                self._cells(row, result)
                for row, result in zip(rows, results, strict=True)
            ]
        )

    def _cells(self, row: Row, result: Result) -> list[str]:
        width = len(self._columns)
        if row.raw is None:
            values = row.values
        else:
            values = [row.get(column) for column in self._columns]
            if not row.index:  # a line that is no object: keep it where it is seen
                values[:1] = [row.raw]
        cells = [_cell(value) for value in values]
        if self._escape:
            cells = [
                "'" + cell if cell.startswith(_FORMULA) else cell for cell in cells
            ]
        missing = [""] * (width - len(cells))
        return [*cells[:width], *missing, *result.cells(), *cells[width:]]

    def _lines(self, lines: list[list[str]]) -> bytes:
        text = io.StringIO(newline="")
        csv.writer(text, delimiter=self._delimiter).writerows(lines)
        # A lone surrogate, which JSON can spell, has no place in UTF-8.
        return text.getvalue().encode("utf-8", "backslashreplace")


class JsonLinesFormat:
    """A JSON object a line; those that came as JSON keep every character they had."""

    def __init__(self, columns: Sequence[str], results: Sequence[str]) -> None:
        self._columns = list(columns)
        self._results = list(results)

    def header(self) -> bytes:
        """Return nothing: JSON lines have no header."""
        return b""

    def block(self, rows: Sequence[Row], results: Sequence[Result]) -> bytes:
        """Return a line for each row."""
        lines = [
            self._line(row, result) for row, result in zip(rows, results, strict=True)
        ]
        return "".join(f"{line}\n" for line in lines).encode(
            "utf-8", "backslashreplace"
        )

    def _line(self, row: Row, result: Result) -> str:
        added = dict(zip(self._results, result.values(), strict=True))
        tail = json.dumps(added, ensure_ascii=False)
        if row.raw is None:
            values = dict(zip(self._columns, row.values, strict=False))
            return json.dumps({**values, **added}, ensure_ascii=False, default=str)
        if not row.index and row.error:
            return json.dumps({"line": row.raw, **added}, ensure_ascii=False)
        # Spliced in as text: 1.10, 1e3 and a key given twice stay as they were.
        head = row.raw.rstrip()[:-1].rstrip()
        return f"{head}{', ' if row.index else ''}{tail[1:]}"


class ParquetFormat:
    """A Parquet file a block, to be joined at the end; columns keep their types."""

    def __init__(
        self, columns: Sequence[str], results: Sequence[str], schema: Any | None = None
    ) -> None:
        try:
            import pyarrow
        except ImportError as error:
            raise MissingExtraError("Parquet", "parquet") from error
        if len(set(columns)) != len(columns):
            raise DataError(
                "the input has two columns of one name, which Parquet cannot hold: "
                "write CSV"
            )
        self._arrow = pyarrow
        text, number = pyarrow.string(), pyarrow.float64()
        kept = schema or pyarrow.schema([(name, text) for name in columns])
        kinds = [text, *[number] * (len(results) - 2), text]
        for name, kind in zip(results, kinds, strict=True):
            kept = kept.append(pyarrow.field(name, kind))
        self.schema = kept
        self._width = len(columns)

    def header(self) -> bytes:
        """Return nothing: each block is a file of its own."""
        return b""

    def block(self, rows: Sequence[Row], results: Sequence[Result]) -> bytes:
        """Return the rows as one Parquet file."""
        from pyarrow import parquet

        names = self.schema.names[: self._width]
        columns = [[row.get(name) for row in rows] for name in names]
        columns += [
            list(column) for column in zip(*map(Result.values, results), strict=True)
        ]
        try:
            arrays = [
                self._arrow.array(values, type=field.type)
                for values, field in zip(columns, self.schema, strict=True)
            ]
        except (self._arrow.ArrowInvalid, self._arrow.ArrowTypeError) as error:
            raise DataError(f"a value does not fit into Parquet: {error}") from error
        sink = io.BytesIO()
        table = self._arrow.Table.from_arrays(arrays, schema=self.schema)
        parquet.write_table(table, sink)
        return sink.getvalue()


def gzipped(content: bytes) -> bytes:
    """Return ``content`` as a gzip member that says nothing of when it was made."""
    return gzip.compress(content, mtime=0) if content else b""


def output_format(name: str | None, dialect: Dialect) -> tuple[Format, bool, str]:
    """Return the format, whether it is gzipped, and the delimiter of an output.

    They go by its name; without one (a pipe) by the input. Parquet cannot be piped.
    """
    if name is None:
        kind: Format = "csv" if dialect.format == "parquet" else dialect.format
        return kind, False, dialect.delimiter
    named, zipped = format_of(name)
    delimiter = dialect.delimiter if dialect.format == "csv" else ","
    bare = name.lower().removesuffix(".gz")
    if bare.endswith((".tsv", ".tab")):
        delimiter = "\t"
    elif bare.endswith(".csv") and delimiter == "\t":
        delimiter = ","
    return named or dialect.format, zipped, delimiter


def _cell(value: Any) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, dict | list | bool):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)
