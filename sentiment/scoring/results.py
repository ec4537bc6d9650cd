"""The results of a block's rows, and counts of results."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from sentiment.answers import Floats
from sentiment.labels import LABELS

_MILLION = 1e6


class Results(NamedTuple):
    """A block's results, a row a text, in the order of its rows.

    ``probabilities`` has shape ``(rows, labels)``, NaN where ``errors`` says why there
    is no answer; ``truncated`` is how many texts were read in part.
    """

    probabilities: Floats
    errors: Sequence[str]
    truncated: int

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

    def add(self, results: Results) -> None:
        """Count a block's results."""
        self.rows += len(results.errors)
        self.labels.update(results.counts())
        self.errors += sum(map(bool, results.errors))
        self.truncated += results.truncated

    def merge(self, other: "Tally") -> None:
        """Count what another counted, too."""
        self.rows += other.rows
        self.labels.update(other.labels)
        self.errors += other.errors
        self.truncated += other.truncated

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
