"""How much better one model is than another on the same texts, with intervals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from training.data.examples import Example
from training.evaluation.answers import LabelledAnswers
from training.evaluation.bootstrap import Draw, Interval, interval
from training.evaluation.measures import Flags, Floats
from training.evaluation.paired import PairedFigures, paired_macro_f1

# The name of the texts whose sources name no unit.
_TEXTS = "texts"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gain:
    """A difference in macro-F1, with its 95 % interval by a paired bootstrap."""

    examples: int
    difference: float
    interval: Interval

    @property
    def is_loss(self) -> bool:
        """Whether the whole interval is below zero."""
        return self.interval.high < 0


@dataclass(frozen=True, kw_only=True)
class Gains:
    """A model's macro-F1 less another's, for the same texts.

    ``mean`` is over the sources, and ``sources`` has each of them. ``pooled`` is by
    kind of text, over all texts of the sources that have neutral ones, at once.
    """

    mean: Gain
    pooled: Mapping[str, Gain]
    sources: Mapping[str, Gain]

    @property
    def losses(self) -> list[str]:
        """The sources on which the model is worse beyond chance."""
        return [name for name, gain in self.sources.items() if gain.is_loss]


def gains_over(
    ours: Floats, theirs: Floats, examples: Sequence[Example], *, seed: int = 0
) -> Gains:
    """Compare the probabilities of two models, each ``(n, 3)``, for ``examples``.

    Each source is scored among its own labels.

    Raises:
        DataError: There is no example.
        ValueError: The shapes do not fit the examples.
    """
    answers = [LabelledAnswers.of(one, examples) for one in (ours, theirs)]
    labels, names = answers[0].labels, answers[0].sources
    predicted = np.stack([one.masked.argmax(axis=1) for one in answers])
    draw = Draw(seed)
    by_source = paired_macro_f1(labels, predicted, names, draw)
    kinds = np.where(answers[0].units == "", _TEXTS, answers[0].units)
    has_neutral: Flags = ~answers[0].two_class
    pooled = {}
    if has_neutral.any():
        by_kind = paired_macro_f1(
            labels[has_neutral], predicted[:, has_neutral], kinds[has_neutral], draw
        )
        pooled = _by_name(by_kind, kinds[has_neutral])
    return Gains(
        mean=_gain(
            len(examples),
            by_source.observed.mean(axis=0),
            by_source.drawn.mean(axis=0),
        ),
        pooled=pooled,
        sources=_by_name(by_source, names),
    )


def _by_name(figures: PairedFigures, names: npt.NDArray[np.str_]) -> dict[str, Gain]:
    return {
        name: _gain(int((names == name).sum()), observed, drawn)
        for name, observed, drawn in zip(
            figures.sources, figures.observed, figures.drawn, strict=True
        )
    }


def _gain(examples: int, observed: Floats, drawn: Floats) -> Gain:
    """Return the gain of the first of two models, given figures of both."""
    return Gain(
        examples=examples,
        difference=float(observed[0] - observed[1]),
        interval=interval(drawn[0] - drawn[1]),
    )
