"""What can go wrong, one class for each failure a caller would treat differently."""

from collections.abc import Iterable
from difflib import get_close_matches
from itertools import islice

# More words are not compared, nor longer ones: it is slow, and a file may hold any.
MOST_COMPARED = 500
_LONGEST_COMPARED = 80


class SentimentError(Exception):
    """Base of every error this project raises on purpose; its message is for people."""


class ArtifactError(SentimentError):
    """A model's folder is missing, damaged, or of another format."""


class ConfigError(SentimentError):
    """A recipe or a setting is not valid."""


class DataError(SentimentError):
    """A file of texts cannot be read, or does not hold what was asked of it.

    ``option`` is the one that would help, by its name in Python: a command line and a
    query have each their own way to write it.
    """

    def __init__(self, message: str, *, option: str | None = None) -> None:
        super().__init__(message)
        self.option = option


class ReadError(DataError):
    """A file of texts could not be read on just now; another time it may be."""


class FeedbackError(SentimentError):
    """Corrections cannot be kept or read now: their database is not as it should be."""


class MissingExtraError(SentimentError):
    """A feature needs a package that is installed only with an extra."""

    def __init__(self, feature: str, extra: str) -> None:
        super().__init__(
            f"{feature} needs the extra {extra!r}, which is not installed: "
            f"a possible solution is to run: pip install 'sentiment[{extra}]'"
        )


class TextError(SentimentError):
    """One text cannot be scored; ``code`` is its name for programs."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def counted(number: int, noun: str) -> str:
    """Return how many there are, in words.

    >>> counted(1, "row"), counted(2_000, "row")
    ('1 row', '2,000 rows')
    """
    return f"{number:,} {noun}{'s' * (number != 1)}"


def closest(name: str, known: Iterable[str]) -> str | None:
    """Return the known word closest to ``name``, of many the first being looked at.

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
