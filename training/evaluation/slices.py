"""The figures of slices of the texts: by source, by length, with a negation."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np

from training.evaluation import measures
from training.evaluation.answers import LabelledAnswers
from training.evaluation.bootstrap import Draw, Interval, interval
from training.evaluation.calibration import calibration
from training.evaluation.measures import Flags
from training.evaluation.traits import Traits

# With fewer texts the macro-F1 of a slice is not meaningful.
FEWEST = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """The figures of the examples of one kind, such as one source or one length.

    ``ece`` is of the answers as users get them, unmasked. If some examples are from a
    two-class source, ``three_way_macro_f1`` is that of the unmasked answers, of which
    neutral ones are wrong, and ``masked_ece`` is of the masked answers, as the other
    figures are. ``confusion`` has a row for each true label and a column for each
    predicted one.
    """

    kind: str
    name: str
    examples: int
    macro_f1: float
    interval: Interval
    accuracy: float
    macro_recall: float
    ece: float
    masked_ece: float | None
    three_way_macro_f1: float | None
    confusion: tuple[tuple[int, ...], ...]

    @property
    def label_counts(self) -> tuple[int, ...]:
        """How many of the examples have each label."""
        return tuple(map(sum, self.confusion))

    def compares(self, labels: Collection[int]) -> bool:
        """Whether its macro-F1 is comparable to that of others over ``labels``.

        Macro-F1 over fewer labels is another figure: if all texts are positive, it is
        the F1 of positive alone, perhaps the easiest label.
        """
        counts = self.label_counts
        return self.examples >= FEWEST and all(counts[label] for label in labels)


def slices(
    answers: LabelledAnswers, traits: Traits, draw: Draw, whole: Interval
) -> Iterator[Slice]:
    """Yield the slices by source, then those by trait; empty ones are left out.

    ``whole`` is the interval of all texts' macro-F1, and so of a slice that has all.
    """
    for name, which in answers.by_source():
        yield _slice("source", name, answers, which, draw, whole)
    for name, which in answers.by_unit():
        yield _slice("unit", name, answers, which, draw, whole)
    for kind, name, which in traits.groups():
        if which.any():
            yield _slice(kind, name, answers, which, draw, whole)


def _slice(
    kind: str,
    name: str,
    answers: LabelledAnswers,
    which: Flags,
    draw: Draw,
    whole: Interval,
) -> Slice:
    labels, masked = answers.labels[which], answers.masked[which]
    confusion = answers.confusion(which)
    three_way = masked_ece = None
    if answers.two_class[which].any():
        predicted = answers.raw[which].argmax(axis=1)
        raw_confusion = measures.confusion_counts(labels, predicted)
        three_way = float(measures.macro_f1(raw_confusion))
        masked_ece = calibration(masked, labels).ece
    macro_f1 = float(measures.macro_f1(confusion))
    spread = whole
    if not which.all():
        spread = interval(measures.macro_f1(draw.shares(confusion)), macro_f1)
    return Slice(
        kind=kind,
        name=name,
        examples=len(labels),
        macro_f1=macro_f1,
        interval=spread,
        accuracy=float(measures.accuracy(confusion)),
        macro_recall=float(measures.macro_recall(confusion)),
        ece=calibration(answers.raw[which], labels).ece,
        masked_ece=masked_ece,
        three_way_macro_f1=three_way,
        confusion=tuple(tuple(row) for row in confusion.tolist()),
    )


def mean_over_sources(answers: LabelledAnswers, draw: Draw) -> tuple[float, Interval]:
    """Return the mean of the sources' macro-F1, and its interval.

    Each source is resampled on its own, since its number of texts is fixed.
    """
    confusions = np.stack(
        [answers.confusion(which) for _, which in answers.by_source()]
    )
    observed = measures.macro_f1(confusions)  # (sources,)
    drawn = np.stack([measures.macro_f1(draw.shares(one)) for one in confusions])
    if len(observed) > 1:
        # Resamples are biased downwards. The bias of a mean over sources stays, while
        # its interval narrows: with ten small sources it missed the truth every other
        # time. So it is removed, but not for one source, which has its own interval.
        drawn += (observed - drawn.mean(axis=1))[:, None]
    mean = float(observed.mean())
    # Moved up, a mean near 1 may pass it. No true mean does, so that nothing is lost.
    means = np.clip(drawn.mean(axis=0), 0.0, 1.0)
    return mean, interval(means, mean)
