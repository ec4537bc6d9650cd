"""Means of a network's weights: over its last steps, and with those it started from."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

_Follow = Callable[[Sequence[Tensor], Sequence[Tensor], Tensor | int], None]


def averaged(network: nn.Module, decay: float) -> AveragedModel | None:
    """Return a copy of ``network`` that follows its weights, None for a decay of 0.

    After Polyak and Juditsky 1992, "Acceleration of Stochastic Approximation by
    Averaging". With a decay of 0.999, about the last 1,000 steps count. At first the
    decay is lower, or a short run would end near its starting weights.
    """
    if not decay:
        return None
    return AveragedModel(network, multi_avg_fn=_follow_from_the_start(decay))


def _follow_from_the_start(decay: float) -> _Follow:
    """Return a step of the mean whose decay rises to ``decay``.

    ``(1 + steps) / (10 + steps)`` is the rise that TensorFlow's moving average has.
    """

    def follow(
        mean: Sequence[Tensor], current: Sequence[Tensor], steps: Tensor | int
    ) -> None:
        done = int(steps)
        risen = min(decay, (1 + done) / (10 + done))
        get_ema_multi_avg_fn(risen)(mean, current, steps)

    return follow


@contextmanager
def keeping_start(network: nn.Module, share: float) -> Iterator[None]:
    """Mix ``share`` of the weights that ``network`` has now into those it has after.

    A model that learns more texts keeps better what it knew before (Wortsman et al.
    2022, "Robust fine-tuning of zero-shot models").
    """
    if not share:
        yield
        return
    started = [weight.detach().clone() for weight in network.parameters()]
    yield
    with torch.no_grad():
        for weight, start in zip(network.parameters(), started, strict=True):
            weight.lerp_(start.to(weight.device), share)
