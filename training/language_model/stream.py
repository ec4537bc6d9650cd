"""Texts as one stream of tokens, cut into parallel streams and windows."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from sentiment.special_tokens import PAD
from sentiment.text.encoding import Encoder

Tokens = npt.NDArray[np.int32]


def stream_of(texts: Iterable[str], encoder: Encoder) -> Tokens:
    """Return the token ids of all ``texts``, each followed by ``<pad>`` as its end.

    The vector of ``<pad>`` is zero and never trained: it only marks that a new text
    begins.
    """
    parts = []
    for text in texts:
        ids = encoder.encode(text)
        if ids:
            parts.append(np.array([*ids, PAD], dtype=np.int32))
    return np.concatenate(parts) if parts else np.zeros(0, dtype=np.int32)


@dataclass(frozen=True)
class Windows:
    """A stream of tokens cut for truncated back-propagation through time.

    Each of ``rows`` is a stream, shape ``(streams, length)``; a window is ``steps`` of
    their columns, so that the state after one window is the state before the next.
    """

    rows: Tensor
    steps: int

    @classmethod
    def of(cls, tokens: Tokens, streams: int, steps: int) -> "Windows":
        """Cut ``tokens``; those that do not fill the last column are left out."""
        streams = max(1, min(streams, len(tokens) // 2))
        length = len(tokens) // streams
        rows = tokens[: streams * length].reshape(streams, length)
        return cls(torch.from_numpy(rows.astype(np.int64)), steps)

    @property
    def streams(self) -> int:
        """How many streams are read side by side."""
        return len(self.rows)

    def only(self, streams: Sequence[int]) -> "Windows":
        """Return the windows of some of the streams."""
        return Windows(self.rows[list(streams)], self.steps)

    def tokens(self, number: int) -> int:
        """Return how many tokens window ``number`` has."""
        return self[number][0].numel()

    def __len__(self) -> int:
        return -(-(self.rows.shape[1] - 1) // self.steps)

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        return (self[number] for number in range(len(self)))

    def __getitem__(self, number: int) -> tuple[Tensor, Tensor]:
        """Return window ``number``: its tokens, and the token after each of them."""
        if not 0 <= number < len(self):
            raise IndexError(number)
        start = number * self.steps
        end = min(start + self.steps, self.rows.shape[1] - 1)
        return self.rows[:, start:end], self.rows[:, start + 1 : end + 1]


def shuffled(tokens: Tokens, seed: int) -> Tokens:
    """Return the texts of a stream in another order, the same for the same seed."""
    ends = np.flatnonzero(tokens == PAD) + 1
    texts = np.split(tokens, ends[:-1])
    order = np.random.default_rng(seed).permutation(len(texts))
    return np.concatenate([texts[at] for at in order])
