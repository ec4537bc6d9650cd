"""The loss: cross-entropy with soft targets, weights, and neutral masked."""

import torch
from torch import Tensor, nn

from sentiment.labels import NEUTRAL

# Finite, since minus infinity times a target of 0 is not a number.
_MASKED = -1e4


def mask_neutral(logits: Tensor, two_class: Tensor) -> Tensor:
    """Return ``logits`` with neutral out of the question where ``two_class``.

    A source without neutral texts says nothing about neutral; without the mask the
    network would learn that its style is never neutral.
    """
    mask = torch.zeros_like(logits)
    mask[:, NEUTRAL] = two_class.to(logits) * _MASKED
    return logits + mask


def cross_entropy(
    logits: Tensor,
    targets: Tensor,
    weights: Tensor,
    two_class: Tensor,
    label_smoothing: float = 0.0,
) -> Tensor:
    """Return the weighted mean loss of a batch, a scalar.

    Args:
        logits: Shape ``(batch, labels)``.
        targets: Shares of the labels, shape ``(batch, labels)``.
        weights: How much each text counts, shape ``(batch,)``.
        two_class: Whether neutral is masked, shape ``(batch,)``.
        label_smoothing: Share of each target spread evenly over its labels
            (Szegedy et al. 2016).
    """
    if label_smoothing:
        even = torch.full_like(targets, 1 / targets.shape[1])
        even[two_class] = 0.5
        even[two_class, NEUTRAL] = 0.0
        targets = (1 - label_smoothing) * targets + label_smoothing * even
    log_probabilities = nn.functional.log_softmax(
        mask_neutral(logits, two_class), dim=1
    )
    losses = -(targets * log_probabilities).sum(dim=1)
    return (weights * losses).sum() / weights.sum()
