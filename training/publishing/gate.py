"""The gate: a new model replaces the published one only if it is not worse."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from training.data.examples import Example
from training.evaluation.answers import LabelledAnswers
from training.evaluation.bootstrap import Draw, Interval, interval
from training.evaluation.measures import Floats
from training.evaluation.paired import paired_macro_f1
from training.publishing.held_out import HeldOut

RESAMPLES = 10_000

# A drop in macro-F1 that is refused even if chance could explain it. With few held-out
# texts chance could explain nearly any drop; publishing then needs a decision, by
# --publish-anyway.
TOLERANCE = 0.02


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """The gate's result; ``difference`` is new less published, in macro-F1.

    The difference is the mean over sources, and ``sources`` holds each one's own.
    ``interval`` is its 95 % bootstrap interval, ``worse_share`` the share of resamples
    in which the new model was worse. ``note`` says which texts were compared, if not
    all.
    """

    examples: int
    new_macro_f1: float
    published_macro_f1: float
    difference: float
    interval: Interval
    worse_share: float
    sources: dict[str, float]
    passed: bool
    reason: str
    note: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return asdict(self)


def compare(
    new: Floats,
    published: Floats,
    examples: Sequence[Example],
    *,
    seed: int = 0,
) -> Comparison:
    """Compare two models' probabilities, each ``(n, 3)``, for the same held-out texts.

    The figure is macro-F1, with each source scored among its own labels, averaged over
    the sources. The new model is refused if either holds:

    - the 95 % interval of the difference lies below zero, by a paired bootstrap of the
      texts inside each source: the drop is significant, however small;
    - it is worse by more than 0.02, two points, however few the texts.

    Otherwise it passes. ``reason`` says why.

    Raises:
        DataError: There is no example.
        ValueError: The shapes do not fit the examples.
    """
    new_answers = LabelledAnswers.of(new, examples)
    old_answers = LabelledAnswers.of(published, examples)
    figures = paired_macro_f1(
        new_answers.labels,
        np.stack([one.masked.argmax(axis=1) for one in (new_answers, old_answers)]),
        new_answers.sources,
        Draw(seed, RESAMPLES),
    )
    observed, drawn = figures.observed, figures.drawn
    differences = (drawn[:, 0] - drawn[:, 1]).mean(axis=0)  # (resamples,)
    new_macro_f1, published_macro_f1 = observed.mean(axis=0).tolist()
    difference = new_macro_f1 - published_macro_f1
    middle = interval(differences)
    passed, reason = _verdict(difference, middle, len(examples))
    return Comparison(
        examples=len(examples),
        new_macro_f1=new_macro_f1,
        published_macro_f1=published_macro_f1,
        difference=difference,
        interval=middle,
        worse_share=float((differences < 0).mean()),
        sources=dict(
            zip(
                figures.sources, (observed[:, 0] - observed[:, 1]).tolist(), strict=True
            )
        ),
        passed=passed,
        reason=reason,
    )


def compare_on(
    held_out: HeldOut,
    published_version: str,
    new: Floats,
    published: Floats,
    examples: Sequence[Example],
    *,
    seed: int = 0,
) -> Comparison:
    """Compare on the texts that both models held out; refuse if they are too few.

    The figures of such a refusal are of all texts: better than none for a decision on
    ``--publish-anyway``.
    """
    if held_out.too_few:
        found = compare(new, published, examples, seed=seed)
        shortage = held_out.shortage(published_version)
        return replace(found, passed=False, reason=f"not comparable: {shortage}")
    rows = held_out.common
    fair = [one for one, which in zip(examples, rows, strict=True) if which]
    found = compare(new[rows], published[rows], fair, seed=seed)
    return replace(found, note=held_out.note(published_version))


def _verdict(difference: float, middle: Interval, examples: int) -> tuple[bool, str]:
    found = (
        f"macro-F1 changes by {100 * difference:+.2f} points on {examples:,} held-out "
        f"texts, 95 % interval {100 * middle.low:+.2f} to {100 * middle.high:+.2f}"
    )
    if middle.high < 0:
        return False, f"worse: {found}"
    if difference < -TOLERANCE:
        return False, (
            f"perhaps worse: {found}; the drop is larger than the {100 * TOLERANCE:g} "
            "points that are allowed, and so few texts cannot show whether it is "
            "chance. More labelled texts could; a larger [split] test could not, since "
            "the published model may have learned from what that adds"
        )
    return True, f"not worse: {found}"
