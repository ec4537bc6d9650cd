"""Detect a file's encoding from its bytes, and check one that is given."""

import codecs
import io
import re
from collections.abc import Iterable
from typing import NamedTuple

from sentiment.errors import DataError
from sentiment.tables.lines import UNDECODED

# What spreadsheets on Windows write if they do not write UTF-8.
FALLBACK_ENCODING = "cp1252"

# A file is taken for unmarked UTF-16 if zero bytes are at least this many times as
# frequent at even positions as at odd ones, or the other way round.
_FEW = 4

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class FoundEncoding(NamedTuple):
    """An encoding, and why it is only a guess; ``""`` where it is none."""

    name: str
    guess: str = ""


def find_encoding(chunks: Iterable[bytes], *, whole: bool = True) -> FoundEncoding:
    """Return ``utf-8``, or the fallback for a file that is not UTF-8, as a guess.

    A few invalid bytes among many valid characters of UTF-8 are damage, not another
    encoding. ``whole`` says that the chunks end where the file does.
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
    if damaged == 0 or damaged < sound:
        return FoundEncoding("utf-8")
    why = "only some of it is UTF-8" if sound else "it is not UTF-8"
    return FoundEncoding(FALLBACK_ENCODING, why)


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
        # Some, such as idna, are for names, and cannot decode damaged text.
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
    """Return which UTF-16 it is, where every second byte is 0, as of plain letters.

    A few of the other bytes may be 0, too: an emoji is D83D DE00.
    """
    odd, even = sample[1::2], sample[::2]
    odd_zeros, even_zeros = odd.count(0), even.count(0)
    if odd_zeros > len(odd) // 2 and odd_zeros >= _FEW * even_zeros:
        return "utf-16-le"
    if even_zeros > len(even) // 2 and even_zeros >= _FEW * odd_zeros:
        return "utf-16-be"
    return None
