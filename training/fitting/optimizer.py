"""The optimiser and the course of its learning rate."""

import math
import re
from collections.abc import Iterator
from contextlib import contextmanager

from torch import nn
from torch.optim import AdamW, Optimizer

from training.config import FitConfig

# Where the climb begins, as a share of the highest learning rate.
_FIRST = 0.04


def build_optimizer(network: nn.Module, config: FitConfig) -> Optimizer:
    """Return AdamW; weight decay is for the matrices that every text uses.

    The output layer learns at the full rate, each layer beneath it at ``layer_decay``
    of the rate of the one above, the embedding last (discriminative fine-tuning, Howard
    and Ruder 2018). Each group knows its depth, 0 for the output.
    """
    groups: dict[tuple[int, float], list[nn.Parameter]] = {}
    named = dict(network.named_parameters())
    layers = 1 + max(map(_recurrent_layer, named))
    for name, parameter in named.items():
        if parameter.requires_grad:
            rare = name.startswith("embedding") or parameter.dim() < 2
            decay = 0.0 if rare else config.weight_decay
            groups.setdefault((_depth(name, layers), decay), []).append(parameter)
    return AdamW(
        [
            {
                "params": parameters,
                "weight_decay": decay,
                "depth": depth,
                "scale": config.layer_decay**depth,
            }
            for (depth, decay), parameters in groups.items()
        ],
        lr=config.learning_rate,
        fused=True,
    )


@contextmanager
def frozen_below(depth: float, optimizer: Optimizer) -> Iterator[None]:
    """Let what lies deeper than ``depth`` stay as it is, and have no gradient.

    So it takes no part in the norm by which the gradients of the others are clipped.
    """
    frozen = [
        parameter
        for group in optimizer.param_groups
        if group["depth"] > depth
        for parameter in group["params"]
    ]
    for parameter in frozen:
        parameter.requires_grad_(False)
    try:
        yield
    finally:
        for parameter in frozen:
            parameter.requires_grad_(True)


def _depth(name: str, layers: int) -> int:
    """Return how far below the answer a parameter lies, of as many recurrent layers."""
    if name.startswith("output"):
        return 0
    if name.startswith("embedding"):
        return 1 + layers
    return layers - _recurrent_layer(name)


def _recurrent_layer(name: str) -> int:
    """Return which layer of the stack a parameter belongs to, from the lowest, 0.

    As torch names them: both directions of a layer have its number, as in
    ``rnn.weight_ih_l1_reverse``. What is not in the stack counts as one layer.
    """
    found = re.match(r"rnn\..*_l(\d+)", name)
    return int(found[1]) if found else 0


def one_cycle(done: float, highest: float, warmup_share: float) -> float:
    """Return one cycle's rate (Smith 2018): a straight climb, then half a cosine down.

    A function of the share ``done`` alone, so that a resumed run needs no other memory
    of it.
    """
    if done < warmup_share:
        return highest * (_FIRST + (1 - _FIRST) * done / warmup_share)
    falling = (done - warmup_share) / (1 - warmup_share)
    return highest * (1 + math.cos(math.pi * falling)) / 2
