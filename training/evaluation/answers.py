"""Probabilities and the labels of their examples, as arrays, for every figure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sentiment.errors import DataError
from sentiment.labels import NEUTRAL
from training.data.examples import Example
from training.evaluation.measures import (
    SIZE,
    Flags,
    Floats,
    Integers,
    confusion_counts,
    masked_probabilities,
)

# Too little to change any figure but which of equal probabilities is the largest.
_HAIR = 1e-9


@dataclass(frozen=True, eq=False)
class LabelledAnswers:
    """``n`` answers: ``raw`` as given, ``masked`` among the labels of their source.

    ``unscored`` of them had no probabilities. They got one third for each label and
    count as wrong, whichever label is true. So does an answer whose ``masked`` side is
    undecided, because all of it was on neutral.
    """

    raw: Floats  # (n, 3)
    masked: Floats  # (n, 3)
    labels: Integers  # (n,)
    two_class: Flags  # (n,)
    sources: npt.NDArray[np.str_]  # (n,)
    units: npt.NDArray[np.str_]  # (n,)
    unscored: int

    @classmethod
    def of(
        cls, probabilities: Floats, examples: Sequence[Example]
    ) -> "LabelledAnswers":
        """Combine probabilities with their examples.

        Raises:
            DataError: There is no example.
            ValueError: There are not as many rows of three as examples.
        """
        if not examples:
            raise DataError("there is no example to judge by: hold out some texts")
        if probabilities.shape != (len(examples), SIZE):
            raise ValueError(
                f"probabilities have the shape {probabilities.shape}, "
                f"{len(examples)} examples need {(len(examples), SIZE)}"
            )
        labels = np.array([example.label for example in examples], dtype=np.int64)
        missing = np.isnan(probabilities.sum(axis=1))
        raw = np.where(missing[:, None], 1 / SIZE, probabilities)
        _lean_away(raw, labels, missing)
        two_class = np.array([example.two_class for example in examples])
        masked = masked_probabilities(raw, two_class)
        _lean_away(masked, labels, two_class & (raw[:, NEUTRAL] >= raw.sum(axis=1)))
        return cls(
            raw=raw,
            masked=masked,
            labels=labels,
            two_class=two_class,
            sources=np.array([example.source for example in examples]),
            units=np.array([example.unit for example in examples]),
            unscored=int(missing.sum()),
        )

    def confusion(self, which: Flags) -> Integers:
        """Return the confusion counts of the ``masked`` answers among ``which``."""
        return confusion_counts(self.labels[which], self.masked[which].argmax(axis=1))

    def by_source(self) -> Iterator[tuple[str, Flags]]:
        """Yield sources in alphabetical order: name, and which examples are from it."""
        for name in np.unique(self.sources):
            yield str(name), self.sources == name

    def by_unit(self) -> Iterator[tuple[str, Flags]]:
        """Yield each kind of text that sources name, and which examples are of it."""
        for name in np.unique(self.units[self.units != ""]):
            yield str(name), self.units == name


def _lean_away(probabilities: Floats, labels: Integers, which: Flags) -> None:
    """Let the true label be a hair less probable in the rows that say nothing.

    The first of equals is taken for the answer: negative, which might be right.
    """
    probabilities[which, labels[which]] -= _HAIR
