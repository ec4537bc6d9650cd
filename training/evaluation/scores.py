"""The figures of one set of answers, for reports and manifests."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from sentiment.labels import LABELS
from training.evaluation import measures
from training.evaluation.bootstrap import Draw, Interval, interval
from training.evaluation.calibration import Calibration, calibration
from training.evaluation.measures import Floats, Integers

_FIGURES = {
    "macro_f1": measures.macro_f1,
    "accuracy": measures.accuracy,
    "macro_recall": measures.macro_recall,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassScores:
    """The scores of one label; recall and F1 are None if no example has it."""

    precision: float
    recall: float | None
    f1: float | None
    support: int


@dataclass(frozen=True, kw_only=True)
class Scores:
    """The figures of one set of answers.

    Means over labels are over those that examples have. ``confusion`` has a row for
    each true label and a column for each predicted one. ``intervals`` has 95 %
    bootstrap intervals by the names of figures.
    """

    examples: int
    macro_f1: float
    accuracy: float
    macro_recall: float
    per_class: Mapping[str, ClassScores]
    confusion: tuple[tuple[int, ...], ...]
    calibration: Calibration
    intervals: Mapping[str, Interval]


def score(probabilities: Floats, labels: Integers, draw: Draw) -> Scores:
    """Score probabilities of shape ``(n, 3)``; the prediction is the most probable."""
    confusion = measures.confusion_counts(labels, probabilities.argmax(axis=1))
    return Scores(
        examples=len(labels),
        macro_f1=float(measures.macro_f1(confusion)),
        accuracy=float(measures.accuracy(confusion)),
        macro_recall=float(measures.macro_recall(confusion)),
        per_class=_per_class(confusion),
        confusion=tuple(tuple(row) for row in confusion.tolist()),
        calibration=calibration(probabilities, labels),
        intervals=_intervals(confusion, draw.shares(confusion)),
    )


def _per_class(confusion: Integers) -> dict[str, ClassScores]:
    columns = zip(
        measures.precision(confusion),
        measures.recall(confusion),
        measures.f1(confusion),
        confusion.sum(axis=1),
        strict=True,
    )
    return {
        label: ClassScores(
            precision=float(precision),
            recall=_known(recall),
            f1=_known(f1),
            support=int(support),
        )
        for label, (precision, recall, f1, support) in zip(LABELS, columns, strict=True)
    }


def _intervals(confusion: Integers, drawn: Floats) -> dict[str, Interval]:
    """Return intervals from resamples of the confusion, ``(resamples, 3, 3)``."""
    figures = {
        name: interval(figure(drawn), float(figure(confusion)))
        for name, figure in _FIGURES.items()
    }
    observed, f1 = measures.f1(confusion), measures.f1(drawn)  # (resamples, 3)
    for at, label in enumerate(LABELS):
        if not np.isnan(observed[at]):
            figures[f"f1_{label}"] = interval(f1[:, at], float(observed[at]))
    return figures


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
