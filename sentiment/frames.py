"""Score a pandas frame in a notebook; pandas is imported only where there is one."""

import importlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sentiment.errors import DataError, SentimentError, TextError
from sentiment.labels import LABELS
from sentiment.scoring.blocks import MISSING_TEXT, usable_text
from sentiment.scoring.columns import find_column, result_columns

if TYPE_CHECKING:
    from sentiment.prediction.prediction import Prediction
    from sentiment.prediction.predictor import Predictor

# Texts that are scored at once: all answers stay in memory, batches do not.
_TEXTS = 2_048


def predict_frame(
    predictor: "Predictor", frame: Any, *, text_column: Any = None, prefix: str = ""
) -> Any:
    """Return a copy of ``frame`` with the results as further columns.

    They are those of ``sentiment score``: ``sentiment`` and ``error`` (string) and
    ``confidence``, ``negative``, ``neutral`` and ``positive`` (float). A text that is
    missing, or that cannot be scored, has missing results and its ``error``. Where
    columns have several levels, the results' names stand in the first, and a tuple
    names the column of the texts.

    Args:
        predictor: Scores the texts.
        frame: A ``pandas.DataFrame``; its rows, their index and order stay.
        text_column: The column of the texts: default ``text``, else the only one.
        prefix: Put in front of the results' names.

    Raises:
        DataError: There is no such column, or two; none of its values is a text; or
            the frame has a column named like a result.
        SentimentError: ``frame`` is not a pandas frame.

    >>> import pandas, sentiment
    >>> reviews = pandas.DataFrame({"text": ["Great food!", None]}, index=["a", "b"])
    >>> scored = sentiment.load().predict_frame(reviews)
    >>> scored["sentiment"]["a"], scored["error"]["b"]
    ('positive', 'the text is missing')
    """
    pandas = _pandas_of(frame)
    columns = list(frame.columns)
    with _argument_named():
        # Of columns with several levels the first: it is the result's, whole.
        names = result_columns(list(frame.columns.get_level_values(0)), prefix)
        texts = _texts(frame[_text_column(columns, text_column)])
    answers = list(_answers(predictor, texts))
    values = zip(*(_cells(answer) for answer in answers), strict=True)
    kinds = ["string", *["float64"] * (len(names) - 2), "string"]
    added = {
        name: pandas.Series(list(cells), index=frame.index, dtype=kind)
        for name, kind, cells in zip(
            names, kinds, values if answers else [()] * len(names), strict=True
        )
    }
    # By position; frame.assign goes by label, and an index may have duplicates.
    result = frame.copy()
    lower = [""] * (frame.columns.nlevels - 1)
    for name, series in added.items():
        result[(name, *lower) if lower else name] = series.array
    return result


def _pandas_of(frame: Any) -> Any:
    try:
        pandas: Any = importlib.import_module("pandas")
    except ImportError as error:
        raise SentimentError(
            "predict_frame takes a pandas.DataFrame, and pandas is not installed: "
            "a possible solution is to run: pip install pandas"
        ) from error
    if not isinstance(frame, pandas.DataFrame):
        raise SentimentError(
            f"predict_frame takes a pandas.DataFrame, not {_kind(frame)}: "
            "convert it first, or give predict a list"
        )
    return pandas


def _kind(frame: Any) -> str:
    """Return a type's full name: other libraries have a DataFrame, too."""
    kind = type(frame)
    library = kind.__module__.partition(".")[0]
    return kind.__name__ if library == "builtins" else f"{library}.{kind.__name__}"


@contextmanager
def _argument_named() -> Iterator[None]:
    """Name the Python argument that would help in a DataError."""
    try:
        yield
    except DataError as error:
        if error.option is None:
            raise
        raise DataError(f"{error} ({error.option}=)") from error


def _text_column(columns: Sequence[Any], wanted: Any) -> Any:
    column = find_column(columns, wanted)
    count = columns.count(column)
    if count > 1:
        raise DataError(
            f"the frame has {count} columns {column!r}: rename those that do not hold "
            "the texts"
        )
    return column


def _texts(column: Any) -> list[str | TextError]:
    """Return a column's values, and for each that is not a text why it has no answer.

    Raises:
        DataError: There are values, and none of them is a text: the column is another.
    """
    values, missing = list(column), list(column.isna())
    texts = [
        MISSING_TEXT if gone else usable_text(value)
        for value, gone in zip(values, missing, strict=True)
    ]
    there = [value for value, gone in zip(values, missing, strict=True) if not gone]
    if there and not any(isinstance(text, str) for text in texts):
        raise DataError(
            f"no value of column {column.name!r} is a text, the first is "
            f"{type(there[0]).__name__}: name another, or make texts of its values",
            option="text_column",
        )
    return texts


def _answers(
    predictor: "Predictor", texts: Sequence[str | TextError]
) -> Iterator["Prediction | TextError"]:
    """Yield each text's answer; a text that recurs nearby is computed once."""
    for start in range(0, len(texts), _TEXTS):
        some = texts[start : start + _TEXTS]
        distinct = list(dict.fromkeys(text for text in some if isinstance(text, str)))
        found = dict(zip(distinct, predictor.predict_each(distinct), strict=True))
        yield from (found[text] if isinstance(text, str) else text for text in some)


def _cells(answer: "Prediction | TextError") -> tuple[Any, ...]:
    if isinstance(answer, TextError):
        return (None, *[None] * (1 + len(LABELS)), answer.message)
    return (answer.label, answer.confidence, *answer.probabilities, None)
