"""What an ablation found of each variant, held against the recipe on the same texts."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np

from training.ablation.outcome import Outcome
from training.evaluation.bootstrap import Draw, Interval, interval
from training.evaluation.paired import paired_macro_f1
from training.fitting.encoded import EncodedSplit

BETTER, WORSE, OPEN = "better", "worse", "no difference"


@dataclass(frozen=True, kw_only=True)
class Difference:
    """A variant's macro-F1 less the recipe's, with its 95 % interval."""

    value: float
    interval: Interval

    @property
    def verdict(self) -> str:
        """What the validation texts show, if they show anything."""
        if self.interval.low > 0:
            return BETTER
        return WORSE if self.interval.high < 0 else OPEN


@dataclass(frozen=True, kw_only=True)
class Row:
    """One variant: the means over its seeds, or why one of them ``failed``.

    ``figures`` are the macro-F1 of each seed. ``difference`` is None of the recipe
    itself, and of all where the recipe failed. ``seconds`` are of one training.
    """

    name: str
    megabytes: float
    figures: Sequence[float] = ()
    difference: Difference | None = None
    validation_loss: float = 0.0
    seconds: float = 0.0
    failed: str = ""

    @property
    def macro_f1(self) -> float:
        """The mean over seeds."""
        return fmean(self.figures)


def row_of(
    name: str,
    outcomes: Sequence[Outcome],
    own: Sequence[Outcome],
    validation: EncodedSplit,
) -> Row:
    """Return a variant's row; ``own`` is the recipe's, of the same seeds in order."""
    failed = next((one.failed for one in outcomes if one.failed), "")
    if failed:
        return Row(name=name, megabytes=outcomes[0].megabytes, failed=failed)
    compared = outcomes is not own and not any(one.failed for one in own)
    return Row(
        name=name,
        megabytes=outcomes[0].megabytes,
        figures=[one.macro_f1 for one in outcomes],
        difference=difference_of(outcomes, own, validation) if compared else None,
        validation_loss=fmean(one.validation_loss for one in outcomes),
        seconds=fmean(one.seconds for one in outcomes),
    )


def difference_of(
    outcomes: Sequence[Outcome], own: Sequence[Outcome], validation: EncodedSplit
) -> Difference:
    """Compare by a paired bootstrap over the validation texts, inside each source.

    A text is drawn with the answers of all seeds of both.
    """
    drawn = paired_macro_f1(
        validation.labels.numpy(),
        np.stack([one.answers for one in (*outcomes, *own)]),
        validation.sources,
        Draw(),
    )
    theirs, ours = slice(len(outcomes)), slice(len(outcomes), None)
    observed, resampled = drawn.observed.mean(axis=0), drawn.drawn.mean(axis=0)
    return Difference(
        value=float(observed[theirs].mean() - observed[ours].mean()),
        interval=interval(
            resampled[theirs].mean(axis=0) - resampled[ours].mean(axis=0)
        ),
    )
