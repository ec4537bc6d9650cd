"""Guess which column of a table holds the texts, to propose it."""

from collections.abc import Iterable, Sequence
from typing import Any

# Names of columns that hold texts, or parts of them; the page guesses by the same
# (service/page/columns.js).
_LIKELY = (
    "text",
    "review",
    "comment",
    "body",
    "content",
    "tweet",
    "feedback",
    "answer",
)


def likely_text_column(
    columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> str | None:
    """Return the column that most likely holds the texts, by some rows' values.

    It is the one with the most words, of those with a likely name if there are any;
    None where none has two words in a cell, as of numbers, dates and keys.

    >>> likely_text_column(["id", "Antwort"], [["1", "sehr gut"], ["2", "nie wieder"]])
    'Antwort'
    """
    words = [0] * len(columns)
    for values in rows:
        # A damaged row may have other cells than the header.
        for place, value in zip(range(len(columns)), values, strict=False):
            if isinstance(value, str):
                words[place] += max(len(value.split()) - 1, 0)
    named = [
        place
        for place, name in enumerate(columns)
        if words[place] and any(word in name.lower() for word in _LIKELY)
    ]
    best = max(named or range(len(columns)), key=words.__getitem__, default=None)
    return None if best is None or not words[best] else columns[best]
