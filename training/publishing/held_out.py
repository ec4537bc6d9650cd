"""Which test texts a published model was kept from, too: those that may compare."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from training.config import SplitConfig
from training.data.examples import Example
from training.data.splitting import position
from training.evaluation.measures import Flags

# Where the metrics of a published model hold the shares it was trained with.
SPLIT = "split"

# With fewer the sources' figures are hardly more than chance.
FEWEST = 50


def split_metrics(shares: SplitConfig) -> dict[str, Any]:
    """Return what a manifest keeps, for the run that will want to take its place."""
    return {SPLIT: asdict(shares)}


def share_in(metrics: Mapping[str, Any]) -> float | None:
    """Return the test share that a published model was trained with, if it says."""
    shares = metrics.get(SPLIT)
    share = shares.get("test") if isinstance(shares, Mapping) else None
    return float(share) if isinstance(share, int | float) else None


@dataclass(frozen=True, eq=False)
class HeldOut:
    """Which of ``n`` test texts the published model was kept from, too.

    A position below its own test share, or a split that the source itself calls test:
    a text that a larger share made test was one to train on before. ``share`` is None
    where the model was published before it was noted; all texts are then ``common``.
    """

    common: Flags  # (n,)
    share: float | None

    @classmethod
    def of(cls, examples: Sequence[Example], share: float | None) -> "HeldOut":
        """Look at the test texts; ``share`` is the published model's test share."""
        common = [
            share is None or one.split == "test" or position(one.text) < share
            for one in examples
        ]
        return cls(np.array(common, dtype=np.bool_), share)

    @property
    def count(self) -> int:
        """How many texts both models were kept from."""
        return int(self.common.sum())

    @property
    def too_few(self) -> bool:
        """Whether what the published model may know leaves too little to compare by."""
        return not self.common.all() and self.count < FEWEST

    def shortage(self, published: str) -> str:
        """Say that there are too few, and the way out."""
        return (
            f"of {len(self.common):,} test texts {published}, the published model, was "
            f"kept from {self.count:,} alone, and {FEWEST} are needed to compare with "
            f"it: it may have learned from the others, its test share being "
            f"{self.share}. [split] test = {self.share} or more labelled texts would do"
        )

    def told(self, published: str) -> str:
        """Say which texts compare; empty where there is nothing to say."""
        if self.share is None:
            return (
                f"{published} does not say which share it held out: where that was "
                "less, it may have learned from some of these texts."
            )
        if self.common.all():
            return ""
        return (
            f"Compared on {self.count:,} of {len(self.common):,} test texts: "
            f"{published} held out {self.share} of the texts, and may have learned "
            "from the others."
        )
