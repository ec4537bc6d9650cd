"""The test texts that a published model held out, too: those to compare on."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from training.data.examples import Example
from training.data.source import SourceConfig
from training.data.splitting import position
from training.evaluation.measures import Flags
from training.recipes.config import TrainingConfig

# The key of the split's shares in the metrics of a published model.
SPLIT = "split"

# With fewer, the sources' figures are little more than chance.
FEWEST = 50


@dataclass(frozen=True, kw_only=True)
class SplitRecord:
    """How a published model's texts were split, as far as its manifest says.

    ``share`` is its test share, None if unknown. Of the sources in ``held_out`` all
    texts were test; of those in ``closed`` only texts that the file marks as test, or
    none, so that a text's position does not tell.
    """

    share: float | None = None
    held_out: frozenset[str] = frozenset()
    closed: frozenset[str] = frozenset()

    @classmethod
    def of(cls, metrics: Mapping[str, Any]) -> "SplitRecord":
        """Find it in a published model's metrics."""
        found = metrics.get(SPLIT)
        if not isinstance(found, Mapping):
            return cls()
        share = found.get("test")
        return cls(
            share=float(share) if isinstance(share, int | float) else None,
            held_out=frozenset(found.get("held_out", ())),
            closed=frozenset(found.get("closed", ())),
        )


def split_metrics(config: TrainingConfig) -> dict[str, Any]:
    """Return how the texts are split for a manifest, for comparisons later on."""
    return {
        SPLIT: {
            **asdict(config.split),
            "held_out": sorted(one.name for one in config.sources if one.held_out),
            "closed": sorted(_closed(config.sources)),
        }
    }


def _closed(sources: Iterable[SourceConfig]) -> set[str]:
    return {
        one.name
        for one in sources
        if one.train_only
        or one.cannot_be_held_out
        or (one.split_column is not None and "test" in one.official)
    }


@dataclass(frozen=True, eq=False)
class HeldOut:
    """Which of ``n`` test texts the published model held out, too.

    Those that the file marks as test, those of a source that was held out then, and
    those whose position is below the published model's test share; others it may have
    been trained on. ``share`` is None for a model published before it was recorded; all
    texts are then ``common``.
    """

    common: Flags  # (n,)
    share: float | None

    @classmethod
    def of(
        cls,
        examples: Sequence[Example],
        then: SplitRecord,
        sources: Iterable[SourceConfig] = (),
    ) -> "HeldOut":
        """Select among test texts of ``sources`` by the published model's record."""
        # Where marks decide now and decided then, position speaks of unmarked texts.
        opened = then.closed - _closed(sources)
        common = [_held_out(one, then, opened) for one in examples]
        return cls(np.array(common, dtype=np.bool_), then.share)

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


def _held_out(example: Example, then: SplitRecord, opened: frozenset[str]) -> bool:
    if then.share is None or example.source in then.held_out:
        return True
    if example.split == "test" and not example.made_test:
        return True
    unknown = then.closed if example.made_test else opened
    return example.source not in unknown and position(example.text) < then.share
