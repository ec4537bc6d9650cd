"""Know a file that is no table by its first bytes, lest they be read as text."""

from sentiment.errors import DataError

_SAVE = "save it as CSV"
_UNPACK = "unpack it, or pack it with gzip"
EXPORT = "a table is CSV, JSON lines or Parquet"

# What begins so, and the way out.
_BEGINNINGS = (
    (b"PK\3\4", "a workbook or a ZIP archive", _SAVE),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a workbook of an old Excel", _SAVE),
    (b"SQLite format 3\0", "an SQLite database", _SAVE),
    (b"BZh91AY&SY", "packed with bzip2", _UNPACK),
    (b"\xfd7zXZ\0", "packed with xz", _UNPACK),
    (b"\x28\xb5\x2f\xfd", "packed with zstd", _UNPACK),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", _UNPACK),
    (b"Rar!\x1a\x07", "a RAR archive", _UNPACK),
    (b"\x89PNG\r\n", "a picture (PNG)", EXPORT),
    (b"\xff\xd8\xff", "a picture (JPEG)", EXPORT),
    (b"GIF8", "a picture (GIF)", EXPORT),
    (b"%PDF-", "a PDF", EXPORT),
    (b"{\\rtf", "a text document (RTF)", EXPORT),
    (b"ARROW1", "a Feather file", EXPORT),
)
_MARKUP = (b"<!doctype", b"<html", b"<?xml")


def refuse_stranger(name: str, sample: bytes) -> None:
    """Refuse what is known to be no table.

    Raises:
        DataError: ``sample``, the beginning of the file ``name``, is of such a file.
    """
    for beginning, what, way_out in _BEGINNINGS:
        if sample.startswith(beginning):
            raise DataError(f"{name} is {what}: {way_out}")
    if sample[:64].lstrip(b"\xef\xbb\xbf \r\n\t").lower().startswith(_MARKUP):
        raise DataError(f"{name} is a page of HTML or XML: {EXPORT}")


def refuse_binary(name: str, sample: str) -> None:
    """Refuse what has a NUL in its first line, which no header has.

    Raises:
        DataError: It has.
    """
    if "\0" in sample.partition("\n")[0]:
        raise DataError(f"{name} does not begin with text: {EXPORT}")
