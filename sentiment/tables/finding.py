"""Find out how a table is written: its format, encoding, delimiter and quoting."""

import codecs
import csv
import io
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from itertools import islice
from typing import BinaryIO

from sentiment.disk import Watch
from sentiment.errors import DataError
from sentiment.tables.dialect import Dialect, check_delimiter, said_delimiter
from sentiment.tables.formats import FORMATS, check_format, format_of
from sentiment.tables.lines import UNDECODED, Lines
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
from sentiment.tables.strangers import refuse_binary, refuse_stranger

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DELIMITERS = ",;\t|"
_SAMPLE_ROWS = 200
# What a delimiter loses that cuts through quotes: more than many columns give it, less
# than some rows of another width take.
_CUT_QUOTES = 0.05

# What spreadsheets on Windows write where they do not write UTF-8.
FALLBACK_ENCODING = "cp1252"


@dataclass(frozen=True, kw_only=True)
class Said:
    """What is said of how a table is written; None is to be found out.

    With ``quoting`` cells may stand in quotes, with False quotes are characters like
    others.
    """

    encoding: str | None = None
    delimiter: str | None = None
    quoting: bool | None = None
    format: str | None = None


def find_dialect(
    name: str, source: BinaryIO, said: Said, watch: Watch
) -> tuple[BinaryIO, Dialect]:
    """Return the source, at its beginning again, and how it is written.

    ``watch`` hears how far each reading of the whole source has come, in bytes.

    Raises:
        DataError: It is no table, or what is said of it cannot be.
    """
    sample, source = look_ahead(source)
    whole = len(sample) < PIPE_SAMPLE_BYTES
    # Not by the name: some browsers unpack what they download, and leave it its name.
    gzipped = sample.startswith(GZIP_MAGIC)
    kind = check_format(said.format) if said.format else format_of(name).format
    formats = (check_format(said.format),) if said.format else FORMATS
    refuse_stranger(name, sample, formats)
    if kind == "parquet" or (kind is None and sample[:4] == b"PAR1"):
        return source, Dialect(format="parquet", quoting=said.quoting is not False)
    if gzipped:
        whole = False
        sample = unzipped_sample(sample)
        refuse_stranger(name, sample, formats)
    encoding = said.encoding
    if encoding is None:
        encoding = _find_encoding(source, sample, gzipped, watch)
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
    )
    if kind == "csv":
        dialect = _of_csv(dialect, text, name, said)
        if said.quoting is None:
            dialect = _with_quoting(dialect, source, text, watch, whole=whole)
    return source, dialect


def _of_csv(dialect: Dialect, sample: str, name: str, said: Said) -> Dialect:
    """Return the dialect with the delimiter."""
    if said.delimiter is None:
        delimiter = find_delimiter(sample, name, quoting=dialect.quoting)
    else:
        delimiter = check_delimiter(said.delimiter)
    return replace(dialect, delimiter=delimiter)


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
    return replace(dialect, quoting=quoting, quoting_found=True)


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


def marked_encoding(sample: bytes) -> str | None:
    """Return the encoding that a byte order mark names."""
    for mark, encoding in _MARKS:
        if sample.startswith(mark):
            return encoding
    return None


def check_encoding(encoding: str, sample: bytes = b"") -> str:
    """Return ``encoding`` if Python knows it, with the byte order mark skipped if any.

    Raises:
        DataError: There is no such encoding.
    """
    try:
        # TextIOWrapper knows which codecs are no encodings of text, such as base64.
        io.TextIOWrapper(io.BytesIO(), encoding=encoding)
        # Some, such as idna, are of names, and cannot be read with damage in them.
        "a".encode(encoding).decode(encoding, "surrogateescape")
        name = codecs.lookup(encoding).name
    except (LookupError, ValueError) as error:
        raise DataError(
            f"there is no encoding {encoding!r}: common ones are utf-8, cp1252, utf-16",
            option="encoding",
        ) from error
    marked = marked_encoding(sample)
    if marked and marked.removesuffix("-sig") == re.sub("-[lb]e$", "", name):
        return marked
    return name


def unmarked_utf_16(sample: bytes) -> str | None:
    """Return which UTF-16 it is, where every second byte is 0, as of plain letters."""
    odd, even = sample[1::2], sample[::2]
    if odd.count(0) > len(odd) // 2 and not even.count(0):
        return "utf-16-le"
    if even.count(0) > len(even) // 2 and not odd.count(0):
        return "utf-16-be"
    return None


def looks_like_json(sample: str) -> bool:
    """Say whether the first line is an object, as of JSON lines."""
    line = sample.lstrip("\ufeff").lstrip().partition("\n")[0]
    try:
        return line.startswith("{") and isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def find_line_end(sample: str) -> str:
    r"""Return how the lines of a sample end: ``\n``, else ``\r\n``."""
    first = sample.find("\n")
    return "\n" if first >= 0 and sample[first - 1 : first] != "\r" else "\r\n"


def find_encoding(chunks: Iterable[bytes], *, whole: bool = True) -> str:
    """Return ``utf-8``, or what a file is taken for that is not written in it.

    Some bytes that are no UTF-8 among many characters that are one are damage, not
    another encoding. ``whole`` says that the chunks end where the file does.
    """
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    sound = damaged = 0
    for chunk in chunks:
        if chunk.isascii() and not decoder.getstate()[0]:
            continue
        text = decoder.decode(chunk)
        bad = len(UNDECODED.findall(text))
        damaged += bad
        sound += len(text) - len(text.encode("ascii", "ignore")) - bad
    if whole:
        damaged += len(decoder.decode(b"", final=True))
    return "utf-8" if damaged == 0 or damaged < sound else FALLBACK_ENCODING


def find_delimiter(sample: str, name: str = "", *, quoting: bool = True) -> str:
    """Return the delimiter of a CSV sample, ``""`` where none cuts its first line.

    The one that cuts the first line and then the most rows into as many cells; text
    is full of commas, so that counting alone would not do. Of those that do it alike
    it is one that cuts through no quotes. A first line of ``sep=;`` says it, and so may
    the file's name.
    """
    known = said_delimiter(sample) or format_of(name).delimiter
    if known is not None:
        return known
    best, best_score = "", -1.0
    for delimiter in _DELIMITERS:
        widths = _widths(sample, delimiter, quoting)
        if not widths or widths[0] < 2:
            continue
        agreeing = Counter(widths)[widths[0]] / len(widths)
        score = agreeing + 0.001 * widths[0]
        if quoting and '"' in sample and not _keeps_quotes(sample, delimiter):
            score -= _CUT_QUOTES
        if score > best_score + 1e-9:
            best, best_score = delimiter, score
    return best


def _keeps_quotes(sample: str, delimiter: str) -> bool:
    """Say whether quotes stand around whole cells of the first rows, or in pairs.

    >>> _keeps_quotes('1;"Good, really"', ";"), _keeps_quotes('1;"Good, really"', ",")
    (True, False)
    """
    cut = re.escape(delimiter)
    plain = rf'[^"{cut}\r\n]'
    cell = re.compile(
        rf'(?:"[^"]*(?:""[^"]*)*(?:" *|\Z)|(?!"){plain}*(?:"{plain}*"{plain}*)*)'
        rf"(?:{cut}|(\r\n|[\r\n])|\Z)"
    )
    at = rows = 0
    while at < len(sample) and rows < _SAMPLE_ROWS:
        found = cell.match(sample, at)
        if found is None:
            return False
        rows += found[1] is not None
        at = found.end()
    return True


def _widths(sample: str, delimiter: str, quoting: bool) -> list[int]:
    """Return how many cells the first rows have, of those that are whole."""
    reader = csv.reader(
        io.StringIO(sample, newline=""),
        delimiter=delimiter,
        quoting=csv.QUOTE_MINIMAL if quoting else csv.QUOTE_NONE,
    )
    widths: list[int] = []
    # The sample may end inside a quoted cell, or hold a very long one: the rows before
    # it still count.
    with suppress(csv.Error):
        widths.extend(len(cells) for cells in islice(reader, _SAMPLE_ROWS) if cells)
    if len(widths) > 1 and not sample.endswith("\n"):
        widths.pop()
    return widths
