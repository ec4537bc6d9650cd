"""The results of a block's rows, and counts of results."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from sentiment.labels import LABELS
from sentiment.prediction.answers import Floats

_MILLION = 1e6

# Of 24 public sets of English reviews and tweets, at most 4.6 % of the tokens were
# unknown to the bundled model (17 % with a slip in every third word); of texts in
# German, French, Spanish, Italian or Dutch 39 to 50 %. A few short texts tell nothing.
_MANY_UNKNOWN = 0.2
_FEWEST_TOKENS = 30


class Results(NamedTuple):
    """A block's results, a row a text, in the order of its rows.

    ``probabilities`` has shape ``(rows, labels)``, NaN where ``errors`` says why there
    is no answer; ``truncated`` is how many texts were read in part. Of the
    ``tokens_read`` of all texts the model does not know the ``unknown_tokens``.
    """

    probabilities: Floats
    errors: Sequence[str]
    truncated: int
    tokens_read: int = 0
    unknown_tokens: int = 0

    def cells(self) -> Iterable[tuple[str, ...]]:
        """Return each row's result columns as text, numbers with six decimals."""
        rounded = self._rounded
        numbers = np.column_stack([rounded.max(axis=1), rounded])
        shown = list(map("{:.6f}".format, numbers.ravel().tolist()))
        for row in np.flatnonzero(self._failed).tolist():
            shown[4 * row : 4 * row + 4] = [""] * 4
        by_column = (shown[column::4] for column in range(4))
        return zip(self._labels, *by_column, self.errors, strict=True)

    def values(self) -> Iterable[tuple[Any, ...]]:
        """Return each row's result columns as values, what is missing as None."""
        for label, row, error in zip(
            self._labels, self._rounded.tolist(), self.errors, strict=True
        ):
            if error:
                yield (None, None, None, None, None, error)
            else:
                yield (label, max(row), *row, None)

    def counts(self) -> dict[str, int]:
        """Return how many rows have which label."""
        sound = self.probabilities[~self._failed].argmax(axis=1)
        counted = np.bincount(sound, minlength=len(LABELS)).tolist()
        return {
            label: count for label, count in zip(LABELS, counted, strict=True) if count
        }

    @property
    def _rounded(self) -> Floats:
        """The probabilities in whole millionths; those of each row add up to a million.

        Rounded each on its own, a row in four would not. All are rounded down, and what
        is left goes to those that lost most: none overtakes a greater one, so that the
        label keeps the greatest.
        """
        exact = self.probabilities * _MILLION
        whole = np.floor(exact)
        left = _MILLION - whole.sum(axis=1, keepdims=True)
        places = (whole - exact).argsort(axis=1, kind="stable").argsort(axis=1)
        rounded: Floats = (whole + (places < left)) / _MILLION
        return rounded

    @property
    def _failed(self) -> Any:
        return np.isnan(self.probabilities[:, 0])

    @property
    def _labels(self) -> list[str]:
        # NaN is the greatest to argmax, so a failed row has a place to be emptied.
        labels = [LABELS[at] for at in self.probabilities.argmax(axis=1).tolist()]
        for row in np.flatnonzero(self._failed).tolist():
            labels[row] = ""
        return labels


@dataclass
class Tally:
    """How many rows there were, and what became of them."""

    rows: int = 0
    labels: Counter[str] = field(default_factory=Counter)
    errors: int = 0
    truncated: int = 0
    tokens_read: int = 0
    unknown_tokens: int = 0

    def add(self, results: Results) -> None:
        """Count a block's results."""
        self.rows += len(results.errors)
        self.labels.update(results.counts())
        self.errors += sum(map(bool, results.errors))
        self.truncated += results.truncated
        self.tokens_read += results.tokens_read
        self.unknown_tokens += results.unknown_tokens

    def merge(self, other: "Tally") -> None:
        """Count what another counted, too."""
        self.rows += other.rows
        self.labels.update(other.labels)
        self.errors += other.errors
        self.truncated += other.truncated
        self.tokens_read += other.tokens_read
        self.unknown_tokens += other.unknown_tokens

    @property
    def unknown_share(self) -> float:
        """The share of the tokens read that the model does not know."""
        return self.unknown_tokens / max(self.tokens_read, 1)

    def doubt(self) -> str | None:
        """Return a warning if the texts are likely in a language of another model.

        >>> Tally(tokens_read=99, unknown_tokens=9).doubt()
        >>> Tally(tokens_read=99, unknown_tokens=45).doubt().partition(":")[0]
        '45 % of the words and signs are unknown to the model'
        """
        if self.tokens_read < _FEWEST_TOKENS or self.unknown_share < _MANY_UNKNOWN:
            return None
        return (
            f"{100 * self.unknown_share:.0f} % of the words and signs are unknown to "
            "the model: do not rely on its answers. Are the texts in a language that "
            "it was not trained on? The bundled model reads English only"
        )

    def to_json(self) -> dict[str, Any]:
        """Return plain values, as a journal keeps them."""
        return {
            "rows": self.rows,
            "labels": dict(self.labels),
            "errors": self.errors,
            "truncated": self.truncated,
            "tokens_read": self.tokens_read,
            "unknown_tokens": self.unknown_tokens,
        }

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "Tally":
        """Rebuild what :meth:`to_json` gave."""
        return cls(
            rows=int(values["rows"]),
            labels=Counter(values["labels"]),
            errors=int(values["errors"]),
            truncated=int(values["truncated"]),
            # Not in what an earlier release noted.
            tokens_read=int(values.get("tokens_read", 0)),
            unknown_tokens=int(values.get("unknown_tokens", 0)),
        )
