"""Group texts of similar length, pad them, and keep their true lengths."""

from collections.abc import Sequence
from itertools import chain
from typing import NamedTuple, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sentiment.special_tokens import PAD

_T = TypeVar("_T")
Positions = Sequence[int] | NDArray[np.int64]


class Batch(NamedTuple):
    """Padded token ids with the lengths they had before.

    ``token_ids`` has shape ``(batch, longest)``; ``lengths``, shape ``(batch,)``, stays
    on the CPU, where packing needs it.
    """

    token_ids: Tensor
    lengths: Tensor

    def to(self, device: torch.device) -> "Batch":
        """Return the batch with its token ids on ``device``."""
        return Batch(self.token_ids.to(device, non_blocking=True), self.lengths)


class Sequences(NamedTuple):
    """The token ids of several texts, one after the other in one array.

    ``lengths`` has a row a text; a text without a token has length 0.
    """

    token_ids: NDArray[np.int64]
    lengths: NDArray[np.int64]

    @classmethod
    def of(cls, sequences: Sequence[Sequence[int]]) -> "Sequences":
        """Return ``sequences`` as one array."""
        flat = list(chain.from_iterable(sequences))
        lengths = [len(sequence) for sequence in sequences]
        return cls(np.array(flat, np.int64), np.array(lengths, np.int64))

    @classmethod
    def joined(cls, parts: Sequence["Sequences"]) -> "Sequences":
        """Return the texts of all parts, in their order."""
        if len(parts) == 1:
            return parts[0]
        columns = zip(*parts, strict=True)
        token_ids, lengths = (np.concatenate(column) for column in columns)
        return cls(token_ids, lengths)

    def one(self, position: int) -> list[int]:
        """Return the token ids of one text."""
        end = int(self.lengths[: position + 1].sum())
        found: list[int] = self.token_ids[end - self.lengths[position] : end].tolist()
        return found

    def occurrences(self, token_id: int) -> NDArray[np.int64]:
        """Return how often ``token_id`` stands in each text."""
        owners = np.repeat(np.arange(len(self.lengths)), self.lengths)
        held = owners[self.token_ids == token_id]
        return np.bincount(held, minlength=len(self.lengths))

    def batch(self, positions: Positions) -> Batch:
        """Return the texts at ``positions`` as one batch, padded on the right.

        Raises:
            ValueError: One of them has no token; packing has no state for it.
        """
        lengths = self.lengths[positions]  # (batch,)
        if not lengths.all() or not len(lengths):
            raise ValueError("every sequence of a batch needs at least one token")
        ends = np.cumsum(self.lengths)[positions]
        columns = np.arange(lengths.max())
        inside = columns < lengths[:, None]  # (batch, longest)
        places = np.where(inside, (ends - lengths)[:, None] + columns, 0)
        padded = np.where(inside, self.token_ids[places], PAD)
        return Batch(torch.from_numpy(padded), torch.from_numpy(lengths))


def pad(sequences: Sequence[Sequence[int]]) -> Batch:
    """Return ``sequences`` as one batch, padded on the right.

    Raises:
        ValueError: A sequence is empty; packing has no state for it.
    """
    return Sequences.of(sequences).batch(range(len(sequences)))


def buckets(lengths: Positions, token_budget: int) -> list[list[int]]:
    """Return positions grouped by length, each group within ``token_budget`` if padded.

    A text longer than the budget is a group of its own. The same lengths always give
    the same groups, shortest first.

    >>> buckets([3, 1, 9, 1], token_budget=6)
    [[1, 3], [0], [2]]
    """
    order = np.argsort(lengths, kind="stable")
    rising = np.asarray(lengths)[order]
    groups: list[list[int]] = []
    start = 0
    while start < len(order):
        # Sorted, so a group is padded to its last text: its padded size only rises.
        longest = rising[start : start + token_budget]
        padded = longest * np.arange(1, len(longest) + 1)
        size = max(1, int(np.searchsorted(padded, token_budget, side="right")))
        groups.append(order[start : start + size].tolist())
        start += size
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
