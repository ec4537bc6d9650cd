"""Dropout for recurrent networks, where plain dropout would do harm."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn


@contextmanager
def dropped_weights(network: nn.Module, p: float) -> Iterator[None]:
    """Drop recurrent weights of ``network`` for one pass forward and one backward.

    DropConnect on the hidden-to-hidden matrices (Merity et al. 2018, "Regularizing and
    Optimizing LSTM Language Models"): the same weights are missing at every time step,
    so that the memory of a text is not disturbed from step to step. On leaving, the
    weights are whole again and their gradients are those of the whole weights.
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
