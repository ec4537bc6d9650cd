"""Find out how a file of rows is written: its format, encoding and delimiter."""

import codecs
import csv
import io
import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import PurePath
from typing import Literal, get_args

from sentiment.errors import DataError, nearest

Format = Literal["csv", "jsonl", "parquet"]
FORMATS: tuple[Format, ...] = get_args(Format)
FORMAT_NAMES: dict[Format, str] = {
    "csv": "CSV",
    "jsonl": "JSON lines",
    "parquet": "Parquet",
}

_SUFFIXES: dict[str, Format] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".tab": "csv",
    ".txt": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".parquet": "parquet",
    ".pq": "parquet",
}
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DELIMITERS = ",;\t|"
_SAMPLE_ROWS = 200
_NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
_NAMED = {name: delimiter for delimiter, name in _NAMES.items()}

# What spreadsheets on Windows write where they do not write UTF-8.
FALLBACK_ENCODING = "cp1252"

# Excel's own way to name the delimiter, in a line before the header; none of those that
# check_delimiter refuses.
_SAID = re.compile(r'\ufeff?sep=([^\r\n"\0 ])\r?\n', re.IGNORECASE)

# Bytes that could not be decoded, as Python's surrogateescape keeps them.
_ESCAPED = re.compile("[\udc80-\udcff]")


@dataclass(frozen=True, kw_only=True)
class Dialect:
    """How a table is written. ``found`` names what was not said but found out.

    A file with a single column has no delimiter: ``""``. Without ``quoting`` a quote is
    a character like others, and every line is a row. ``marked`` says that a byte order
    mark stands at the file's beginning, by which spreadsheets know that it is Unicode.
    """

    format: Format
    gzipped: bool = False
    encoding: str = "utf-8"
    marked: bool = False
    delimiter: str = ","
    line_end: str = "\r\n"
    quoting: bool = True
    found: tuple[str, ...] = ()

    def describe(self) -> str:
        """Return the dialect in words.

        >>> Dialect(format="csv", encoding="cp1252", delimiter=";").describe()
        'CSV, cp1252, delimiter semicolon'
        """
        if self.format == "parquet":
            return FORMAT_NAMES[self.format]
        parts = [
            FORMAT_NAMES[self.format] + (" (gzip)" if self.gzipped else ""),
            self.encoding,
        ]
        if self.format == "csv":
            delimiter = _NAMES.get(self.delimiter, repr(self.delimiter))
            parts.append(f"delimiter {delimiter}" if self.delimiter else "one column")
            if not self.quoting:
                parts.append("no quoting")
        return ", ".join(parts)


def format_of(name: str) -> tuple[Format | None, bool]:
    """Return the format that a file's name says, and whether it is gzipped.

    >>> format_of("reviews.tsv.gz")
    ('csv', True)
    """
    suffixes = [suffix.lower() for suffix in PurePath(name).suffixes]
    gzipped = suffixes[-1:] == [".gz"]
    if gzipped:
        suffixes.pop()
    return (_SUFFIXES.get(suffixes[-1]) if suffixes else None), gzipped


def check_format(name: str) -> Format:
    """Return ``name`` as a format.

    Raises:
        DataError: There is no such format.
    """
    for known in FORMATS:
        if name == known:
            return known
    raise DataError(f"there is no format {name!r}: {nearest(name, FORMATS)}")


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
        name = codecs.lookup(encoding).name
    except (LookupError, ValueError) as error:
        raise DataError(
            f"there is no encoding {encoding!r}: common ones are utf-8, cp1252, utf-16"
        ) from error
    marked = marked_encoding(sample)
    if marked and marked.removesuffix("-sig") == re.sub("-[lb]e$", "", name):
        return marked
    return name


def check_delimiter(delimiter: str) -> str:
    r"""Return ``delimiter`` if CSV can have it.

    The words that :meth:`Dialect.describe` has for it are taken, and ``\t``; ``none``
    says that there is a single column.

    >>> check_delimiter("semicolon")
    ';'

    Raises:
        DataError: It is not one character, or one that means something else.
    """
    if delimiter == "none":
        return ""
    delimiter = {"\\t": "\t", **_NAMED}.get(delimiter, delimiter)
    if len(delimiter) != 1 or delimiter in '"\r\n\0 ':
        raise DataError(
            f"the delimiter must be one character such as ',' or ';', not {delimiter!r}"
        )
    return delimiter


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
        bad = len(_ESCAPED.findall(text))
        damaged += bad
        sound += len(text) - len(text.encode("ascii", "ignore")) - bad
    if whole:
        damaged += len(decoder.decode(b"", final=True))
    return "utf-8" if damaged == 0 or damaged < sound else FALLBACK_ENCODING


def find_delimiter(sample: str, name: str = "", *, quoting: bool = True) -> str:
    """Return the delimiter of a CSV sample, ``""`` where none cuts its first line.

    The one that cuts the first line and then the most rows into as many cells; text
    is full of commas, so that counting alone would not do. A first line of ``sep=;``
    says it, as Excel takes it.
    """
    if said := _SAID.match(sample):
        return said[1]
    if PurePath(name.removesuffix(".gz")).suffix.lower() in (".tsv", ".tab"):
        return "\t"
    best, best_score = "", 0.0
    for delimiter in _DELIMITERS:
        widths = _widths(sample, delimiter, quoting)
        if not widths or widths[0] < 2:
            continue
        agreeing = Counter(widths)[widths[0]] / len(widths)
        score = agreeing + 0.001 * widths[0]
        if score > best_score + 1e-9:
            best, best_score = delimiter, score
    return best


def names_delimiter(cells: Sequence[str], delimiter: str) -> bool:
    """Say whether a first row is Excel's ``sep=;`` and no header.

    >>> names_delimiter(["sep=", ""], ";")
    True
    """
    return _SAID.match(f"{delimiter.join(cells)}\n") is not None


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
