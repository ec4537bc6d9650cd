"""Turn HTML left in a review into plain text, keeping each character's position."""

import html
import re
from typing import NamedTuple

# Only tags that reviews are known to carry, as HTML writes them: "<3" and
# "a <b and c> d" are text.
_MARKUP = re.compile(
    r"</?(?:a|b|br|div|em|font|h[1-6]|hr|i|img|li|ol|p|pre|s|small|span|strong|sub|sup"
    r"|table|tbody|td|tr|u|ul)(?:\s+[a-z-]+=[^<>]{0,500})?\s?/?>"
    r"|&(?:[a-zA-Z][a-zA-Z0-9]{1,31}|#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6});",
    re.IGNORECASE,
)


class PlainText(NamedTuple):
    """A text without markup; ``origins`` is None where nothing had to change.

    ``origins[i]`` is the slice ``(start, end)`` of the original that the plain text's
    character ``i`` stands for.
    """

    text: str
    origins: list[tuple[int, int]] | None

    def original_span(self, start: int, end: int) -> tuple[int, int]:
        """Return the slice of the original for the slice ``start:end`` of the text."""
        if self.origins is None:
            return start, end
        return self.origins[start][0], self.origins[end - 1][1]


def _plain(match: re.Match[str]) -> str:
    """Return what a tag (a space) or an entity (its character) reads as."""
    markup = match.group()
    if markup.startswith("<"):
        return " "
    # An entity that HTML does not know stays as it is.
    return html.unescape(markup)


def strip_markup(text: str) -> str:
    """Return ``text`` with tags replaced by a space and entities by their character.

    >>> strip_markup("Good &amp; cheap!<br />I &lt;3 it")
    'Good & cheap! I <3 it'
    """
    if "<" not in text and "&" not in text:
        return text
    return _MARKUP.sub(_plain, text)


def strip_markup_with_origins(text: str) -> PlainText:
    """Return :func:`strip_markup`'s text, with each character's position in ``text``.

    >>> plain = strip_markup_with_origins("a &amp; b")
    >>> plain.text, plain.original_span(2, 3)
    ('a & b', (2, 7))
    """
    if not _MARKUP.search(text):
        return PlainText(text, None)
    pieces: list[str] = []
    origins: list[tuple[int, int]] = []
    done = 0
    for match in _MARKUP.finditer(text):
        pieces.append(text[done : match.start()])
        origins.extend((at, at + 1) for at in range(done, match.start()))
        replacement = _plain(match)
        pieces.append(replacement)
        origins.extend([match.span()] * len(replacement))
        done = match.end()
    pieces.append(text[done:])
    origins.extend((at, at + 1) for at in range(done, len(text)))
    return PlainText("".join(pieces), origins)
