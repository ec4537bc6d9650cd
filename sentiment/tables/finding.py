"""Detect a table's format, encoding, delimiter and quoting."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import BinaryIO, NamedTuple

from sentiment.disk import OnBytesRead
from sentiment.errors import DataError
from sentiment.tables.delimiters import (
    find_delimiter,
    find_title_lines,
    without_lines,
)
from sentiment.tables.dialect import Dialect, check_delimiter
from sentiment.tables.encodings import (
    FoundEncoding,
    check_encoding,
    find_encoding,
    marked_encoding,
    unmarked_utf_16,
)
from sentiment.tables.formats import (
    FORMAT_NAMES,
    FORMATS,
    Format,
    check_format,
    hints_of_name,
)
from sentiment.tables.lines import Lines
from sentiment.tables.quoting import find_quoting
from sentiment.tables.sources import (
    CHUNK,
    GZIP_MAGIC,
    PIPE_SAMPLE_BYTES,
    look_ahead,
    unzipped,
    unzipped_sample,
    watched,
)
from sentiment.tables.strangers import (
    refuse_binary,
    refuse_other_format,
    refuse_packed_parquet,
    refuse_stranger,
)

# {"text":
_FIRST_KEY = re.compile(r'\{\s*"(?:[^"\\]|\\.)*"\s*:')


@dataclass(frozen=True, kw_only=True)
class DialectOptions:
    """What is given of a table's dialect; None is to be detected.

    With ``quoting`` cells may stand in quotes, with False quotes are characters like
    others. In CSV, ``skip_lines`` lines come before the table, which may have no
    ``header``.
    """

    encoding: str | None = None
    delimiter: str | None = None
    quoting: bool | None = None
    format: str | None = None
    header: bool = True
    skip_lines: int = 0


def find_dialect(
    name: str, source: BinaryIO, options: DialectOptions, on_bytes_read: OnBytesRead
) -> tuple[BinaryIO, Dialect]:
    """Return the source, rewound, and its dialect.

    Each reading of the whole source reports to ``on_bytes_read``.

    Raises:
        DataError: It is not a table, or an option does not fit it.
    """
    sample, source = look_ahead(source)
    # Not by the name: some browsers unpack a download but keep its name.
    gzipped = sample.startswith(GZIP_MAGIC)
    asked, delimiter = check_format(options.format)
    if options.delimiter is None:
        options = replace(options, delimiter=delimiter)
    formats = (asked,) if asked else FORMATS
    refuse_stranger(name, sample, formats)
    whole = len(sample) < PIPE_SAMPLE_BYTES and not gzipped
    if gzipped:
        sample = unzipped_sample(sample)
        refuse_stranger(name, sample, formats)
    kind = asked or hints_of_name(name).format
    if looks_like_parquet(sample):
        refuse_other_format(name, "parquet", kind or "parquet", given=bool(asked))
        kind = "parquet"
    if kind == "parquet":
        _refuse_lines_of_csv(name, kind, options)
        if gzipped:
            refuse_packed_parquet(name)
        return source, Dialect(format="parquet", quoting=options.quoting is not False)
    beginning = _Beginning(name, source, sample, gzipped=gzipped, whole=whole)
    return source, _dialect_of_text(beginning, kind, options, on_bytes_read)


class _Beginning(NamedTuple):
    """How a file begins: a ``sample`` of its content, which may be ``whole``."""

    name: str
    source: BinaryIO
    sample: bytes
    gzipped: bool
    whole: bool


def _dialect_of_text(
    beginning: _Beginning,
    kind: Format | None,
    options: DialectOptions,
    on_bytes_read: OnBytesRead,
) -> Dialect:
    """Return the dialect of CSV or JSON lines; ``kind`` is what is said of it so far.

    Raises:
        DataError: It is neither, or an option does not fit it.
    """
    name, _, sample, gzipped, whole = beginning
    asked, _ = check_format(options.format)
    found = _encoding(beginning, options.encoding, on_bytes_read)
    text = sample.decode(found.name, errors="replace")
    formats = (asked,) if asked else FORMATS
    refuse_binary(name, text, formats, given=options.encoding is not None)
    if looks_like_json(text, whole=whole):
        # Its first object would be taken for the header.
        refuse_other_format(name, "jsonl", kind or "jsonl", given=bool(asked))
        kind = "jsonl"
    dialect = Dialect(
        format=kind or "csv",
        gzipped=gzipped,
        encoding=found.name,
        guess=found.guess,
        marked=marked_encoding(sample) == found.name,
        line_end=find_line_end(text),
        quoting=options.quoting is not False,
    )
    if dialect.format == "jsonl":
        _refuse_lines_of_csv(name, dialect.format, options)
        return dialect
    text = without_lines(text, options.skip_lines)
    dialect = _as_csv(dialect, name, text, options)
    if options.quoting is None:
        dialect = _with_quoting(dialect, beginning, text, on_bytes_read)
    return dialect


def _as_csv(
    dialect: Dialect, name: str, sample: str, options: DialectOptions
) -> Dialect:
    """Return the dialect with what is particular to CSV, but for its quoting.

    ``sample`` begins behind the lines to skip.
    """
    delimiter = _delimiter(name, sample, options)
    above = 0
    if options.header and options.delimiter is None:
        above = find_title_lines(sample, delimiter, quoting=dialect.quoting)
    return replace(
        dialect,
        delimiter=delimiter,
        header=options.header,
        skip_lines=options.skip_lines,
        title_lines=above,
    )


def _refuse_lines_of_csv(name: str, kind: Format, options: DialectOptions) -> None:
    """Refuse what is said of a file's first lines where these are no CSV.

    Raises:
        DataError: Something is.
    """
    if not options.header:
        raise DataError(
            f"{name} contains {FORMAT_NAMES[kind]}, which names its values without a "
            "header line: leave --no-header out"
        )
    if options.skip_lines:
        raise DataError(
            f"{name} contains {FORMAT_NAMES[kind]}: lines are skipped of CSV and TSV",
            option="skip_lines",
        )


def _delimiter(name: str, sample: str, options: DialectOptions) -> str:
    if options.delimiter is not None:
        return check_delimiter(options.delimiter)
    return find_delimiter(sample, name, quoting=options.quoting is not False)


def _with_quoting(
    dialect: Dialect, beginning: _Beginning, sample: str, on_bytes_read: OnBytesRead
) -> Dialect:
    """Return the dialect with its quoting, detected from all lines of a file with tabs.

    Of a pipe only the sample is read. Without quoting, lines end with line feeds: a
    file that has none has quoting.
    """
    source, whole = beginning.source, beginning.whole
    quoting, in_question = True, dialect.delimiter == "\t" and "\n" in sample
    if in_question and source.seekable():
        with _from_here(source, dialect.gzipped) as content:
            lines = Lines(content, dialect.encoding, line_feeds=True)
            lines.skip(dialect.skip_lines)
            quoting = find_quoting(watched(lines, source, on_bytes_read))
    elif in_question:
        first = sample.split("\n")
        # The last line may be cut.
        quoting = find_quoting(first if whole else first[:-1], whole=whole)
    return replace(dialect, quoting=quoting, quoting_found=True)


def _encoding(
    beginning: _Beginning, given: str | None, on_bytes_read: OnBytesRead
) -> FoundEncoding:
    """Return the encoding that is given, else found, under the name that is used."""
    if given is not None:
        return FoundEncoding(check_encoding(given, beginning.sample))
    found = _find_encoding(beginning, on_bytes_read)
    return found._replace(name=check_encoding(found.name, beginning.sample))


def _find_encoding(beginning: _Beginning, on_bytes_read: OnBytesRead) -> FoundEncoding:
    source, sample = beginning.source, beginning.sample
    known = marked_encoding(sample) or unmarked_utf_16(sample)
    if known is not None:
        return FoundEncoding(known)
    if not source.seekable():
        return find_encoding([sample], whole=False)
    # The sample may be ASCII and a later line not: decode the whole file, which takes a
    # second per gigabyte.
    with _from_here(source, beginning.gzipped) as content:
        return find_encoding(_chunks(content, source, on_bytes_read))


def _chunks(
    content: BinaryIO, source: BinaryIO, on_bytes_read: OnBytesRead
) -> Iterator[bytes]:
    while chunk := content.read(CHUNK):
        on_bytes_read(source.tell())
        yield chunk


@contextmanager
def _from_here(source: BinaryIO, gzipped: bool) -> Iterator[BinaryIO]:
    """Yield the rest of ``source``'s content, and rewind it afterwards."""
    start = source.tell()
    try:
        yield unzipped(source, gzipped)
    finally:
        source.seek(start)


def looks_like_parquet(sample: bytes) -> bool:
    """Say whether it begins like Parquet and has a NUL, which no text has."""
    return sample.startswith(b"PAR1") and b"\0" in sample


def looks_like_json(sample: str, *, whole: bool = True) -> bool:
    """Say whether the first line is an object, as of JSON lines.

    Of a line that goes on behind the sample, which is not ``whole``, the first key says
    it: one review can be longer than the sample.
    """
    line, line_feed, _ = sample.lstrip("\ufeff").lstrip().partition("\n")
    if not (line_feed or whole) and _FIRST_KEY.match(line):
        return True
    try:
        return line.startswith("{") and isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def find_line_end(sample: str) -> str:
    r"""Return how the lines of a sample end: ``\n``, else ``\r\n``."""
    first = sample.find("\n")
    return "\n" if first >= 0 and sample[first - 1 : first] != "\r" else "\r\n"
