"""The lines of a text file, decoded; what cannot be decoded stays to be named."""

import io
import re
from collections.abc import Iterable, Iterator
from typing import BinaryIO

# Bytes that could not be decoded, as Python's surrogateescape keeps them.
UNDECODED = re.compile("[\\udc80-\\udcff]")

# A wide encoding, in which bytes come in groups, leaves the usual mark instead.
_MARKS = {
    "surrogateescape": UNDECODED,
    "replace": re.compile("\\ufffd"),
}


class Lines:
    """The lines of ``content`` with their ends as they are; ``ended`` after the last.

    ``content`` stays open: it is its owner's to close. With ``line_feeds`` nothing else
    ends a line; without, a lone CR does, too.
    """

    def __init__(
        self, content: BinaryIO, encoding: str, *, line_feeds: bool = False
    ) -> None:
        self.encoding = encoding
        self.ended = False
        self._content = content
        self._newline = "\n" if line_feeds else ""

    def __iter__(self) -> Iterator[str]:
        text = io.TextIOWrapper(
            self._content,
            self.encoding,
            _handler(self.encoding),
            newline=self._newline,
        )
        try:
            yield from text
            self.ended = True
        finally:
            # Closed already where the reading was given up midway.
            if not self._content.closed:
                text.detach()


def damage_in(cells: Iterable[str], encoding: str) -> str | None:
    """Say which cell holds bytes that are not of ``encoding``, if one does."""
    mark = _MARKS[_handler(encoding)]
    for place, cell in enumerate(cells, start=1):
        if not cell.isascii() and (found := mark.search(cell)):
            byte = ord(found[0]) - 0xDC00
            what = f" (byte {byte:#04x})" if byte < 0x100 else ""
            return (
                f"cell {place} is not {encoding}{what}: "
                "name the file's encoding if it is another"
            )
    return None


def _handler(encoding: str) -> str:
    return "replace" if encoding.startswith(("utf-16", "utf-32")) else "surrogateescape"
