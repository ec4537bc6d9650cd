"""Adversarial training: learn each batch also with the worst perturbation.

Miyato, Dai and Goodfellow 2017, "Adversarial Training Methods for Semi-Supervised Text
Classification". Words cannot be perturbed a little, but their vectors can.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from sentiment.special_tokens import PAD


def leave_gradients(
    loss: Callable[[], Tensor], network: nn.Module, epsilon: float
) -> Tensor:
    """Compute the gradients of ``loss`` in ``network``; return its value, detached.

    With an ``epsilon`` it is the mean of two losses: of the texts, and of the texts
    with their word vectors perturbed by :func:`perturbation`. The paper's sum is twice
    that, which Adam does not notice but ``clip_norm`` and the loss curve would.

    Args:
        loss: Reads the batch with ``network`` and returns a scalar; called once or
            twice.
        network: It looks tokens up in its submodule ``embedding``, once a pass.
        epsilon: The norm of the perturbation; 0 is the plain loss.
    """
    if not epsilon:
        plain = loss()
        plain.backward()
        return plain.detach()
    embedding = network.get_submodule("embedding")
    lookups: list[tuple[Tensor, Tensor]] = []

    def watch(_: nn.Module, token_ids: tuple[Tensor], vectors: Tensor) -> None:
        if not vectors.requires_grad:  # the embedding is frozen
            vectors.requires_grad_()
        vectors.retain_grad()
        lookups.append((token_ids[0], vectors))

    with repeated_masks(network), hooked(embedding, watch):
        clean = loss() / 2
        clean.backward()
    ((token_ids, vectors),) = lookups
    moved = perturbation(token_ids, vectors, epsilon)
    with moved_by(moved, embedding):
        worse = loss() / 2
    worse.backward()
    return (clean + worse).detach()


def perturbation(token_ids: Tensor, vectors: Tensor, epsilon: float) -> Tensor:
    """Return what to add to the tokens' vectors so that each text's loss rises most.

    It is the loss's gradient, which the vectors must have, :func:`at_length`.

    Raises:
        ValueError: The vectors have no gradient.
    """
    if vectors.grad is None:
        raise ValueError("the vectors have no gradient: the loss does not read them")
    return at_length(vectors.grad, token_ids, vectors, epsilon)


def at_length(
    directions: Tensor, token_ids: Tensor, vectors: Tensor, epsilon: float
) -> Tensor:
    """Return ``directions`` scaled to the norm by which each text is perturbed.

    That is ``epsilon`` times the root mean square of the norms of the text's vectors.
    The paper normalises the embedding instead, lest the network escape by longer
    vectors. Relative to the text's own vectors, ``epsilon`` means the same for any
    embedding, the embedding is served as it was learned, and a text does not depend on
    its batch. The paper's 5, with vectors of 256 numbers of variance 1, is 0.3 here.

    Args:
        directions: The shape of ``vectors``, or one direction for all texts.
        token_ids: Padded, shape ``(batch, longest)``.
        vectors: Theirs, shape ``(batch, longest, embedding)``.
        epsilon: The norm over a whole text, in norms of a vector.

    Returns:
        The shape of ``vectors``; 0 at the padding, and where the direction is 0.
    """
    held = (token_ids != PAD).unsqueeze(2)  # (batch, longest, 1)
    squares = (vectors.detach().square() * held).sum(dim=(1, 2))
    lengths = (squares / held.sum(dim=(1, 2))).sqrt()  # (batch,)
    # The gradients of a well-learned text are far below normalize's default epsilon.
    smallest = torch.finfo(vectors.dtype).tiny
    whole = nn.functional.normalize((directions * held).flatten(1), eps=smallest)
    return (epsilon * lengths.unsqueeze(1) * whole).view_as(vectors)


def repeated_masks(network: nn.Module) -> AbstractContextManager[None]:
    """Return a context that restores the random state, so that masks repeat after it.

    Both passes then have the same dropout masks: the perturbation is computed for the
    very network that it is applied to. Only cuDNN's dropout between recurrent layers
    has a state of its own and differs.
    """
    device = next(network.parameters()).device
    devices = [device] if device.type == "cuda" else []
    return torch.random.fork_rng(devices)


def moved_by(
    perturbation: Tensor, embedding: nn.Module
) -> AbstractContextManager[None]:
    """Return a context in which the vectors from ``embedding`` are perturbed."""
    return hooked(embedding, lambda _, __, vectors: vectors + perturbation)


@contextmanager
def hooked(module: nn.Module, hook: Callable[..., Any]) -> Iterator[None]:
    """Let ``hook`` see, or replace, the output of ``module``."""
    handle = module.register_forward_hook(hook)
    try:
        yield
    finally:
        handle.remove()
