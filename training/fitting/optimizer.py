"""The optimiser and the course of its learning rate."""

import math

from torch import nn
from torch.optim import AdamW, Optimizer

from training.config import FitConfig

# Where the climb begins, as a share of the highest learning rate.
_FIRST = 0.04


def build_optimizer(network: nn.Module, config: FitConfig) -> Optimizer:
    """Return AdamW; weight decay is for the matrices that every text uses."""
    decayed: list[nn.Parameter] = []
    free: list[nn.Parameter] = []
    for name, parameter in network.named_parameters():
        if not parameter.requires_grad:
            continue
        rare = name.startswith("embedding") or parameter.dim() < 2
        (free if rare else decayed).append(parameter)
    groups = [
        {"params": decayed, "weight_decay": config.weight_decay},
        {"params": free, "weight_decay": 0.0},
    ]
    return AdamW(groups, lr=config.learning_rate, fused=True)


def learning_rate(done: float, config: FitConfig) -> float:
    """Return the learning rate when the share ``done`` of the run lies behind."""
    return one_cycle(done, config.learning_rate, config.warmup_share)


def one_cycle(done: float, highest: float, warmup_share: float) -> float:
    """Return one cycle's rate (Smith 2018): a straight climb, then half a cosine down.

    A function of the share ``done`` alone, so that a resumed run needs no other memory
    of it.
    """
    if done < warmup_share:
        return highest * (_FIRST + (1 - _FIRST) * done / warmup_share)
    falling = (done - warmup_share) / (1 - warmup_share)
    return highest * (1 + math.cos(math.pi * falling)) / 2
