"""Virtual adversarial training: predictions that do not change if word vectors do.

Miyato, Dai and Goodfellow 2017, "Adversarial Training Methods for Semi-Supervised Text
Classification"; Miyato, Maeda, Koyama and Ishii 2018, "Virtual Adversarial Training: A
Regularization Method for Supervised and Semi-Supervised Learning". The network's own
prediction takes the place of the label, so that unlabelled texts can be used, too.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn

from training.fitting.adversarial import (
    at_length,
    hooked,
    moved_by,
    repeated_masks,
)


class WholeBatch(NamedTuple):
    """What all processes that share a batch know of it.

    ``texts`` is its size, ``longest`` the number of tokens of its longest text, and
    ``seed`` that of its random direction.
    """

    texts: int
    longest: int
    seed: int


class Perturbation(NamedTuple):
    """How to perturb texts, and the predictions that they should keep.

    ``perturbation`` has shape ``(texts, longest, embedding)``, ``kept`` holds the
    logarithms of the probabilities, shape ``(texts, labels)``; neither has a gradient.
    """

    perturbation: Tensor
    kept: Tensor


def add_gradients(
    read: Callable[[], Tensor], network: nn.Module, epsilon: float, batch: WholeBatch
) -> Tensor:
    """Add the gradients of the texts' divergences to ``network``'s; return their mean.

    Relative to the label loss the weight is 1: Miyato et al. (2018) found that tuning
    the length of the perturbation is enough.

    Args:
        read: Reads this process's texts with ``network`` and returns their logits,
            shape ``(texts, labels)``; called three times.
        network: It looks tokens up in its submodule ``embedding``, once a pass.
        epsilon: The norm of the perturbation, in mean norms of a vector.
        batch: The batch that the texts are part of; the mean is over all of it.
    """
    found = most_changing(read, network, epsilon, batch)
    with moved_by(found.perturbation, network.get_submodule("embedding")):
        mean = divergences(found.kept, read()).sum() / batch.texts
    mean.backward()
    return mean.detach()


def most_changing(
    read: Callable[[], Tensor], network: nn.Module, epsilon: float, batch: WholeBatch
) -> Perturbation:
    """Return the perturbation that changes each text's prediction most.

    It is found by one step of power iteration: near the text, the gradient of the
    divergence at a random perturbation is the Hessian times that perturbation. The
    authors make the random one far shorter than the result. Here it has the same
    length, so that bfloat16 does not round it away; it still changes little, since a
    random direction is nearly orthogonal to those that change the prediction. All
    passes use the same dropout masks, so that without a perturbation the divergence is
    0; only cuDNN's dropout between recurrent layers differs (:func:`repeated_masks`)
    and adds to it.
    """
    embedding = network.get_submodule("embedding")
    lookups: list[tuple[Tensor, Tensor]] = []

    def watch(_: nn.Module, token_ids: tuple[Tensor], vectors: Tensor) -> None:
        lookups.append((token_ids[0], vectors))

    with repeated_masks(network), torch.no_grad(), hooked(embedding, watch):
        kept = read().log_softmax(dim=1)
    ((token_ids, vectors),) = lookups
    random = at_length(_direction(vectors, batch), token_ids, vectors, epsilon)
    random.requires_grad_()
    with repeated_masks(network), moved_by(random, embedding):
        (slope,) = torch.autograd.grad(divergences(kept, read()).sum(), random)
    return Perturbation(at_length(slope, token_ids, vectors, epsilon), kept)


def divergences(kept: Tensor, logits: Tensor) -> Tensor:
    """Return the KL divergence of each prediction from ``kept``, shape ``(texts,)``.

    Neutral is never masked: predictions are compared, not labels.

    Args:
        kept: Logarithms of the probabilities to keep, shape ``(texts, labels)``.
        logits: Those of the perturbed texts, shape ``(texts, labels)``.
    """
    return nn.functional.kl_div(
        logits.log_softmax(dim=1), kept, reduction="none", log_target=True
    ).sum(dim=1)


def _direction(vectors: Tensor, batch: WholeBatch) -> Tensor:
    """Return a random direction, shape ``(longest of vectors, embedding)``.

    It is the same for all texts of the batch and drawn for the longest one, so that a
    text's perturbation does not depend on which texts its process has.
    """
    generator = torch.Generator(vectors.device).manual_seed(batch.seed)
    shape = (batch.longest, vectors.shape[2])
    drawn = torch.randn(shape, generator=generator, device=vectors.device)
    return drawn[: vectors.shape[1]]
