"""The formats of tables, and what a file's name says of them."""

from pathlib import PurePath
from typing import Literal, NamedTuple, get_args

from sentiment.errors import DataError
from sentiment.wording import nearest

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
_WITH_TABS = (".tsv", ".tab")


class NameHints(NamedTuple):
    """What a file's name says; ``suffix`` is its last one but ``.gz``, in lower case.

    ``delimiter`` is None if the name does not tell it.
    """

    suffix: str
    format: Format | None
    gzipped: bool
    delimiter: str | None


def hints_of_name(name: str) -> NameHints:
    r"""Return what a file's name says of its format.

    >>> hints_of_name("reviews.TSV.gz")
    NameHints(suffix='.tsv', format='csv', gzipped=True, delimiter='\t')
    """
    suffixes = [suffix.lower() for suffix in PurePath(name).suffixes]
    gzipped = suffixes[-1:] == [".gz"]
    if gzipped:
        suffixes.pop()
    suffix = suffixes[-1] if suffixes else ""
    delimiter = "\t" if suffix in _WITH_TABS else None
    return NameHints(suffix, _SUFFIXES.get(suffix), gzipped, delimiter)


class AskedFormat(NamedTuple):
    """A format that is asked for; ``delimiter`` is None if the name does not tell."""

    format: Format | None = None
    delimiter: str | None = None


_ASKED = {str(kind): AskedFormat(kind) for kind in FORMATS}
_ASKED["tsv"] = AskedFormat("csv", "\t")
FORMAT_CHOICES = tuple(_ASKED)


def check_format(name: str | None) -> AskedFormat:
    r"""Return the format that is called ``name``, in any case, or nothing without one.

    TSV is CSV with tabs.

    >>> check_format("TSV")
    AskedFormat(format='csv', delimiter='\t')

    Raises:
        DataError: There is no such format.
    """
    if not name:
        return AskedFormat()
    asked = _ASKED.get(name.lower())
    if asked is None:
        raise DataError(f"there is no format {name!r}: {nearest(name.lower(), _ASKED)}")
    return asked
