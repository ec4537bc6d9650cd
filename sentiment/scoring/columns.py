"""Which column holds the texts, and what the results are called."""

from collections.abc import Callable, Sequence
from difflib import get_close_matches
from typing import Any

from sentiment.errors import DataError
from sentiment.tables.arrow import may_hold_texts

RESULT_COLUMNS = (
    "sentiment",
    "confidence",
    "negative",
    "neutral",
    "positive",
    "error",
)

# A message that names more of them is not read.
_MOST_LISTED = 30
_LONGEST_NAME = 80


def result_columns(columns: Sequence[str], prefix: str = "") -> list[str]:
    """Return the names of the results, which no input column may have already.

    Raises:
        DataError: An input column has such a name.
    """
    return free_names(columns, RESULT_COLUMNS, prefix)


def free_names(
    columns: Sequence[str], wanted: Sequence[str], prefix: str = ""
) -> list[str]:
    """Return names for new columns, which no input column may have already.

    Raises:
        DataError: An input column has such a name.
    """
    names = [prefix + name for name in wanted]
    taken = [name for name in names if name in columns]
    if taken:
        raise DataError(
            f"the input has a column {taken[0]!r} already, which is a result's name: "
            "rename the results with a prefix, for example model_",
            option="prefix",
        )
    return names


def choose_text_column(
    columns: Sequence[str],
    wanted: str | None,
    say: Callable[[str], None] | None = None,
    schema: Any = None,
) -> str:
    """Return the column of the texts: the one named, else ``text``, else the only one.

    ``say`` hears of it if several have that name, and what the only one is called: it
    may be the first text of a file without a header. ``schema`` is that of Parquet.

    Raises:
        DataError: There is no such column, or no way to tell, or it holds no texts; or
            several have that name, and there is nobody to say so to.
    """
    column = _text_column(columns, wanted)
    if schema is not None:
        _require_texts(columns, column, schema)
    if columns.count(column) > 1:
        _say_which(columns, column, say)
    if say is not None and wanted is None and column != "text":
        say(f"scoring the only column, {column[:_LONGEST_NAME]!r}")
    return column


def _say_which(
    columns: Sequence[str], column: str, say: Callable[[str], None] | None
) -> None:
    """Say that the first of several is scored; refuse that where nobody hears of it."""
    name = column[:_LONGEST_NAME]
    if say is not None:
        say(f"{name!r} names several columns: the first is scored")
        return
    times = columns.count(column)
    raise DataError(
        f"the column {name!r} stands {'twice' if times == 2 else f'{times:,} times'}: "
        "which of them holds the texts cannot be told, so rename one"
    )


def _require_texts(columns: Sequence[str], column: str, schema: Any) -> None:
    """Refuse a column whose type says that each of its rows would be an error."""
    kinds = dict(zip(reversed(columns), reversed(schema.types), strict=True))
    if may_hold_texts(kinds[column]):
        return
    others = [name for name in columns if may_hold_texts(kinds[name])]
    hint = f" (texts are in {_listed(others)})" if others else ""
    raise DataError(
        f"the column {column!r} holds {kinds[column]}, not texts: say which one holds "
        f"them{hint}",
        option="text_column",
    )


def _text_column(columns: Sequence[str], wanted: str | None) -> str:
    if wanted is not None:
        if wanted in columns:
            return wanted
        close = get_close_matches(wanted, columns, n=1)
        hint = f": did you mean {close[0]!r}?" if close else ""
        raise DataError(
            f"there is no column {wanted!r}{hint} (the columns are {_listed(columns)})"
        )
    if "text" in columns:
        return "text"
    if len(columns) == 1:
        return columns[0]
    raise DataError(
        "there is no column 'text': say which one holds the texts (the columns are "
        f"{_listed(columns)})",
        option="text_column",
    )


def _listed(columns: Sequence[str]) -> str:
    """Return names for a message, of very many the first."""
    listed = ", ".join(map(repr, columns[:_MOST_LISTED]))
    more = len(columns) - _MOST_LISTED
    return f"{listed} and {more:,} more" if more > 0 else listed
