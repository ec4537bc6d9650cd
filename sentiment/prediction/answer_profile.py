"""The distribution of many answers, as counts that can be added up and compared.

A model is published with the profile of its own validation texts; the service counts
that of what it answers. How far the two lie apart is the drift.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from sentiment.labels import LABELS
from sentiment.prediction.answers import Answers, Floats

# Upper bounds, inclusive. The most probable of three labels has at least a third.
_ENDS: Mapping[str, tuple[float, ...]] = {
    "confidence": (0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99),
    "length": (5, 20, 50, 150, 400),
    "unknown_share": (0, 0.02, 0.05, 0.1, 0.2),
}
LABEL_MIX = "label_mix"
# Where the metrics of a published model hold the profile of its validation texts.
BASELINE = "baseline"
# What has a mean: confidence, tokens in the text, share of those read that are unknown.
VALUES = tuple(_ENDS)
BINS: Mapping[str, tuple[str, ...]] = {
    LABEL_MIX: LABELS,
    **{name: (*map("{:g}".format, ends), "more") for name, ends in _ENDS.items()},
}


def bin_of(measure: str, value: float) -> str:
    """Return the bin that ``value`` falls into, named by its upper end.

    >>> bin_of("confidence", 0.5), bin_of("length", 21), bin_of("length", 401)
    ('0.5', '50', 'more')
    """
    return BINS[measure][bisect_left(_ENDS[measure], value)]


@dataclass(frozen=True, kw_only=True)
class Profile:
    """How many texts fell into which bin of each measure, and the sums of the values.

    ``counts`` has each measure of ``BINS``, ``sums`` each of ``VALUES``.
    """

    counts: Mapping[str, Mapping[str, float]]
    sums: Mapping[str, float]

    @classmethod
    def of(cls, answers: Iterable[Answers]) -> "Profile":
        """Return the profile of the texts that could be scored."""
        counts = {name: dict.fromkeys(bins, 0.0) for name, bins in BINS.items()}
        sums = dict.fromkeys(VALUES, 0.0)
        for block in answers:
            scored = block.tokens_read > 0
            probabilities = block.probabilities[scored]
            read = block.tokens_read[scored]
            _add(counts[LABEL_MIX], LABELS, probabilities.argmax(axis=1))
            values: dict[str, Floats] = {
                "confidence": probabilities.max(axis=1),
                "length": block.token_counts[scored].astype(np.float64),
                "unknown_share": block.unknown_tokens[scored] / read,
            }
            for name, found in values.items():
                at = np.searchsorted(_ENDS[name], found, side="left")
                _add(counts[name], BINS[name], at)
                sums[name] += float(found.sum())
        return cls(counts=counts, sums=sums)

    @property
    def texts(self) -> int:
        """How many texts were counted."""
        return int(sum(self.counts[LABEL_MIX].values()))

    def shares(self, measure: str) -> dict[str, float]:
        """Return each bin's share of the texts; zeros where there is no text."""
        total = sum(self.counts[measure].values()) or 1.0
        return {name: count / total for name, count in self.counts[measure].items()}

    def means(self) -> dict[str, float]:
        """Return the mean of each value; zeros where there is no text."""
        return {name: total / (self.texts or 1) for name, total in self.sums.items()}

    def distance(self, other: "Profile", measure: str) -> float:
        """Return the share of texts that lie in other bins there, between 0 and 1.

        It is the total variation distance: 0 for the same shares, 1 for none in common.
        """
        ours, theirs = self.shares(measure), other.shares(measure)
        return sum(abs(ours[name] - theirs[name]) for name in ours) / 2

    def to_json(self) -> dict[str, Any]:
        """Return plain values, as a manifest keeps them."""
        return {"counts": self.counts, "sums": self.sums}

    @classmethod
    def from_json(cls, values: Any) -> "Profile | None":
        """Rebuild what :meth:`to_json` gave; None where there is none of these bins.

        An older model has no profile, and one of another release may have other bins:
        it is served all the same.
        """
        try:
            counts = {
                name: {one: float(values["counts"][name][one]) for one in bins}
                for name, bins in BINS.items()
                if set(values["counts"][name]) == set(bins)
            }
            sums = {name: float(values["sums"][name]) for name in VALUES}
        except (KeyError, TypeError, ValueError):
            return None
        return cls(counts=counts, sums=sums) if len(counts) == len(BINS) else None


def _add(counts: dict[str, float], bins: tuple[str, ...], at: Any) -> None:
    found = np.bincount(at, minlength=len(bins))
    for name, count in zip(bins, found.tolist(), strict=True):
        counts[name] += count
