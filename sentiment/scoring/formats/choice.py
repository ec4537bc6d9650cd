"""Choose how an output is written: by its name, else as the input is."""

import gzip
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any, Protocol

from sentiment.errors import DataError
from sentiment.scoring.columns import quoted_name
from sentiment.scoring.formats.delimited import CsvWriter, UnquotedWriter
from sentiment.scoring.formats.json_lines import JsonLinesWriter
from sentiment.scoring.formats.parquet import ParquetBlockWriter
from sentiment.scoring.results import Results
from sentiment.tables import Dialect, Row
from sentiment.tables.formats import (
    FORMAT_NAMES,
    Format,
    NameHints,
    check_format,
    hints_of_name,
)

# Names of formats that are not written: CSV under such a name would not open.
_NOT_WRITTEN = (
    *(".xlsx", ".xls", ".ods", ".zip", ".bz2", ".xz", ".zst", ".html"),
    *(".feather", ".arrow", ".orc", ".avro"),
)


class BlockWriter(Protocol):
    """A way to write blocks; what they give, one after the other, is the output."""

    @property
    def assemble(self) -> Callable[[Path, Path], None] | None:
        """What makes the output of a file of blocks, None where that is the output."""

    def header(self) -> bytes:
        """Return what stands before the first block."""

    def block(self, rows: Sequence[Row], results: Results) -> bytes:
        """Return the rows of a block with their results."""


@dataclass(frozen=True, kw_only=True)
class OutputDialect:
    """How an output is written; the mark and what follows it are of CSV alone.

    With ``decimal_comma`` the results' numbers have one; the input's cells stay as they
    are.
    """

    format: Format
    zipped: bool = False
    marked: bool = False
    delimiter: str = ","
    line_end: str = "\r\n"
    escape_formulas: bool = False
    quoting: bool = True
    decimal_comma: bool = False

    def pack(self, content: bytes) -> bytes:
        """Return ``content`` as it is, or as a gzip member that names no time."""
        if not (self.zipped and content):
            return content
        return gzip.compress(content, mtime=0)


def choose_output_dialect(
    name: str | None,
    dialect: Dialect,
    *,
    given: str | None = None,
    escape_formulas: bool = False,
    decimal_comma: bool = False,
) -> OutputDialect:
    """Return how the output ``name`` of an input of this dialect is written.

    It goes by its name; where that says nothing, and in a pipe, by the format that is
    ``given``, else by the input. Parquet cannot be piped. An input without quoting has
    an output without, unless that has another delimiter, which the cells may be full
    of. One with a byte order mark has an output with one, even if the input was UTF-16:
    spreadsheets need it.

    Raises:
        DataError: The name asks for gzipped Parquet, or for what is not written, or for
            another format than ``given``; or the format has no decimal comma.
    """
    hints = hints_of_name(name or "")
    asked = check_format(given)
    delimiter = asked.delimiter or _delimiter(hints, dialect, asked.format)
    kind = _format(name, hints, dialect, asked.format)
    quoting = dialect.quoting or delimiter not in ("\t", dialect.delimiter)
    if decimal_comma and kind != "csv":
        raise DataError(
            f"{FORMAT_NAMES[kind]} has numbers of its own, without a decimal comma: "
            "write CSV, or keep the decimal point",
            option="decimal",
        )
    if decimal_comma and delimiter == "," and not quoting:
        raise DataError(
            "without quotes, a decimal comma would be taken for the delimiter: turn "
            "quoting on, or keep the decimal point",
            option="decimal",
        )
    return OutputDialect(
        format=kind,
        zipped=hints.gzipped,
        marked=dialect.marked and dialect.format == "csv",
        delimiter=delimiter,
        line_end=dialect.line_end,
        escape_formulas=escape_formulas,
        quoting=quoting,
        decimal_comma=decimal_comma,
    )


def block_writer(
    output_dialect: OutputDialect,
    columns: Sequence[str],
    results: Sequence[str],
    schema: Any | None = None,
) -> BlockWriter:
    """Return what writes blocks of these columns; a ``schema`` is that of Parquet.

    Raises:
        DataError: The format cannot hold the columns.
        MissingExtraError: pyarrow is not installed, and Parquet is wanted.
    """
    match output_dialect.format:
        case "parquet":
            return ParquetBlockWriter(columns, results, schema)
        case "jsonl":
            require_distinct(columns, "JSON")
            return JsonLinesWriter(columns, results)
        case "csv":
            kind = CsvWriter if output_dialect.quoting else UnquotedWriter
            return kind(
                columns,
                results,
                delimiter=output_dialect.delimiter,
                line_end=output_dialect.line_end,
                escape_formulas=output_dialect.escape_formulas,
                marked=output_dialect.marked,
                decimal_comma=output_dialect.decimal_comma,
            )


def require_distinct(columns: Sequence[str], kind: str) -> None:
    """Refuse columns that a format of named values cannot tell apart.

    Raises:
        DataError: Two columns have the same name.
    """
    known: set[str] = set()
    for column in columns:
        if column in known:
            raise DataError(
                f"the input has two columns {quoted_name(column)}, which {kind} "
                "cannot hold: write CSV"
            )
        known.add(column)


def _format(
    name: str | None, hints: NameHints, dialect: Dialect, asked: Format | None
) -> Format:
    """Return the format; a name that cannot be, or not what is asked, is refused."""
    if name is None:
        piped = "csv" if dialect.format == "parquet" else dialect.format
        return asked or piped
    file = PurePath(name).name
    if asked and hints.format and asked != hints.format:
        raise DataError(
            f"the name {file} means {FORMAT_NAMES[hints.format]}, but "
            f"{FORMAT_NAMES[asked]} was asked for: change one of them",
            option="output_format",
        )
    if hints.suffix in _NOT_WRITTEN:
        raise DataError(
            f"{file} is of a kind that is not written here: end its name in .csv, "
            ".tsv, .jsonl or .parquet"
        )
    kind = asked or hints.format or dialect.format
    if kind == "parquet" and hints.gzipped:
        raise DataError(f"{name}: Parquet is compressed inside, leave the .gz out")
    return kind


def _delimiter(hints: NameHints, dialect: Dialect, asked: Format | None) -> str:
    if hints.delimiter is not None:
        return hints.delimiter
    # The input may have one column and no delimiter: the output has more.
    found = (dialect.delimiter if dialect.format == "csv" else "") or ","
    commas = hints.suffix == ".csv" or asked == "csv"
    return "," if commas and found == "\t" else found
