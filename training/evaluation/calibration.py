"""Measures of calibration: ECE, Brier score, log loss, reliability bins."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from sentiment.labels import LABELS
from training.evaluation.measures import SIZE, Floats, Integers

BINS = 15
# A baseline may answer with certainty; being wrong then costs 13.8, not infinity.
_SMALLEST = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class ReliabilityBin:
    """The answers with a confidence in ``(low, high]``, and their accuracy."""

    low: float
    high: float
    count: int
    confidence: float
    accuracy: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AnsweredLabel:
    """The answers with one label: their mean confidence and their accuracy."""

    label: str
    count: int
    confidence: float
    accuracy: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """How far confidence and accuracy lie apart.

    ``ece`` is the mean gap between them over 15 bins of equal width on the confidence,
    weighted by the bins' counts. ``brier`` is the squared distance between the three
    probabilities and the label (0 to 2). ``log_loss`` is in nats, with probabilities
    no smaller than 1e-6. ``reliability`` leaves empty bins out, and ``answered`` labels
    that were never answered.
    """

    ece: float
    brier: float
    log_loss: float
    reliability: tuple[ReliabilityBin, ...]
    answered: tuple[AnsweredLabel, ...]

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return asdict(self)


def calibration(probabilities: Floats, labels: Integers) -> Calibration:
    """Compare probabilities of shape ``(n, 3)`` with the labels that were true."""
    bins = reliability_bins(probabilities, labels)
    gaps = [one.count * abs(one.accuracy - one.confidence) for one in bins]
    truth = np.eye(SIZE)[labels]  # (n, 3)
    of_label = probabilities[np.arange(len(labels)), labels]
    return Calibration(
        ece=sum(gaps) / len(labels),
        brier=float(np.square(probabilities - truth).sum(axis=1).mean()),
        log_loss=float(-np.log(np.maximum(of_label, _SMALLEST)).mean()),
        reliability=bins,
        answered=tuple(_answered_labels(probabilities, labels)),
    )


def _answered_labels(
    probabilities: Floats, labels: Integers
) -> Iterator[AnsweredLabel]:
    answers = probabilities.argmax(axis=1)
    for at, label in enumerate(LABELS):
        which = answers == at
        if which.any():
            yield AnsweredLabel(
                label=label,
                count=int(which.sum()),
                confidence=float(probabilities[which, at].mean()),
                accuracy=float((labels[which] == at).mean()),
            )


def without_temperature(probabilities: Floats, temperature: float) -> Floats:
    """Return the probabilities at temperature 1, given those at ``temperature``.

    >>> without_temperature(np.array([[0.5, 0.25, 0.25]]), 2.0).tolist()
    [[0.6666666666666666, 0.16666666666666666, 0.16666666666666666]]
    """
    powers = probabilities**temperature
    plain: Floats = powers / powers.sum(axis=1, keepdims=True)
    return plain


def reliability_bins(
    probabilities: Floats, labels: Integers
) -> tuple[ReliabilityBin, ...]:
    """Group answers by confidence into bins of equal width, leaving out empty ones."""
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == labels
    place = np.clip(np.ceil(confidence * BINS).astype(int) - 1, 0, BINS - 1)
    counts = np.bincount(place, minlength=BINS)
    confidences = np.bincount(place, weights=confidence, minlength=BINS)
    rights = np.bincount(place, weights=right, minlength=BINS)
    return tuple(
        ReliabilityBin(
            low=at / BINS,
            high=(at + 1) / BINS,
            count=int(counts[at]),
            confidence=float(confidences[at] / counts[at]),
            accuracy=float(rights[at] / counts[at]),
        )
        for at in np.flatnonzero(counts)
    )
