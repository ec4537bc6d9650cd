"""Read a table of any format as a stream of rows, in constant memory."""

import csv
import gzip
import zlib
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from sentiment.disk import Watch, unwatched
from sentiment.errors import DataError, ReadError
from sentiment.tables.delimited import start_csv
from sentiment.tables.dialect import (
    FALLBACK_ENCODING,
    FORMATS,
    Dialect,
    check_delimiter,
    check_encoding,
    check_format,
    find_delimiter,
    find_encoding,
    find_line_end,
    format_of,
    looks_like_json,
    marked_encoding,
    unmarked_utf_16,
)
from sentiment.tables.json_lines import start_json_lines
from sentiment.tables.lines import Lines
from sentiment.tables.parquet import start_parquet
from sentiment.tables.quoting import find_quoting
from sentiment.tables.rows import Row
from sentiment.tables.sources import (
    CHUNK,
    GZIP_MAGIC,
    PIPE_SAMPLE_BYTES,
    look_ahead,
    spooled,
    unzipped,
    unzipped_sample,
    watched,
)
from sentiment.tables.strangers import refuse_binary, refuse_stranger

_START = {"csv": start_csv, "parquet": start_parquet}


class TableReader(AbstractContextManager["TableReader"]):
    """The rows of a table, once; ``columns`` are known before the first of them.

    ``schema`` is a Parquet file's own, None of any other. What is ``owned`` is closed
    at the end. ``watch`` hears how far a reading has come that comes before the rows.
    """

    def __init__(
        self,
        name: str,
        dialect: Dialect,
        raw: BinaryIO,
        *,
        owned: Sequence[BinaryIO] = (),
        watch: Watch = unwatched,
    ) -> None:
        self.name = name
        self.dialect = dialect
        self._raw = raw
        self._owned = owned
        with told(name, dialect):
            if dialect.format == "jsonl":
                start = start_json_lines(name, dialect, raw, watch)
            else:
                start = _START[dialect.format](name, dialect, raw)
            self._rows, self.columns, self.schema = start

    def __iter__(self) -> Iterator[Row]:
        with told(self.name, self.dialect):
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
        for stream in self._owned:
            stream.close()


@contextmanager
def told(name: str, dialect: Dialect) -> Iterator[None]:
    """Say of what goes wrong inside which file it is, and what helps."""
    try:
        yield
    except UnicodeDecodeError as error:
        raise DataError(
            f"{name} is not {dialect.encoding}: byte "
            f"{error.object[error.start]:#04x} cannot be read. A possible solution is "
            f"to say the encoding, for example {FALLBACK_ENCODING}",
            option="encoding",
        ) from error
    except UnicodeError as error:
        raise DataError(
            f"{name} is not {dialect.encoding}: {error}", option="encoding"
        ) from error
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(
            f"{name} is damaged: {error}. A possible solution is to fetch or pack it "
            "again"
        ) from error
    except csv.Error as error:
        raise DataError(f"{name} is no CSV: {error}") from error
    except OSError as error:
        raise ReadError(f"cannot read {name}: {error.strerror or error}") from error


def open_table(
    source: str | Path | BinaryIO,
    *,
    encoding: str | None = None,
    delimiter: str | None = None,
    quoting: bool | None = None,
    format: str | None = None,  # noqa: A002  # the word that the command line uses
    name: str | None = None,
    watch: Watch = unwatched,
) -> TableReader:
    """Open a table; what is not said of its dialect is found out.

    ``source`` is a path, or a binary stream (which stays open). A file that is not
    UTF-8 is taken for cp1252. With ``quoting`` cells may stand in quotes, with False
    quotes are characters like others. A large file may be read several times before
    this returns: ``watch`` hears how far each reading has come, in bytes.

    Raises:
        DataError: There is no such file, or it cannot be read as a table.
    """
    said = _Said(encoding=encoding, delimiter=delimiter, quoting=quoting, format=format)
    owned: list[BinaryIO] = []
    if isinstance(source, str | Path):
        name = name or str(source)
        try:
            # The reader closes it.
            opened: BinaryIO = Path(source).open("rb")  # noqa: SIM115
        except OSError as error:
            raise DataError(f"cannot read {source}: {error.strerror}") from error
        owned.append(opened)
    else:
        name, opened = name or "standard input", source
    try:
        with told(name, Dialect(format="csv")):
            raw, dialect = _find_dialect(name, opened, said, watch)
            if dialect.format != "csv" and not raw.seekable():
                # These are read twice, or from the end.
                raw = spooled(raw)
                owned.append(raw)
        return TableReader(name, dialect, raw, owned=owned, watch=watch)
    except BaseException:
        for stream in owned:
            stream.close()
        raise


@dataclass(frozen=True, kw_only=True)
class _Said:
    """What is known of a dialect; None is to be found out."""

    encoding: str | None
    delimiter: str | None
    quoting: bool | None
    format: str | None


def _find_dialect(
    name: str, source: BinaryIO, said: _Said, watch: Watch
) -> tuple[BinaryIO, Dialect]:
    """Return the source, at its beginning again, and how it is written."""
    sample, source = look_ahead(source)
    whole = len(sample) < PIPE_SAMPLE_BYTES
    # Not by the name: some browsers unpack what they download, and leave it its name.
    gzipped = sample.startswith(GZIP_MAGIC)
    named, _ = format_of(name)
    kind = check_format(said.format) if said.format else named
    formats = (check_format(said.format),) if said.format else FORMATS
    refuse_stranger(name, sample, formats)
    if kind == "parquet" or (kind is None and sample[:4] == b"PAR1"):
        return source, Dialect(format="parquet", quoting=said.quoting is not False)
    if gzipped:
        whole = False
        sample = unzipped_sample(sample)
        refuse_stranger(name, sample, formats)
    found: tuple[str, ...] = ()
    encoding = said.encoding
    if encoding is None:
        encoding = _find_encoding(source, sample, gzipped, watch)
        found = ("encoding",)
    encoding = check_encoding(encoding, sample)
    text = sample.decode(encoding, errors="replace")
    refuse_binary(name, text, formats)
    if kind is None:
        kind = "jsonl" if looks_like_json(text) else "csv"
    dialect = Dialect(
        format=kind,
        gzipped=gzipped,
        encoding=encoding,
        marked=marked_encoding(sample) == encoding,
        line_end=find_line_end(text),
        quoting=said.quoting is not False,
        found=found,
    )
    if kind == "csv":
        dialect = _of_csv(dialect, text, name, said)
        if said.quoting is None:
            dialect = _with_quoting(dialect, source, text, watch, whole=whole)
    return source, dialect


def _of_csv(dialect: Dialect, sample: str, name: str, said: _Said) -> Dialect:
    """Return the dialect with the delimiter."""
    found = dialect.found
    if said.delimiter is None:
        delimiter = find_delimiter(sample, name, quoting=dialect.quoting)
        found += ("delimiter",)
    else:
        delimiter = check_delimiter(said.delimiter)
    return replace(dialect, delimiter=delimiter, found=found)


def _with_quoting(
    dialect: Dialect, source: BinaryIO, sample: str, watch: Watch, *, whole: bool
) -> Dialect:
    """Return the dialect with the quoting that is found, between tabs by every line.

    Of a pipe there is the sample alone; ``whole`` says that it is all there is.
    """
    quoting, line_feeds = True, "\n" in sample
    if dialect.delimiter == "\t" and source.seekable():
        with _from_here(source, dialect.gzipped) as content:
            lines = Lines(content, dialect.encoding, line_feeds=line_feeds)
            quoting = find_quoting(watched(lines, source, watch))
    elif dialect.delimiter == "\t" and line_feeds:
        first = sample.split("\n")
        # The last line may be cut.
        quoting = find_quoting(first if whole else first[:-1], whole=whole)
    return replace(dialect, quoting=quoting, found=(*dialect.found, "quoting"))


def _find_encoding(source: BinaryIO, sample: bytes, gzipped: bool, watch: Watch) -> str:
    known = marked_encoding(sample) or unmarked_utf_16(sample)
    if known is not None:
        return known
    if not source.seekable():
        return find_encoding([sample], whole=False)
    # The sample may be plain and a name far below not: decode the whole file, which
    # takes a second a gigabyte.
    with _from_here(source, gzipped) as content:
        return find_encoding(_chunks(content, source, watch))


def _chunks(content: BinaryIO, source: BinaryIO, watch: Watch) -> Iterator[bytes]:
    while chunk := content.read(CHUNK):
        watch(source.tell())
        yield chunk


@contextmanager
def _from_here(source: BinaryIO, gzipped: bool) -> Iterator[BinaryIO]:
    """Give what ``source`` holds from where it stands, to which it comes back."""
    start = source.tell()
    try:
        yield unzipped(source, gzipped)
    finally:
        source.seek(start)
