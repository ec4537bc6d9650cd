"""Read a table of any format as a stream of rows, in constant memory."""

import csv
import gzip
import zlib
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from sentiment.disk import OnBytesRead, ignore_progress
from sentiment.errors import DataError, ReadError
from sentiment.tables.delimited import start_csv
from sentiment.tables.dialect import Dialect
from sentiment.tables.encodings import FALLBACK_ENCODING
from sentiment.tables.finding import DialectOptions, find_dialect
from sentiment.tables.json_lines import start_json_lines
from sentiment.tables.parquet import start_parquet
from sentiment.tables.rows import Row
from sentiment.tables.sources import copied_to_file

_START = {"csv": start_csv, "parquet": start_parquet}
_NOTHING = DialectOptions()


class TableReader(AbstractContextManager["TableReader"]):
    """The rows of a table, once; ``columns`` are known before the first of them.

    ``schema`` is a Parquet file's own, None of any other. What is ``owned`` is closed
    at the end. Readings that come before the rows report to ``on_bytes_read``.
    """

    def __init__(
        self,
        name: str,
        dialect: Dialect,
        raw: BinaryIO,
        *,
        owned: Sequence[BinaryIO] = (),
        on_bytes_read: OnBytesRead = ignore_progress,
    ) -> None:
        self.name = name
        self.dialect = dialect
        self._raw = raw
        self._owned = owned
        with file_errors_named(name, dialect.encoding):
            if dialect.format == "jsonl":
                start = start_json_lines(name, dialect, raw, on_bytes_read)
            else:
                start = _START[dialect.format](name, dialect, raw)
            self._rows, self.columns, self.schema = start

    def __iter__(self) -> Iterator[Row]:
        with file_errors_named(self.name, self.dialect.encoding):
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
def file_errors_named(name: str, encoding: str | None = None) -> Iterator[None]:
    """Raise errors inside as a DataError that names the file, and what helps.

    ``encoding`` is that of its text, if it is known.
    """
    try:
        yield
    except UnicodeDecodeError as error:
        raise DataError(
            f"{name} is not {encoding or 'text'}: byte "
            f"{error.object[error.start]:#04x} cannot be read. A possible solution is "
            f"to say the encoding, for example {FALLBACK_ENCODING}",
            option="encoding",
        ) from error
    except UnicodeError as error:
        raise DataError(
            f"{name} is not {encoding or 'text'}: {error}", option="encoding"
        ) from error
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(
            f"{name} is damaged: {error}. A possible solution is to fetch or pack it "
            "again"
        ) from error
    except csv.Error as error:
        raise DataError(f"{name} is not valid CSV: {error}") from error
    except OSError as error:
        raise ReadError(f"cannot read {name}: {error.strerror or error}") from error


def open_table(
    source: str | Path | BinaryIO,
    options: DialectOptions = _NOTHING,
    *,
    name: str | None = None,
    on_bytes_read: OnBytesRead = ignore_progress,
) -> TableReader:
    """Open a table; what is not given of its dialect is detected.

    ``source`` is a path, or a binary stream (which stays open). Messages call it
    ``name``, if it has none of its own. A file that is not UTF-8 is taken for cp1252. A
    large file may be read several times before this returns; each reading reports to
    ``on_bytes_read``.

    Raises:
        DataError: There is no such file, or it cannot be read as a table.
    """
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
        with file_errors_named(name, options.encoding):
            raw, dialect = find_dialect(name, opened, options, on_bytes_read)
            if dialect.format != "csv" and not raw.seekable():
                # These are read twice, or from the end.
                raw = copied_to_file(raw)
                owned.append(raw)
        return TableReader(name, dialect, raw, owned=owned, on_bytes_read=on_bytes_read)
    except BaseException:
        for stream in owned:
            stream.close()
        raise
