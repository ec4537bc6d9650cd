"""Score the texts of a block, and count what came out."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sentiment.errors import TextError
from sentiment.prediction import Prediction
from sentiment.predictor import Predictor


class Result(NamedTuple):
    """What stands beside a row: a label with its probabilities, or an error."""

    sentiment: str = ""
    confidence: float | None = None
    negative: float | None = None
    neutral: float | None = None
    positive: float | None = None
    error: str = ""
    truncated: bool = False

    def cells(self) -> list[str]:
        """Return the result columns as text, numbers with six decimals."""
        numbers = (self.confidence, self.negative, self.neutral, self.positive)
        shown = ["" if number is None else f"{number:.6f}" for number in numbers]
        return [self.sentiment, *shown, self.error]

    def values(self) -> list[Any]:
        """Return the result columns as values, what is missing as None."""
        numbers = (self.confidence, self.negative, self.neutral, self.positive)
        rounded = [None if number is None else round(number, 6) for number in numbers]
        return [self.sentiment or None, *rounded, self.error or None]


@dataclass
class Tally:
    """How many rows there were, and what became of them."""

    rows: int = 0
    labels: Counter[str] = field(default_factory=Counter)
    errors: int = 0
    truncated: int = 0

    def add(self, results: Sequence[Result]) -> None:
        """Count a block's results."""
        self.rows += len(results)
        self.labels.update(one.sentiment for one in results if one.sentiment)
        self.errors += sum(bool(one.error) for one in results)
        self.truncated += sum(one.truncated for one in results)

    def to_json(self) -> dict[str, Any]:
        """Return plain values, as a journal keeps them."""
        return {
            "rows": self.rows,
            "labels": dict(self.labels),
            "errors": self.errors,
            "truncated": self.truncated,
        }

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "Tally":
        """Rebuild what :meth:`to_json` gave."""
        return cls(
            rows=int(values["rows"]),
            labels=Counter(values["labels"]),
            errors=int(values["errors"]),
            truncated=int(values["truncated"]),
        )


def score_texts(
    predictor: Predictor, texts: Sequence[str | None], errors: Sequence[str]
) -> list[Result]:
    """Return each text's result; one without a text keeps its error.

    A text that stands there several times is computed once.
    """
    distinct = list(dict.fromkeys(text for text in texts if text is not None))
    answers = dict(zip(distinct, predictor.predict_each(distinct), strict=True))
    return [
        Result(error=error) if text is None else _result(answers[text])
        for text, error in zip(texts, errors, strict=True)
    ]


def _result(answer: Prediction | TextError) -> Result:
    if isinstance(answer, TextError):
        return Result(error=answer.message)
    return Result(
        answer.label,
        answer.confidence,
        *answer.probabilities,
        truncated=answer.truncated,
    )
