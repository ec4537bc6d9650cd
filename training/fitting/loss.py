"""The loss: cross-entropy with soft targets, weights, and neutral masked."""

import torch
from torch import Tensor, nn

from sentiment.labels import NEUTRAL

# Finite, since minus infinity times a target of 0 is not a number.
_MASKED = -1e4


def mask_neutral(logits: Tensor, two_class: Tensor) -> Tensor:
    """Return ``logits`` with neutral ruled out where ``two_class``.

    A source without neutral texts is no evidence about neutral; without the mask the
    network would learn that texts in its style are never neutral.
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
    *,
    mask: bool = True,
) -> Tensor:
    """Return the weighted mean of :func:`cross_entropies`, a scalar."""
    losses = cross_entropies(logits, targets, two_class, label_smoothing, mask=mask)
    return (weights * losses).sum() / weights.sum()


def cross_entropies(
    logits: Tensor,
    targets: Tensor,
    two_class: Tensor,
    label_smoothing: float = 0.0,
    *,
    mask: bool = True,
) -> Tensor:
    """Return the loss of each text against its label, shape ``(batch,)``.

    Args:
        logits: Shape ``(batch, labels)``.
        targets: Shares of the labels, shape ``(batch, labels)``.
        two_class: Whether the label could not be neutral, shape ``(batch,)``.
        label_smoothing: Share of each target spread evenly over its labels
            (Szegedy et al. 2016).
        mask: Whether neutral is masked where ``two_class``.
    """
    if label_smoothing:
        even = torch.full_like(targets, 1 / targets.shape[1])
        even[two_class] = 0.5
        even[two_class, NEUTRAL] = 0.0
        targets = (1 - label_smoothing) * targets + label_smoothing * even
    if mask:
        logits = mask_neutral(logits, two_class)
    log_probabilities = nn.functional.log_softmax(logits, dim=1)
    return -(targets * log_probabilities).sum(dim=1)


def soft_cross_entropies(logits: Tensor, soft: Tensor, temperature: float) -> Tensor:
    """Return the loss of each text against its teacher, shape ``(batch,)``.

    Args:
        logits: Shape ``(batch, labels)``; neutral is not masked, since the teacher
            knows it for texts of every source.
        soft: The teacher's shares at ``temperature``, shape ``(batch, labels)``.
        temperature: Its square keeps the gradients' size (Hinton et al. 2015).
    """
    log_probabilities = nn.functional.log_softmax(logits / temperature, dim=1)
    return -(temperature**2) * (soft * log_probabilities).sum(dim=1)
