"""The decoded lines of a text file; undecodable bytes are kept, to be reported."""

import codecs
import io
import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import BinaryIO

# Bytes that could not be decoded, as Python's surrogateescape keeps them.
UNDECODED = re.compile("[\\udc80-\\udcff]")

# In an encoding of several bytes per character ASCII bytes may be damage, too, which
# surrogateescape refuses.
_WIDE = ("utf-16", "utf-32")
_UNDECODED_WIDE = re.compile("[\\udc00-\\udcff]")


def _keep_bytes(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    damaged = error.object[error.start : error.end]
    return "".join(chr(0xDC00 + byte) for byte in damaged), error.end


codecs.register_error("sentiment.keep_bytes", _keep_bytes)


class Pack(str):
    """Several ``lines`` in one string, which takes less memory."""

    lines: int

    @classmethod
    def of(cls, lines: Sequence[str]) -> "Pack":
        """Return a pack of lines, each with its end but for the file's last."""
        pack = cls("".join(lines))
        pack.lines = len(lines)
        return pack

    def unpacked(self) -> Iterator[str]:
        """Return the lines."""
        # Not splitlines, which cuts at other characters, too.
        return io.StringIO(self, newline="")


def count_lines(pieces: Iterable[str]) -> int:
    """Return how many lines there are, those in packs among them."""
    return sum(piece.lines if isinstance(piece, Pack) else 1 for piece in pieces)


class Lines:
    """The lines of ``content`` with their ends as they are, each of them once.

    Lines that were given back come first from the next iterator. ``content`` stays
    open: its owner closes it. With ``line_feeds`` nothing else ends a line; without, a
    lone CR does, too.
    """

    def __init__(
        self, content: BinaryIO, encoding: str, *, line_feeds: bool = False
    ) -> None:
        self._text = _decoded(content, encoding, "\n" if line_feeds else "")
        self._given_back: deque[str] = deque()

    def __iter__(self) -> Iterator[str]:
        # Unlike `yield from`, an abandoned chain leaves the text open.
        return chain(self._again(), self._text)

    def skip(self, count: int) -> None:
        """Take so many lines, or all if there are fewer."""
        for _ in islice(self, count):
            pass

    def give_back(self, pieces: Sequence[str]) -> None:
        """Take back the lines that were given last; some may be packed by now."""
        self._given_back.extendleft(reversed(pieces))

    def _again(self) -> Iterator[str]:
        while self._given_back:
            piece = self._given_back.popleft()
            if not isinstance(piece, Pack):
                yield piece
                continue
            first, *rest = piece.unpacked()
            # Give the rest back first: the consumer may start another iterator.
            self._given_back.extendleft(reversed(rest))
            yield first


def _decoded(content: BinaryIO, encoding: str, newline: str) -> Iterator[str]:
    kept = "sentiment.keep_bytes" if encoding.startswith(_WIDE) else "surrogateescape"
    text = io.TextIOWrapper(content, encoding, kept, newline=newline)
    try:
        yield from text
    finally:
        # Already closed if the reading was abandoned midway.
        if not content.closed:
            text.detach()


def damage_in(cells: Iterable[str], encoding: str) -> str | None:
    """Say which cell holds bytes that are not of ``encoding``, if one does."""
    mark = _UNDECODED_WIDE if encoding.startswith(_WIDE) else UNDECODED
    for place, cell in enumerate(cells, start=1):
        if not cell.isascii() and (found := mark.search(cell)):
            byte = ord(found[0]) - 0xDC00
            return (
                f"cell {place} is not {encoding} (byte {byte:#04x}): "
                "name the file's encoding if it is another"
            )
    return None
