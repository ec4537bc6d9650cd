"""The comparison of each variant with the recipe, on the same texts."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np

from training.ablation.outcome import TrainingOutcome
from training.evaluation.bootstrap import Draw, Interval, interval
from training.evaluation.measures import Floats
from training.evaluation.paired import paired_macro_f1
from training.fitting.encoded import EncodedSplit

BETTER, WORSE, OPEN = "better", "worse", "no difference"


@dataclass(frozen=True, kw_only=True)
class Difference:
    """A variant's macro-F1 less the recipe's, with its 95 % interval.

    It is the mean over those ``seeds`` that both were trained with.
    """

    value: float
    interval: Interval
    seeds: int = 1

    @property
    def verdict(self) -> str:
        """Whether the variant is significantly better or worse."""
        if self.interval.low > 0:
            return BETTER
        return WORSE if self.interval.high < 0 else OPEN


@dataclass(frozen=True, kw_only=True)
class Row:
    """One variant: the means over its seeds, and why others of them ``failed``.

    ``figures`` are the macro-F1 of the seeds that did not fail. ``difference`` is None
    for the recipe itself, and if both have no finished seed in common. ``seconds`` are
    those of one training.
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
    outcomes: Mapping[int, TrainingOutcome],
    own: Mapping[int, TrainingOutcome],
    validation: EncodedSplit,
) -> Row:
    """Return a variant's row; ``own`` are the recipe's outcomes, both by seed."""
    done = _done(outcomes)
    failed = _failures(outcomes)
    if not done:
        size = next(iter(outcomes.values())).megabytes
        return Row(name=name, megabytes=size, failed=failed)
    shared = done.keys() & _done(own).keys() if outcomes is not own else ()
    return Row(
        name=name,
        megabytes=next(iter(done.values())).megabytes,
        figures=[one.macro_f1 for one in done.values()],
        difference=(
            difference_of(
                [done[seed] for seed in sorted(shared)],
                [own[seed] for seed in sorted(shared)],
                validation,
            )
            if shared
            else None
        ),
        validation_loss=fmean(one.validation_loss for one in done.values()),
        seconds=fmean(one.seconds for one in done.values()),
        failed=failed,
    )


def difference_of(
    outcomes: Sequence[TrainingOutcome],
    own: Sequence[TrainingOutcome],
    validation: EncodedSplit,
) -> Difference:
    """Compare by a paired bootstrap over the validation texts, inside each source.

    A text is drawn with the predictions of all seeds of both, and a seed with both its
    networks. Both sequences are of the same seeds in the same order.
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
        interval=interval(_over_seeds(resampled[theirs] - resampled[ours])),
        seeds=len(outcomes),
    )


def _over_seeds(differences: Floats) -> Floats:
    """Return the mean over seeds drawn anew for each resample of the texts.

    Takes ``(seeds, resamples)`` and returns ``(resamples,)``. Draws n - 1 of n seeds: a
    bootstrap of n values underestimates the variance of their mean by (n - 1) / n, for
    two seeds by half.
    """
    seeds, resamples = differences.shape
    size = (max(1, seeds - 1), resamples)
    chosen = np.random.default_rng(0).integers(seeds, size=size)
    means: Floats = np.take_along_axis(differences, chosen, axis=0).mean(axis=0)
    return means


def named(seeds: Iterable[int]) -> str:
    """Return seeds in words.

    >>> named([3]), named([3, 4])
    ('seed 3', 'seeds 3, 4')
    """
    numbers = [str(one) for one in seeds]
    return f"seed{'s' * (len(numbers) > 1)} {', '.join(numbers)}"


def _done(outcomes: Mapping[int, TrainingOutcome]) -> dict[int, TrainingOutcome]:
    return {
        seed: outcomes[seed] for seed in sorted(outcomes) if not outcomes[seed].failed
    }


def _failures(outcomes: Mapping[int, TrainingOutcome]) -> str:
    """Say which seeds failed, and each reason once."""
    seeds: dict[str, list[int]] = {}
    for seed in sorted(outcomes):
        if why := outcomes[seed].failed:
            seeds.setdefault(why, []).append(seed)
    return "; ".join(f"failed with {named(of)}: {why}" for why, of in seeds.items())
