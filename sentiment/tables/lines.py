"""The lines of a text file, decoded; what cannot be decoded stays to be named."""

import io
import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import BinaryIO

# Bytes that could not be decoded, as Python's surrogateescape keeps them.
UNDECODED = re.compile("[\\udc80-\\udcff]")

# A wide encoding, in which bytes come in groups, leaves the usual mark instead.
_MARKS = {
    "surrogateescape": UNDECODED,
    "replace": re.compile("\\ufffd"),
}


class Lines:
    """The lines of ``content`` with their ends as they are, each of them once.

    Those that were given back come again, to whoever asks for an iterator then.
    ``content`` stays open: it is its owner's to close. With ``line_feeds`` nothing else
    ends a line; without, a lone CR does, too.
    """

    def __init__(
        self, content: BinaryIO, encoding: str, *, line_feeds: bool = False
    ) -> None:
        self._text = _decoded(content, encoding, "\n" if line_feeds else "")
        self._given_back: deque[str] = deque()

    def __iter__(self) -> Iterator[str]:
        # Unlike `yield from`, a chain that is given up leaves the text open.
        return chain(self._again(), self._text)

    def give_back(self, lines: Sequence[str]) -> None:
        """Take back the lines that were given last."""
        self._given_back.extendleft(reversed(lines))

    def _again(self) -> Iterator[str]:
        while self._given_back:
            yield self._given_back.popleft()


def _decoded(content: BinaryIO, encoding: str, newline: str) -> Iterator[str]:
    text = io.TextIOWrapper(content, encoding, _handler(encoding), newline=newline)
    try:
        yield from text
    finally:
        # Closed already where the reading was given up midway.
        if not content.closed:
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
