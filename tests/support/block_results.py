"""The results of a block of one row."""

import numpy as np

from sentiment.scoring.results import Results


def answered(positive: float, negative: float | None = None) -> Results:
    """Return an answer by its share of positive; the rest is negative."""
    rest = 1 - positive if negative is None else negative
    return Results(np.array([[rest, 0.0, positive]]), [""], 0)


def failed(error: str) -> Results:
    return Results(np.full((1, 3), np.nan), [error], 0)
