"""Recognise by its first bytes a file that is not a table, so that it is refused."""

from collections.abc import Sequence
from typing import NoReturn

from sentiment.errors import DataError
from sentiment.tables.formats import FORMAT_NAMES, FORMATS, Format

_SAVE = "save it as CSV"
_UNPACK = "unpack it first"

# File signatures, with what to do; without one the formats of tables are named.
_BEGINNINGS = (
    (b"PK\3\4", "a workbook or a ZIP archive", _SAVE),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a workbook of an old Excel", _SAVE),
    (b"SQLite format 3\0", "an SQLite database", _SAVE),
    (b"BZh91AY&SY", "packed with bzip2", _UNPACK),
    (b"\xfd7zXZ\0", "packed with xz", _UNPACK),
    (b"\x28\xb5\x2f\xfd", "packed with zstd", _UNPACK),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", _UNPACK),
    (b"Rar!\x1a\x07", "a RAR archive", _UNPACK),
    (b"\x89PNG\r\n", "a picture (PNG)", None),
    (b"\xff\xd8\xff", "a picture (JPEG)", None),
    (b"GIF8", "a picture (GIF)", None),
    (b"%PDF-", "a PDF", None),
    (b"{\\rtf", "a text document (RTF)", None),
    (b"ARROW1", "a Feather file", None),
)
_MARKUP = (b"<!doctype", b"<html", b"<?xml")


def what_a_table_is(formats: Sequence[Format] = FORMATS) -> str:
    """Describe the formats that are read.

    >>> what_a_table_is(), what_a_table_is(["csv"])
    ('a table is CSV, JSON lines or Parquet', 'a table is CSV')
    """
    *others, last = (FORMAT_NAMES[known] for known in formats)
    return (
        f"a table is {', '.join(others)} or {last}" if others else f"a table is {last}"
    )


def refuse_stranger(
    name: str, sample: bytes, formats: Sequence[Format] = FORMATS
) -> None:
    """Refuse a file that is not a table; ``formats`` are those that are accepted.

    Raises:
        DataError: ``sample``, the beginning of the file ``name``, is of such a file.
    """
    for beginning, what, way_out in _BEGINNINGS:
        if sample.startswith(beginning):
            raise DataError(f"{name} is {what}: {way_out or what_a_table_is(formats)}")
    if sample[:64].lstrip(b"\xef\xbb\xbf \r\n\t").lower().startswith(_MARKUP):
        raise DataError(f"{name} is a page of HTML or XML: {what_a_table_is(formats)}")


def refuse_other_format(name: str, found: Format, kind: Format, *, given: bool) -> None:
    """Refuse a table of another format than the ``kind`` that was given, or named.

    Raises:
        DataError: The format that was ``found`` is another.
    """
    if found == kind:
        return
    way_out = "" if given else f": rename it, or give its format, {found}"
    raise DataError(
        f"{name} contains {FORMAT_NAMES[found]}, not {FORMAT_NAMES[kind]}{way_out}",
        option=None if given else "format",
    )


def refuse_packed_parquet(name: str) -> NoReturn:
    """Refuse Parquet in gzip, which cannot be read from its end.

    Raises:
        DataError: Always.
    """
    raise DataError(
        f"{name} is packed with gzip, and Parquet is compressed inside: unpack it first"
    )


def refuse_binary(
    name: str, sample: str, formats: Sequence[Format] = FORMATS, *, given: bool = False
) -> None:
    """Refuse a file with a NUL in its first line, which no header has.

    ``given`` says that the encoding was not detected, which may have failed.

    Raises:
        DataError: It has.
    """
    if "\0" in sample.partition("\n")[0]:
        way_out = (
            "" if given else "; of UTF-16 say whether it is utf-16-le or utf-16-be"
        )
        raise DataError(
            f"{name} does not begin with text: {what_a_table_is(formats)}{way_out}",
            option=None if given else "encoding",
        )
