"""Intervals by resampling counts: what another sample of such texts might have shown.

Drawing n examples with replacement and counting a table of them is the same as drawing
that table from a multinomial distribution, which costs the cells and not the examples:
thousands of resamples of 100,000 texts take milliseconds.
"""

from dataclasses import dataclass

import numpy as np

from training.evaluation.measures import Floats, Integers

RESAMPLES = 5_000
COVERAGE = 0.95


@dataclass(frozen=True, slots=True)
class Interval:
    """The middle 95 % of the values that resampled examples gave."""

    low: float
    high: float


class Draw:
    """A seeded way to resample tables of counts, one after the other."""

    def __init__(self, seed: int = 0, resamples: int = RESAMPLES) -> None:
        if resamples < 1:
            raise ValueError(f"resamples must be at least 1, not {resamples}")
        self.resamples = resamples
        self._rng = np.random.default_rng(seed)

    def __call__(self, counts: Integers) -> Integers:
        """Return tables of as many examples as ``counts``: ``(resamples, *shape)``.

        Raises:
            ValueError: The counts are all zero, there is nothing to draw from.
        """
        total = int(counts.sum())
        if total == 0:
            raise ValueError("no examples to resample: every count is 0")
        shares = counts.ravel() / total
        drawn = self._rng.multinomial(total, shares, size=self.resamples)
        return drawn.reshape(self.resamples, *counts.shape)


def interval(values: Floats) -> Interval:
    """Return the percentile interval of the values of a figure in the resamples."""
    tail = (1 - COVERAGE) / 2
    low, high = np.nanquantile(values, (tail, 1 - tail))
    return Interval(float(low), float(high))
