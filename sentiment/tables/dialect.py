"""The dialect of a table, as a value and in words."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sentiment.errors import DataError
from sentiment.tables.formats import FORMAT_NAMES, Format

_NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
_NAMED = {name: delimiter for delimiter, name in _NAMES.items()}

# Excel's own way to name the delimiter, in a line before the header; without the
# characters that check_delimiter refuses.
_SEP_LINE = re.compile(r'\ufeff?sep=([^\r\n"\0 ])\r?\n', re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Dialect:
    """How a table is written.

    A file with a single column has no delimiter: ``""``. Without ``quoting`` a quote is
    a character like others, and every line is a row; ``quoting_found`` says that this
    was detected, not given. ``guess`` says why the encoding is only a guess, if it is
    one. ``marked`` says that the file begins with a byte order mark, by which
    spreadsheets recognise Unicode. The first ``skip_lines`` lines are no part of the
    table; ``title_lines`` are how many more seem to be none. Without a ``header`` the
    first line below is a row.
    """

    format: Format
    gzipped: bool = False
    encoding: str = "utf-8"
    guess: str = ""
    marked: bool = False
    delimiter: str = ","
    line_end: str = "\r\n"
    quoting: bool = True
    quoting_found: bool = False
    header: bool = True
    skip_lines: int = 0
    title_lines: int = 0

    def describe(self) -> str:
        """Return the dialect in words.

        >>> Dialect(format="csv", encoding="cp1252", delimiter=";").describe()
        'CSV, cp1252, delimiter semicolon'
        """
        if self.format == "parquet":
            return FORMAT_NAMES[self.format]
        parts = [
            FORMAT_NAMES[self.format] + (" (gzip)" if self.gzipped else ""),
            self.encoding + (f" (a guess: {self.guess})" if self.guess else ""),
        ]
        if self.format == "csv":
            delimiter = _NAMES.get(self.delimiter, repr(self.delimiter))
            parts.append(f"delimiter {delimiter}" if self.delimiter else "one column")
            if not self.quoting:
                parts.append("no quoting")
            if not self.header:
                parts.append("no header")
        return ", ".join(parts)


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
            "the delimiter must be one character such as ',' or ';', not "
            f"{delimiter!r}",
            option="delimiter",
        )
    return delimiter


def declared_delimiter(sample: str) -> str | None:
    """Return the delimiter that a first line such as ``sep=;`` declares."""
    found = _SEP_LINE.match(sample)
    return found[1] if found else None


def names_delimiter(cells: Sequence[str], delimiter: str) -> bool:
    """Say whether a first row is Excel's ``sep=;`` and no header.

    >>> names_delimiter(["sep=", ""], ";")
    True
    """
    return declared_delimiter(f"{delimiter.join(cells)}\n") is not None
