"""Evaluate probabilities on labelled examples, from any model or baseline."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from statistics import fmean
from typing import Any

import numpy as np

from sentiment.errors import TextError
from sentiment.labels import LABELS
from sentiment.prediction.answer_profile import Profile
from sentiment.prediction.artifact import Artifact
from sentiment.prediction.predictor import Predictor
from training.data.examples import Example
from training.evaluation.answers import LabelledAnswers
from training.evaluation.bootstrap import Draw
from training.evaluation.calibration import (
    Calibration,
    calibration,
    without_temperature,
)
from training.evaluation.measures import Floats
from training.evaluation.scores import Scores, score
from training.evaluation.slices import Slice, mean_over_sources, slices
from training.evaluation.traits import Traits

# Texts predicted at once, far more than a batch: bounds the memory.
_BLOCK = 8_192


@dataclass(frozen=True, kw_only=True)
class Evaluation(Scores):
    """The evaluation of a model on one split.

    The figures are of answers among the labels of each example's source: for a
    two-class source neutral is masked and the rest renormalised. ``three_way`` has the
    same figures of the unmasked answers, None if no source is two-class. Users get the
    unmasked answers, so ``served``, ``ece`` and ``brier`` are of those.
    ``mean_source_macro_f1`` is the mean over sources, however many texts each has.
    ``unscored`` texts could not be scored. They count as wrong, with one third for
    each label.
    """

    mean_source_macro_f1: float
    unscored: int
    slices: tuple[Slice, ...]
    three_way: Scores | None

    @property
    def served(self) -> Calibration:
        """The calibration of the answers as users get them, unmasked."""
        return (self.three_way or self).calibration

    @property
    def ece(self) -> float:
        """The expected calibration error of the answers as users get them."""
        return self.served.ece

    @property
    def brier(self) -> float:
        """The Brier score of the answers as users get them."""
        return self.served.brier

    @property
    def mean_source_ece(self) -> float:
        """The mean of the sources' ECE, as :attr:`ece` is of all texts."""
        return fmean(one.ece for one in self.of_sources().values())

    @property
    def mean_source_masked_ece(self) -> float:
        """The mean of the sources' ECE of the answers that macro-F1 judges."""
        return fmean(
            one.ece if one.masked_ece is None else one.masked_ece
            for one in self.of_sources().values()
        )

    def of_sources(self) -> dict[str, Slice]:
        """Return the slices by source, under the sources' names."""
        return {one.name: one for one in self.slices if one.kind == "source"}

    def of_units(self) -> dict[str, Slice]:
        """Return the slices by kind of text, where the sources name any."""
        return {one.name: one for one in self.slices if one.kind == "unit"}

    def headline(self) -> dict[str, Any]:
        """Return the figures for the manifest and for lists of models."""
        return {
            "examples": self.examples,
            "unscored": self.unscored,
            "macro_f1": self.macro_f1,
            "macro_f1_interval": asdict(self.intervals["macro_f1"]),
            "mean_source_macro_f1": self.mean_source_macro_f1,
            "macro_recall": self.macro_recall,
            "accuracy": self.accuracy,
            "ece": self.ece,
            "masked_ece": self.calibration.ece,
            "brier": self.brier,
            "sources": {
                name: {"examples": one.examples, "macro_f1": one.macro_f1}
                for name, one in self.of_sources().items()
            },
        }

    def to_json(self) -> dict[str, Any]:
        """Return plain values; none of them is NaN."""
        return asdict(self)


def predict_probabilities(predictor: Predictor, texts: Sequence[str]) -> Floats:
    """Return the predictor's probabilities for ``texts``, shape ``(n, 3)``.

    They are computed as the service's answers are. A text that cannot be scored gets a
    row of NaN, which :func:`evaluate` counts as a wrong answer.
    """
    rows: list[tuple[float, float, float]] = []
    for start in range(0, len(texts), _BLOCK):
        for answer in predictor.predict_each(texts[start : start + _BLOCK]):
            if isinstance(answer, TextError):
                rows.append((np.nan, np.nan, np.nan))
            else:
                rows.append(answer.probabilities)
    return np.array(rows, dtype=np.float64).reshape(-1, len(LABELS))


def profile_of(artifact: Artifact, texts: Sequence[str]) -> Profile:
    """Return the profile of the model's answers to ``texts``, as the service counts it.

    In float32: a manifest must not depend on the machine it was made on.
    """
    predictor = Predictor(artifact, precision="float32")
    blocks = range(0, len(texts), _BLOCK)
    return Profile.of(
        predictor.predict_arrays(texts[at : at + _BLOCK]) for at in blocks
    )


def evaluate(
    probabilities: Floats,
    examples: Sequence[Example],
    *,
    traits: Traits | None = None,
    seed: int = 0,
) -> Evaluation:
    """Evaluate ``probabilities`` of shape ``(n, 3)`` as answers to ``examples``.

    Args:
        probabilities: One row a text; a row of NaN is a text that was not scored.
        examples: The labelled texts, in the same order.
        traits: The texts' traits, if known already; made with a vocabulary, they add
            slices by the share of unknown tokens.
        seed: Of the bootstrap.

    Raises:
        DataError: There is no example.
        ValueError: There are not as many rows as examples.
    """
    answers = LabelledAnswers.of(probabilities, examples)
    draw = Draw(seed)
    if traits is None:
        traits = Traits.of([example.text for example in examples])
    overall = score(answers.masked, answers.labels, draw)
    mean, mean_interval = mean_over_sources(answers, draw)
    whole = overall.intervals["macro_f1"]
    if len(np.unique(answers.sources)) == 1:
        # One figure under two names: drawn twice, it would have two intervals.
        mean_interval = whole
    intervals = {**overall.intervals, "mean_source_macro_f1": mean_interval}
    three_way = None
    if answers.two_class.any():
        three_way = score(answers.raw, answers.labels, draw)
    return Evaluation(
        **_fields(replace(overall, intervals=intervals)),
        mean_source_macro_f1=mean,
        unscored=answers.unscored,
        slices=tuple(slices(answers, traits, draw, whole)),
        three_way=three_way,
    )


def uncalibrated(
    probabilities: Floats, temperature: float, examples: Sequence[Example]
) -> Calibration:
    """Return the calibration of the ``served`` answers at temperature 1.

    Args:
        probabilities: The answers with it, as :func:`evaluate` takes them.
        temperature: What their logits were divided by.
        examples: The labelled texts, in the same order.
    """
    plain = without_temperature(probabilities, temperature)
    answers = LabelledAnswers.of(plain, examples)
    return calibration(answers.raw, answers.labels)


def _fields(scores: Scores) -> dict[str, Any]:
    return {field.name: getattr(scores, field.name) for field in fields(scores)}
