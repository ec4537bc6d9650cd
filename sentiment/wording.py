"""Put counts, shares and hints at a likely name into words, for messages."""

from collections.abc import Iterable
from difflib import get_close_matches
from itertools import islice

# Bounds of the comparison, which is slow: a file may hold any number of names.
MOST_COMPARED = 500
_LONGEST_COMPARED = 80


def counted(number: int, noun: str) -> str:
    """Return how many there are, in words.

    >>> counted(1, "row"), counted(2_000, "row")
    ('1 row', '2,000 rows')
    """
    return f"{number:,} {noun}{'s' * (number != 1)}"


def percent(share: float) -> str:
    """Return a share in percent, with one decimal.

    >>> percent(0.5729)
    '57.3'
    """
    return f"{100 * share:.1f}"


def first_line(error: BaseException) -> str:
    r"""Return the first line of an error's message, its kind where it says nothing.

    >>> first_line(ValueError("too long\nat line 3")), first_line(MemoryError())
    ('too long', 'MemoryError')
    """
    return str(error).partition("\n")[0] or type(error).__name__


def closest(name: str, known: Iterable[str]) -> str | None:
    """Return the known word closest to ``name``, among the first of them.

    >>> closest("explian", ["text", "explain"]), closest("films", ["text"])
    ('explain', None)
    """
    some = islice(known, MOST_COMPARED)
    likely = [word for word in some if len(word) <= _LONGEST_COMPARED]
    return next(iter(get_close_matches(name[:_LONGEST_COMPARED], likely, n=1)), None)


def nearest(name: str, known: Iterable[str]) -> str:
    """Return a hint that names the known word closest to ``name``, or lists them all.

    >>> nearest("explian", ["text", "explain"]), nearest("films", [])
    ("did you mean 'explain'?", 'there is none')
    """
    known = sorted(known)
    close = closest(name, known)
    if close:
        return f"did you mean {close!r}?"
    return f"known are: {', '.join(known)}" if known else "there is none"
