"""Virtual adversarial training: answer alike where a text's word vectors move a little.

Miyato, Dai and Goodfellow 2017, "Adversarial Training Methods for Semi-Supervised Text
Classification"; Miyato, Maeda, Koyama and Ishii 2018, "Virtual Adversarial Training: A
Regularization Method for Supervised and Semi-Supervised Learning". The answer that a
text has takes the place of its label, so that texts without one are learned from, too.
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

    ``texts`` is how many it has, ``longest`` the tokens of the longest, and ``seed``
    that of its random direction.
    """

    texts: int
    longest: int
    seed: int


class Found(NamedTuple):
    """Where texts are to move, and the answers that they are to keep.

    ``perturbation`` has shape ``(texts, longest, embedding)``, ``kept`` holds the
    logarithms of the probabilities, shape ``(texts, labels)``; neither has a gradient.
    """

    perturbation: Tensor
    kept: Tensor


def add_gradients(
    read: Callable[[], Tensor], network: nn.Module, epsilon: float, batch: WholeBatch
) -> Tensor:
    """Add the gradients of the texts' divergences to ``network``'s; return their mean.

    The weight beside the loss of the labels is 1: the authors of 2018 found that the
    length of the step decides, and that its weight need not be searched as well.

    Args:
        read: Reads this process's texts with ``network`` and returns their logits,
            shape ``(texts, labels)``; called three times.
        network: Looks its tokens up once a reading, in its submodule ``embedding``.
        epsilon: How far the vectors move, in lengths of a vector.
        batch: What the texts are part of; the mean is over all of its texts.
    """
    found = most_changing(read, network, epsilon, batch)
    with moved_by(found.perturbation, network.get_submodule("embedding")):
        mean = divergences(found.kept, read()).sum() / batch.texts
    mean.backward()
    return mean.detach()


def most_changing(
    read: Callable[[], Tensor], network: nn.Module, epsilon: float, batch: WholeBatch
) -> Found:
    """Return the step that changes each text's answer most.

    It is found by one step of power iteration: near the text, the gradient of the
    divergence at a random step is its matrix of second derivatives times that step.
    The authors' random step is far shorter than the one that is looked for. Here it is
    as long, so that bfloat16 does not round it away, and still near the text, since
    hardly any of it lies where the answer changes. All passes drop the same, so that
    without a step nothing changes; only cuDNN's dropout between recurrent layers does
    not (:func:`repeated_masks`), and what it changes is then part of the divergence.
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
    return Found(at_length(slope, token_ids, vectors, epsilon), kept)


def divergences(kept: Tensor, logits: Tensor) -> Tensor:
    """Return the KL divergence of each text's answer from ``kept``, shape ``(texts,)``.

    Neutral is masked for no text: it is about answers, whatever a label could be.

    Args:
        kept: Logarithms of the probabilities to keep, shape ``(texts, labels)``.
        logits: What the network says now, shape ``(texts, labels)``.
    """
    return nn.functional.kl_div(
        logits.log_softmax(dim=1), kept, reduction="none", log_target=True
    ).sum(dim=1)


def _direction(vectors: Tensor, batch: WholeBatch) -> Tensor:
    """Return a random direction, shape ``(longest of vectors, embedding)``.

    It is one for the whole batch, so that a text's perturbation does not depend on how
    many processes share the work, and drawn for the longest text, since of fewer
    numbers the last would be others.
    """
    generator = torch.Generator(vectors.device).manual_seed(batch.seed)
    shape = (batch.longest, vectors.shape[2])
    drawn = torch.randn(shape, generator=generator, device=vectors.device)
    return drawn[: vectors.shape[1]]
