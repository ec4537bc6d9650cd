"""Which column holds the texts, and what the results are called.

A header is whatever a file begins with, of any number of names and of any length: where
there is none, the names are the cells of the first row, a text among them.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from itertools import chain, count, islice
from typing import Any

from sentiment.errors import DataError
from sentiment.scoring.likely_column import likely_text_column
from sentiment.tables import Row
from sentiment.tables.arrow import may_hold_texts
from sentiment.wording import MOST_COMPARED, closest, counted

RESULT_COLUMNS = (
    "sentiment",
    "confidence",
    "negative",
    "neutral",
    "positive",
    "error",
)

# Bounds that keep messages readable: how many columns, and how much of a name.
_MOST_LISTED = 30
_LONGEST_NAME = 40

# How many rows are read to guess the texts' column: a pipe may be slow.
_ROWS_SEEN = 20

# A text has more words than a name, or ends like a sentence. A number or a date as a
# name means that the first line is a row.
_MOST_WORDS = 4
_NO_NAME = re.compile(r".*[.!?…]\s*|[\d\s.,:/+-]*\d[\d\s.,:/+-]*", re.DOTALL)


def result_columns(columns: Sequence[Any], prefix: str = "") -> list[str]:
    """Return the names of the results, which no input column may have already.

    Raises:
        DataError: An input column has such a name.
    """
    return free_names(columns, RESULT_COLUMNS, prefix)


def free_names(
    columns: Sequence[Any], wanted: Sequence[str], prefix: str = ""
) -> list[str]:
    """Return names for new columns, which no input column may have already.

    Raises:
        DataError: An input column has such a name.
    """
    names = [prefix + name for name in wanted]
    taken = [name for name in names if name in columns]
    if taken:
        other = "another" if prefix else "a"
        raise DataError(
            f"the input has a column {taken[0]!r} already, as a new one is to be "
            f"called: put {other} prefix before the new ones, for example "
            f"{free_prefix(columns, wanted)}",
            option="prefix",
        )
    return names


def free_prefix(columns: Sequence[Any], wanted: Sequence[str]) -> str:
    """Return a prefix with which new columns have names that no input column has.

    A file that was scored before may have results under the first ones. The page
    fills in the same (service/page/columns.js).

    >>> free_prefix(["text", "sentiment"], RESULT_COLUMNS)
    'model_'
    >>> free_prefix(["text", "sentiment", "model_sentiment"], RESULT_COLUMNS)
    'model_2_'
    """
    taken = set(columns)
    later = (f"model_{number}_" for number in count(2))
    return next(
        prefix
        for prefix in chain(["model_"], later)
        if taken.isdisjoint(prefix + name for name in wanted)
    )


def choose_text_column(
    columns: Sequence[str],
    wanted: str | None,
    say: Callable[[str], None] | None = None,
    schema: Any = None,
    *,
    headed: bool = False,
    rows: Iterable[Row] = (),
    discreet: bool = False,
) -> str:
    """Return the column of the texts: the one named, else ``text``, else the only one.

    ``say`` reports it if several have that name, and the name of an only column, which
    may be the first text of a file without a header, with a warning if it looks like
    one and the names are those of a ``headed`` file's first row. ``schema`` is that of
    Parquet. If none is found, the first ``rows`` are read to propose one.

    Raises:
        DataError: As :func:`find_column`; or the column holds no texts, or several
            have its name and ``say`` is not given.
    """
    likely = None
    if wanted is None and len(columns) > 1 and "text" not in columns:
        with suppress(DataError):  # what is wrong with the rows comes second
            some = [row.values for row in islice(rows, _ROWS_SEEN)]
            likely = likely_text_column(columns, some)
    try:
        column: str = find_column(columns, wanted, likely=likely, discreet=discreet)
    except DataError:
        if say is not None and headed and any(map(_may_be_a_text, columns)):
            say("the first row is taken as the header. If it is none, say --no-header")
        raise
    if schema is not None:
        _require_texts(columns, column, schema)
    if columns.count(column) > 1:
        _say_which(columns, column, say)
    if say is not None and wanted is None and column != "text":
        say(f"scoring the only column, {quoted_name(column)}")
        if headed and _may_be_a_text(column):
            say(
                f"the first row is taken as the header: {quoted_name(column)} is not "
                "scored. If it is a text, say --no-header"
            )
    return column


def _may_be_a_text(column: str) -> bool:
    """Say whether the name of an only column looks like its first text.

    Not one that ends as a question: surveys have such headers.

    >>> [_may_be_a_text(name) for name in ("Comment", "It broke.", "How was it?")]
    [False, True, False]
    """
    is_question = column.rstrip().endswith("?") and "\n" not in column
    return not is_question and not is_like_a_name(column)


def _say_which(
    columns: Sequence[str], column: str, say: Callable[[str], None] | None
) -> None:
    """Report that the first of several is scored; refuse that without ``say``."""
    if say is not None:
        say(f"{quoted_name(column)} names several columns: the first is scored")
        return
    found = columns.count(column)
    raise DataError(
        f"{'two' if found == 2 else f'{found:,}'} columns are named "
        f"{quoted_name(column)}, so it is unclear which holds the texts: rename one"
    )


def find_column(
    columns: Sequence[Any],
    wanted: Any = None,
    *,
    likely: str | None = None,
    discreet: bool = False,
) -> Any:
    """Return the column of the texts: the one named, else ``text``, else the only one.

    Names are those of a file, or the labels of a frame, which may be anything. If there
    is no such column, the ``likely`` one is proposed.

    Raises:
        DataError: There is no such column, or no way to tell. A ``discreet`` message
            holds no name that may be a text.
    """
    if wanted is not None:
        require_column(columns, wanted, discreet=discreet)
        return wanted
    if len(columns) == 1:
        return columns[0]
    if "text" not in columns:
        proposal = "" if likely is None else f", perhaps {quoted_name(likely)}"
        raise DataError(
            f"there is no column 'text': say which one holds the texts{proposal} "
            f"({_listed(columns, discreet=discreet)})",
            option="text_column",
        )
    return "text"


def require_column(
    columns: Sequence[Any],
    wanted: Any,
    *,
    option: str | None = None,
    discreet: bool = False,
) -> None:
    """Refuse a column that is not there; ``option`` is what named it.

    Raises:
        DataError: There is no such column. A ``discreet`` message holds no name that
            may be a text.
    """
    if wanted in columns:
        return
    likely = columns[:MOST_COMPARED]
    if discreet:
        likely = list(filter(is_like_a_name, likely))
    close = closest(str(wanted), map(str, likely))
    hint = f": did you mean {close!r}?" if close else ""
    raise DataError(
        f"there is no column {quoted_name(wanted)}{hint} "
        f"({_listed(columns, discreet=discreet)})",
        option=option,
    )


def is_like_a_name(column: str) -> bool:
    """Say whether a header's cell looks like a name, not like a text or value.

    >>> [is_like_a_name(cell) for cell in ("Review text", "", "It broke.", "1")]
    [True, True, False, False]
    """
    return (
        len(column) <= _LONGEST_NAME
        and len(column.split()) <= _MOST_WORDS
        and not _NO_NAME.fullmatch(column)
    )


def quoted_name(column: Any) -> str:
    """Return a column's name quoted for a message, a long one shortened.

    >>> quoted_name("review"), quoted_name("x" * 50), quoted_name(7)
    ("'review'", "'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…'", '7')
    """
    if isinstance(column, str) and len(column) > _LONGEST_NAME:
        column = f"{column[: _LONGEST_NAME - 1]}…"
    return repr(column)


def _require_texts(columns: Sequence[str], column: str, schema: Any) -> None:
    """Refuse a column whose type says that each of its rows would be an error."""
    kinds = dict(zip(reversed(columns), reversed(schema.types), strict=True))
    if may_hold_texts(kinds[column]):
        return
    others = [name for name in columns if may_hold_texts(kinds[name])]
    hint = f" (texts are in {_names(others)})" if others else ""
    raise DataError(
        f"the column {quoted_name(column)} holds {kinds[column]}, not texts: say which "
        f"one holds them{hint}",
        option="text_column",
    )


def _listed(columns: Sequence[Any], *, discreet: bool) -> str:
    """Return what columns there are, in words.

    With ``discreet`` no name is shown if one of them may be a text.
    """
    shown = columns[:_MOST_LISTED]
    if discreet and (len(columns) == 1 or not all(map(is_like_a_name, shown))):
        return (
            f"the first line has {counted(len(columns), 'cell')}, not shown since one "
            "may be a text: is it a header?"
        )
    return f"the columns are {_names(columns)}" if columns else "there are no columns"


def _names(columns: Sequence[Any]) -> str:
    """Return names for a message, of very many the first."""
    listed = ", ".join(map(quoted_name, islice(columns, _MOST_LISTED)))
    more = len(columns) - _MOST_LISTED
    return f"{listed} and {more:,} more" if more > 0 else listed
