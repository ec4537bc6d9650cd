"""Read a table of any format as a stream of rows, in constant memory."""

import csv
import gzip
import io
import json
import shutil
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, NoReturn, cast

from sentiment.errors import DataError, MissingExtraError
from sentiment.tables.dialect import (
    FALLBACK_ENCODING,
    SAMPLE_BYTES,
    Dialect,
    check_delimiter,
    check_encoding,
    check_format,
    find_delimiter,
    find_encoding,
    format_of,
    marked_encoding,
)
from sentiment.tables.lines import Lines, damage_in
from sentiment.tables.rows import Row, column_index

# Of a pipe less is taken before the first row comes out.
PIPE_SAMPLE_BYTES = 1 << 16

_CHUNK = 1 << 20
_ROWS_A_GROUP = 4_096

# The rows, the columns, and the schema where the format has one.
_Start = tuple[Iterator[Row], list[str], Any]

# A cell may be a book, but a quote that is never closed must not fill the memory.
MAX_CELL_CHARACTERS = 1 << 25


class TableReader(AbstractContextManager["TableReader"]):
    """The rows of a table, once; ``columns`` are known before the first of them.

    ``schema`` is a Parquet file's own, None of any other.
    """

    def __init__(
        self, name: str, dialect: Dialect, raw: BinaryIO, *, owned: bool
    ) -> None:
        self.name = name
        self.dialect = dialect
        self._raw = raw
        self._owned = owned
        with _told(name, dialect):
            self._rows, self.columns, self.schema = _START[dialect.format](
                name, dialect, raw
            )

    def __iter__(self) -> Iterator[Row]:
        with _told(self.name, self.dialect):
            yield from self._rows

    def bytes_read(self) -> int:
        """Return how many bytes of the file were taken."""
        return self._raw.tell() if self._raw.seekable() else 0

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._owned:
            self._raw.close()


@contextmanager
def _told(name: str, dialect: Dialect) -> Iterator[None]:
    """Say of what goes wrong inside which file it is, and what helps."""
    try:
        yield
    except UnicodeDecodeError as error:
        raise DataError(
            f"{name} is not {dialect.encoding}: byte "
            f"{error.object[error.start]:#04x} cannot be read. A possible solution is "
            f"to say the encoding, for example {FALLBACK_ENCODING}"
        ) from error
    except UnicodeError as error:
        raise DataError(f"{name} is not {dialect.encoding}: {error}") from error
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(f"{name} is damaged: {error}") from error
    except csv.Error as error:
        raise DataError(f"{name} is no CSV: {error}") from error


def open_table(
    source: str | Path | BinaryIO,
    *,
    encoding: str | None = None,
    delimiter: str | None = None,
    format: str | None = None,  # noqa: A002  # the word that the command line uses
    name: str | None = None,
) -> TableReader:
    """Open a table; what is not said of its dialect is found out.

    ``source`` is a path, or a binary stream (which stays open). A file that is not
    UTF-8 is taken for cp1252.

    Raises:
        DataError: There is no such file, or it cannot be read as a table.
    """
    if isinstance(source, str | Path):
        name = name or str(source)
        try:
            # The reader closes it.
            opened: BinaryIO = Path(source).open("rb")  # noqa: SIM115
        except OSError as error:
            raise DataError(f"cannot read {source}: {error.strerror}") from error
        owned = True
    else:
        name, opened, owned = name or "standard input", source, False
    try:
        with _told(name, Dialect(format="csv")):
            raw, dialect = _find_dialect(name, opened, encoding, delimiter, format)
            if dialect.format != "csv" and not raw.seekable():
                # These are read twice, or from the end.
                spooled = _spooled(raw)
                if owned:
                    opened.close()
                raw, opened, owned = spooled, spooled, True
        return TableReader(name, dialect, raw, owned=owned)
    except BaseException:
        if owned:
            opened.close()
        raise


def _find_dialect(
    name: str,
    source: BinaryIO,
    encoding: str | None,
    delimiter: str | None,
    format_name: str | None,
) -> tuple[BinaryIO, Dialect]:
    """Return the source, at its beginning again, and how it is written."""
    sample, source = _look_ahead(source)
    named, gzipped = format_of(name)
    kind = check_format(format_name) if format_name else named
    if sample.startswith(b"PK\3\4"):
        raise DataError(f"{name} is a workbook or a ZIP archive: save it as CSV")
    if kind is None:
        kind = "parquet" if sample[:4] == b"PAR1" else "csv"
    if kind == "parquet":
        return source, Dialect(format=kind)
    if sample[:2] == b"\x1f\x8b":
        gzipped = True
        sample = zlib.decompressobj(31).decompress(sample, SAMPLE_BYTES)
    found = []
    if encoding is None:
        encoding = _find_encoding(source, sample, gzipped)
        found.append("encoding")
    encoding = check_encoding(encoding, sample)
    if kind == "csv" and delimiter is None:
        delimiter = find_delimiter(sample.decode(encoding, errors="replace"), name)
        found.append("delimiter")
    if delimiter is not None:
        delimiter = check_delimiter(delimiter)
    return source, Dialect(
        format=kind,
        gzipped=gzipped,
        encoding=encoding,
        delimiter=delimiter or ",",
        found=tuple(found),
    )


def _look_ahead(source: BinaryIO) -> tuple[bytes, BinaryIO]:
    """Return the first bytes, and a stream that begins with them again."""
    if source.seekable():
        start = source.tell()
        sample = source.read(SAMPLE_BYTES)
        source.seek(start)
        return sample, source
    sample = source.read(PIPE_SAMPLE_BYTES)
    return sample, io.BufferedReader(_Rejoined(sample, source))


class _Rejoined(io.RawIOBase):
    """What was read of a pipe already, then the rest of it."""

    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        self._head = memoryview(head)
        self._rest = rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._head:
            chunk = self._rest.read(len(buffer))
            buffer[: len(chunk)] = chunk
            return len(chunk)
        count = min(len(buffer), len(self._head))
        buffer[:count] = self._head[:count]
        self._head = self._head[count:]
        return count


def _find_encoding(source: BinaryIO, sample: bytes, gzipped: bool) -> str:
    marked = marked_encoding(sample)
    if marked is not None:
        return marked
    if not source.seekable():
        return find_encoding([sample], whole=False)
    # The sample may be plain and a name far below not: decode the whole file, which
    # takes a second a gigabyte.
    start = source.tell()
    content = _unzipped(source, gzipped)
    try:
        return find_encoding(iter(lambda: content.read(_CHUNK), b""))
    finally:
        source.seek(start)


def _spooled(pipe: BinaryIO) -> BinaryIO:
    """Return a file without a name that holds what comes out of ``pipe``."""
    file: Any = tempfile.TemporaryFile()  # noqa: SIM115  # the reader closes it
    shutil.copyfileobj(pipe, file, _CHUNK)
    file.seek(0)
    return cast(BinaryIO, file)


def _unzipped(source: BinaryIO, gzipped: bool) -> BinaryIO:
    if not gzipped:
        return source
    unzipped: Any = gzip.GzipFile(fileobj=source)
    return cast(BinaryIO, unzipped)


def _start_csv(name: str, dialect: Dialect, source: BinaryIO) -> _Start:
    # The module's own bound, 128 KiB, is one for the whole process.
    csv.field_size_limit(max(csv.field_size_limit(), MAX_CELL_CHARACTERS))
    lines = Lines(_unzipped(source, dialect.gzipped), dialect.encoding)
    reader = csv.reader(lines, delimiter=dialect.delimiter)
    columns = next((cells for cells in reader if cells), None)
    if columns is None:
        raise DataError(f"{name} is empty: it has no header line")
    # Whoever names utf-16-le means the mark at the file's beginning no less.
    columns[0] = columns[0].removeprefix("\ufeff")
    return _csv_rows(reader, lines, columns), columns, None


def _csv_rows(reader: Any, lines: Lines, columns: list[str]) -> Iterator[Row]:
    index, width = column_index(columns), len(columns)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Row(line, [], index, f"the line is no CSV: {error}")
            continue
        # An empty line is no row: an empty cell alone is written as "".
        if cells:
            yield Row(line, cells, index, _csv_problem(cells, width, line, lines))


def _csv_problem(cells: list[str], width: int, line: int, lines: Lines) -> str | None:
    # csv.reader asks for another line only while a quote is open.
    if lines.ended:
        return f"a quote that opens in the row of line {line} is never closed"
    if len(cells) != width:
        return f"the row has {len(cells)} cells, the header {width}"
    return damage_in(cells, lines.encoding)


def _start_jsonl(name: str, dialect: Dialect, source: BinaryIO) -> _Start:
    start = source.tell()
    columns: dict[str, None] = {}
    # A key may first appear in the last line.
    for row in _json_rows(dialect, source):
        if row.line == 1 and (row.raw or "").startswith("["):
            raise DataError(
                f"{name} is one JSON array: an object a line is read, which "
                "`jq -c '.[]'` makes of it"
            )
        columns.update(dict.fromkeys(row.index))
    if not columns:
        raise DataError(f"{name} has no line that is a JSON object")
    source.seek(start)
    return _json_rows(dialect, source), list(columns), None


def _json_rows(dialect: Dialect, source: BinaryIO) -> Iterator[Row]:
    lines = Lines(_unzipped(source, dialect.gzipped), dialect.encoding)
    for number, line in enumerate(lines, start=1):
        raw = line.strip().removeprefix("\ufeff")
        if raw:
            yield _json_row(number, raw, dialect.encoding)


def _json_row(number: int, raw: str, encoding: str) -> Row:
    try:
        record = json.loads(raw, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        return Row(number, [], {}, f"the line is no JSON: {error}", raw)
    if not isinstance(record, dict):
        return Row(number, [], {}, "the line is no JSON object", raw)
    problem = damage_in([raw], encoding)
    return Row(number, list(record.values()), column_index(list(record)), problem, raw)


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON number")


def _start_parquet(name: str, _dialect: Dialect, source: BinaryIO) -> _Start:
    file = open_parquet(name, source)
    schema = file.schema_arrow
    return _parquet_rows(file, schema.names), list(schema.names), schema


def open_parquet(name: str, source: BinaryIO) -> Any:
    """Return pyarrow's ParquetFile over ``source``.

    Raises:
        MissingExtraError: pyarrow is not installed.
        DataError: It is no Parquet, or cannot be read from a pipe.
    """
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise MissingExtraError("Parquet", "parquet") from error
    if not source.seekable():
        raise DataError(
            f"{name} is a pipe, and Parquet is read from its end: name a file"
        )
    try:
        return parquet.ParquetFile(source)
    except pyarrow.ArrowInvalid as error:
        raise DataError(f"{name} is no Parquet: {error}") from error


def _parquet_rows(file: Any, columns: list[str]) -> Iterator[Row]:
    index = column_index(columns)
    number = 0
    for batch in file.iter_batches(_ROWS_A_GROUP):
        for values in zip(*(column.to_pylist() for column in batch), strict=True):
            number += 1
            yield Row(number, list(values), index)


_START = {"csv": _start_csv, "jsonl": _start_jsonl, "parquet": _start_parquet}
