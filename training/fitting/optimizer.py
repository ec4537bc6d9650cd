"""The optimiser, its learning rate schedule, and its steps."""

import math
import re
from collections.abc import Iterator
from contextlib import contextmanager

from torch import nn
from torch.optim import AdamW, Optimizer

from training.fitting.config import FitConfig

# Where the warm-up begins, as a share of the peak learning rate.
_FIRST = 0.04


def build_optimizer(network: nn.Module, config: FitConfig) -> Optimizer:
    """Return AdamW, with weight decay for neither the embedding nor the biases.

    The output layer has the full learning rate, each layer below it ``layer_decay``
    times that of the one above, the embedding the lowest (discriminative fine-tuning,
    Howard and Ruder 2018). Each group has its ``depth``, 0 for the output.
    """
    groups: dict[tuple[int, float], list[nn.Parameter]] = {}
    named = dict(network.named_parameters())
    layers = 1 + max(map(_recurrent_layer, named))
    for name, parameter in named.items():
        exempt = name.startswith("embedding") or parameter.dim() < 2
        decay = 0.0 if exempt else config.weight_decay
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
    """Freeze the layers deeper than ``depth``, so that they have no gradient.

    Nor do they count in the norm by which gradients are clipped.
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
    """Return the depth of a parameter below the output, given the recurrent layers."""
    if name.startswith("output"):
        return 0
    if name.startswith("embedding"):
        return 1 + layers
    return layers - _recurrent_layer(name)


def _recurrent_layer(name: str) -> int:
    """Return which layer of the stack a parameter belongs to, from the lowest, 0.

    In torch's names both directions of a layer have its number, as in
    ``rnn.weight_ih_l1_reverse``. Any other parameter is of layer 0.
    """
    found = re.match(r"rnn\..*_l(\d+)", name)
    return int(found[1]) if found else 0


def clipped_step(
    optimizer: Optimizer, network: nn.Module, clip_norm: float, loss: float, advice: str
) -> float:
    """Take a step along gradients scaled down to ``clip_norm``; return their own norm.

    Args:
        optimizer: That of ``network``.
        network: It has the gradients.
        clip_norm: The largest norm of a step's gradients; 0 for any.
        loss: The loss that they are of.
        advice: What may help if it is not a number, for the message.

    Raises:
        FloatingPointError: The loss is not a number. No step was taken.
    """
    norm = nn.utils.clip_grad_norm_(network.parameters(), clip_norm or math.inf)
    if not math.isfinite(loss):
        raise FloatingPointError(
            f"the loss is {loss}: the gradients exploded. A possible solution is "
            f"{advice}"
        )
    optimizer.step()
    return norm.item()


def set_rate(optimizer: Optimizer, rate: float) -> None:
    """Set the learning rate: that of a group with a ``scale`` is as much of it."""
    for group in optimizer.param_groups:
        group["lr"] = rate * group.get("scale", 1.0)


def one_cycle(done: float, highest: float, warmup_share: float) -> float:
    """Return the rate of one cycle (Smith 2018): linear warm-up, then a cosine to 0.

    It depends on the share ``done`` alone, so that checkpoints need not store it.
    """
    if done < warmup_share:
        return highest * (_FIRST + (1 - _FIRST) * done / warmup_share)
    falling = (done - warmup_share) / (1 - warmup_share)
    return highest * (1 + math.cos(math.pi * falling)) / 2
