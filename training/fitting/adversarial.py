"""Adversarial training: learn each batch also with the perturbation that hurts most.

Miyato, Dai and Goodfellow 2017, "Adversarial Training Methods for Semi-Supervised Text
Classification". Words cannot be perturbed a little, but their vectors can.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from sentiment.text.vocabulary import PAD


def leave_gradients(
    loss: Callable[[], Tensor], network: nn.Module, epsilon: float
) -> Tensor:
    """Leave the gradients of ``loss`` with ``network``; return its value, detached.

    With an ``epsilon`` it is the mean of two losses: of the texts, and of the texts
    with their words' vectors moved by :func:`perturbation`. The paper's sum would be
    twice that; Adam does not see the difference, but ``clip_norm`` and the curve of the
    losses would.

    Args:
        loss: Reads the batch with ``network`` and returns a scalar; called once or
            twice.
        network: Looks its tokens up once, in its submodule ``embedding``.
        epsilon: How far the vectors move; 0 is the plain loss.
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
    """Return ``directions`` at the length by which each text is to move.

    That is ``epsilon`` times the length that the text's vectors have in the mean (root
    of the mean square). The paper normalises the table instead, lest the network escape
    by longer vectors; measured by the text's own, a step is as long on any table, the
    table is served as it was learned, and a text does not depend on its neighbours. The
    paper's 5, at vectors of 256 numbers of variance 1, is 0.3 here.

    Args:
        directions: The shape of ``vectors``, or one direction for all texts.
        token_ids: Padded, shape ``(batch, longest)``.
        vectors: Theirs, shape ``(batch, longest, embedding)``.
        epsilon: The norm over a whole text, in lengths of a vector.

    Returns:
        The shape of ``vectors``; 0 at the padding, and for a text without direction.
    """
    held = (token_ids != PAD).unsqueeze(2)  # (batch, longest, 1)
    squares = (vectors.detach().square() * held).sum(dim=(1, 2))
    lengths = (squares / held.sum(dim=(1, 2))).sqrt()  # (batch,)
    # A text that is all but learned has gradients far below normalize's usual bound.
    smallest = torch.finfo(vectors.dtype).tiny
    whole = nn.functional.normalize((directions * held).flatten(1), eps=smallest)
    return (epsilon * lengths.unsqueeze(1) * whole).view_as(vectors)


def repeated_masks(network: nn.Module) -> AbstractContextManager[None]:
    """Return a context after which random numbers are drawn again.

    So both passes drop the same: the perturbation is that of the very network that then
    has to withstand it, and it moves nothing that was dropped. Only cuDNN's dropout
    between recurrent layers keeps a count of its own.
    """
    device = next(network.parameters()).device
    devices = [device] if device.type == "cuda" else []
    return torch.random.fork_rng(devices)


def moved_by(
    perturbation: Tensor, embedding: nn.Module
) -> AbstractContextManager[None]:
    """Return a context in which what ``embedding`` looks up is moved."""
    return hooked(embedding, lambda _, __, vectors: vectors + perturbation)


@contextmanager
def hooked(module: nn.Module, hook: Callable[..., Any]) -> Iterator[None]:
    """Let ``hook`` see, or replace, what ``module`` returns."""
    handle = module.register_forward_hook(hook)
    try:
        yield
    finally:
        handle.remove()
