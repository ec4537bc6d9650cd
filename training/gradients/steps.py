"""A minimal training loop that records the loss and gradient norm of each step."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
import torch
from torch.optim import Optimizer

from sentiment.network.classifier import RNNClassifier
from training.fitting.encoded import EncodedSplit
from training.fitting.loss import cross_entropy

BATCH_TEXTS = 32


@dataclass(frozen=True, kw_only=True)
class Steps:
    """The loss of each step and the norm of its gradient, before clipping.

    ``exploded``: the last loss was not finite, which ends the run.
    """

    losses: list[float] = field(default_factory=list)
    norms: list[float] = field(default_factory=list)
    exploded: bool = False

    def highest_loss(self) -> float:
        """Return the highest loss that is a finite number."""
        return max(filter(math.isfinite, self.losses), default=math.nan)

    def longest_gradient(self) -> float:
        """Return the largest norm that is a finite number."""
        return max(filter(math.isfinite, self.norms), default=math.nan)


def take_steps(
    classifier: RNNClassifier,
    split: EncodedSplit,
    optimizer: Optimizer,
    *,
    steps: int,
    clip_norm: float,
    seed: int,
    on_step: Callable[[], object],
) -> Steps:
    """Take ``steps`` steps, or fewer if the loss becomes infinite or NaN.

    ``clip_norm`` 0 clips nothing. ``on_step`` is called after each.
    """
    losses: list[float] = []
    norms: list[float] = []
    classifier.train()
    for positions in _draws(len(split), steps, seed):
        loss = cross_entropy(
            classifier(split.batch(positions)),
            split.targets[positions],
            split.weights[positions],
            split.two_class[positions],
        )
        optimizer.zero_grad()
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(
            classifier.parameters(), clip_norm or math.inf
        )
        losses.append(loss.item())
        norms.append(norm.item())
        on_step()
        if not math.isfinite(losses[-1]):
            return Steps(losses=losses, norms=norms, exploded=True)
        optimizer.step()
    return Steps(losses=losses, norms=norms)


def _draws(count: int, steps: int, seed: int) -> Iterator[list[int]]:
    """Yield the texts of each step, which depend on the seed alone."""
    random = np.random.default_rng(seed)
    for _ in range(steps):
        yield random.integers(count, size=BATCH_TEXTS).tolist()
