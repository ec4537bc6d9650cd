"""Put texts of like length together, pad them, and keep their true lengths."""

from collections.abc import Sequence
from typing import NamedTuple, TypeVar

import torch
from torch import Tensor

from sentiment.vocabulary import PAD

_T = TypeVar("_T")


class Batch(NamedTuple):
    """Padded token ids with the lengths they had before.

    ``token_ids`` has shape ``(batch, longest)``; ``lengths``, shape ``(batch,)``,
    stays on the CPU, where packing wants it.
    """

    token_ids: Tensor
    lengths: Tensor

    def to(self, device: torch.device) -> "Batch":
        """Return the batch with its token ids on ``device``."""
        return Batch(self.token_ids.to(device, non_blocking=True), self.lengths)


def pad(sequences: Sequence[Sequence[int]]) -> Batch:
    """Return ``sequences`` as one batch, padded on the right.

    Raises:
        ValueError: A sequence is empty; packing has no state for it.
    """
    lengths = [len(sequence) for sequence in sequences]
    if min(lengths, default=0) == 0:
        raise ValueError("every sequence of a batch needs at least one token")
    longest = max(lengths)
    padded = [
        [*sequence, *[PAD] * (longest - length)]
        for sequence, length in zip(sequences, lengths, strict=True)
    ]
    return Batch(torch.tensor(padded), torch.tensor(lengths))


def buckets(lengths: Sequence[int], token_budget: int) -> list[list[int]]:
    """Return positions grouped by length, each group within ``token_budget`` if padded.

    A text longer than the budget is a group of its own. The same lengths always give
    the same groups, shortest first.

    >>> buckets([3, 1, 9, 1], token_budget=6)
    [[1, 3], [0], [2]]
    """
    groups: list[list[int]] = []
    group: list[int] = []
    for position in sorted(range(len(lengths)), key=lengths.__getitem__):
        # Sorted, so the text at hand is the longest of its group so far.
        if group and (len(group) + 1) * lengths[position] > token_budget:
            groups.append(group)
            group = []
        group.append(position)
    if group:
        groups.append(group)
    return groups


def head_and_tail(
    tokens: Sequence[_T], max_tokens: int, head_share: float
) -> Sequence[_T]:
    """Return all tokens, or of too many the first and the last, ``max_tokens`` in all.

    >>> head_and_tail("abcdefgh", max_tokens=4, head_share=0.25)
    ['a', 'f', 'g', 'h']
    """
    if len(tokens) <= max_tokens:
        return tokens
    head = int(max_tokens * head_share)
    return [*tokens[:head], *tokens[len(tokens) - (max_tokens - head) :]]
