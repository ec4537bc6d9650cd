"""The answers to several texts at once, in arrays: one row per text, in order."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sentiment.errors import TextError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Answers(NamedTuple):
    """What the model says of several texts, and how much it read of each.

    ``probabilities`` has shape ``(texts, labels)``. A text in ``errors``, by its
    position, could not be scored: its probabilities are NaN, its counts 0.
    """

    probabilities: Floats
    token_counts: Ints
    tokens_read: Ints
    unknown_tokens: Ints
    errors: dict[int, TextError]
