"""Confusion counts and figures from them, for one confusion or many at once.

Every function takes counts of shape ``(..., 3, 3)``, rows being the true labels and
columns the predicted ones, so that the same code scores the observed confusion and all
resamples of a bootstrap at once.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from sentiment.labels import LABELS, NEUTRAL

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

SIZE = len(LABELS)


def masked_probabilities(probabilities: Floats, two_class: Flags) -> Floats:
    """Return the probabilities over the labels that each example's source can have.

    For a source without neutral, the probability of neutral is distributed over
    negative and positive in proportion.
    """
    masked = probabilities.copy()
    masked[two_class, NEUTRAL] = 0.0
    total = masked.sum(axis=1, keepdims=True)
    # All of it was on neutral: nothing says which of the two it would have been.
    undecided = total[:, 0] <= 0
    masked[undecided] = (0.5, 0.0, 0.5)
    total[undecided] = 1.0
    normalised: Floats = masked / total
    return normalised


def confusion_counts(labels: Integers, predicted: Integers) -> Integers:
    """Return how often each label (row) was answered with each label (column)."""
    cells = np.bincount(labels * SIZE + predicted, minlength=SIZE * SIZE)
    return cells.reshape(SIZE, SIZE)


def precision(confusion: npt.NDArray[Any]) -> Floats:
    """Return each label's precision; 0 for a label that was never predicted."""
    return _ratio(_right(confusion), confusion.sum(axis=-2), empty=0.0)


def recall(confusion: npt.NDArray[Any]) -> Floats:
    """Return each label's recall; NaN for a label that no example has."""
    return _ratio(_right(confusion), confusion.sum(axis=-1), empty=np.nan)


def f1(confusion: npt.NDArray[Any]) -> Floats:
    """Return each label's F1; NaN for a label that no example has."""
    support = confusion.sum(axis=-1)
    f1 = _ratio(2 * _right(confusion), support + confusion.sum(axis=-2), empty=np.nan)
    return np.where(support > 0, f1, np.nan)


def macro_f1(confusion: npt.NDArray[Any]) -> Floats:
    """Return the mean F1 over the labels that examples have, and over no others.

    scikit-learn's default also averages over labels that were only predicted, which
    costs a two-class source a third for a single neutral answer.
    """
    return _mean_of_present(f1(confusion))


def macro_recall(confusion: npt.NDArray[Any]) -> Floats:
    """Return the mean recall over the labels that examples have."""
    return _mean_of_present(recall(confusion))


def accuracy(confusion: npt.NDArray[Any]) -> Floats:
    """Return the share of right answers."""
    return _ratio(
        _right(confusion).sum(axis=-1), confusion.sum(axis=(-2, -1)), empty=np.nan
    )


def _right(confusion: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return np.diagonal(confusion, axis1=-2, axis2=-1)


def _ratio(part: npt.NDArray[Any], whole: npt.NDArray[Any], *, empty: float) -> Floats:
    ratio = np.full(np.shape(whole), empty, dtype=np.float64)
    np.divide(part, whole, out=ratio, where=np.asarray(whole) > 0)
    return ratio


def _mean_of_present(values: Floats) -> Floats:
    # Not nanmean: it warns where a resample of few examples holds none at all.
    present = ~np.isnan(values)
    return _ratio(
        np.where(present, values, 0.0).sum(axis=-1), present.sum(axis=-1), empty=np.nan
    )
