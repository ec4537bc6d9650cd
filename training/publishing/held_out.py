"""The test texts that a published model held out, too: those to compare on."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from training.config import SplitConfig
from training.data.examples import Example
from training.data.splitting import position
from training.evaluation.measures import Flags

# The key of the split's shares in the metrics of a published model.
SPLIT = "split"

# With fewer, the sources' figures are little more than chance.
FEWEST = 50


def split_metrics(shares: SplitConfig) -> dict[str, Any]:
    """Return the shares for a manifest, for comparisons with later models."""
    return {SPLIT: asdict(shares)}


def share_in(metrics: Mapping[str, Any]) -> float | None:
    """Return the test share that a published model was trained with, if known."""
    shares = metrics.get(SPLIT)
    share = shares.get("test") if isinstance(shares, Mapping) else None
    return float(share) if isinstance(share, int | float) else None


@dataclass(frozen=True, eq=False)
class HeldOut:
    """Which of ``n`` test texts the published model held out, too.

    Those whose position is below its own test share, and those of a source's own test
    split; others it may have been trained on. ``share`` is None for a model published
    before it was recorded; all texts are then ``common``.
    """

    common: Flags  # (n,)
    share: float | None

    @classmethod
    def of(cls, examples: Sequence[Example], share: float | None) -> "HeldOut":
        """Select among test texts by ``share``, the published model's test share."""
        common = [
            share is None or one.split == "test" or position(one.text) < share
            for one in examples
        ]
        return cls(np.array(common, dtype=np.bool_), share)

    @property
    def count(self) -> int:
        """How many texts both models held out."""
        return int(self.common.sum())

    @property
    def too_few(self) -> bool:
        """Whether the texts that both models held out are too few to compare on."""
        return not self.common.all() and self.count < FEWEST

    def shortage(self, published: str) -> str:
        """Return a message that there are too few, with a solution."""
        return (
            f"the published model {published} held out only {self.count:,} of these "
            f"{len(self.common):,} test texts and may have been trained on the others; "
            f"a comparison needs {FEWEST}. A possible solution is [split] test = "
            f"{self.share}, or more labelled texts"
        )

    def note(self, published: str) -> str:
        """Return which texts are compared, empty if it is all."""
        if self.share is None:
            return (
                f"{published} does not record which share it held out: if that was "
                "less, it may have been trained on some of these texts."
            )
        if self.common.all():
            return ""
        return (
            f"Compared on {self.count:,} of {len(self.common):,} test texts: "
            f"{published} held out {self.share} of the texts, and may have been "
            "trained on the others."
        )
