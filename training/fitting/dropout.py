"""DropConnect for recurrent weights, where plain dropout would do harm."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn


@contextmanager
def dropped_weights(network: nn.Module, p: float) -> Iterator[None]:
    """Drop recurrent weights of ``network`` for one forward and backward pass.

    DropConnect on the hidden-to-hidden matrices (Merity et al. 2018, "Regularizing and
    Optimizing LSTM Language Models"): the same weights are dropped at every time step,
    so that the hidden state is not disturbed from step to step. On exit, the weights
    are restored and their gradients are masked in the same way.
    """
    if p == 0:
        yield
        return
    masks: list[tuple[nn.Parameter, Tensor, Tensor]] = []
    for name, weight in network.named_parameters():
        if "weight_hh" in name:
            mask = torch.empty_like(weight).bernoulli_(1 - p).div_(1 - p)
            masks.append((weight, weight.detach().clone(), mask))
            weight.data.mul_(mask)
    try:
        yield
    finally:
        for weight, whole, mask in masks:
            weight.data.copy_(whole)
            if weight.grad is not None:
                weight.grad.mul_(mask)
