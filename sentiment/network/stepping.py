"""Read many texts at once, one token of each after the other, in float32.

The fused kernel, by which requests are read, multiplies each token's vector with the
input weights every time the token occurs, and computes padding. Here the input
projection of every vocabulary token is computed once and looked up, and finished texts
leave the batch. That saves half of the arithmetic, but each step costs a dozen calls of
torch. So it is for files, where hundreds of texts share a step
(docs/adr/0015-in-float32-files-are-stepped.md).
"""

from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from sentiment.config import ModelConfig
from sentiment.labels import LABELS
from sentiment.network.batching import Positions, Sequences
from sentiment.network.classifier import RNNClassifier

# Texts that are read side by side: with more, the calls' overhead no longer shows.
_TEXTS = 512
# For fewer rows the matrix product uses another kernel, which rounds differently: a
# text's digits would depend on the number of texts.
_LEAST_ROWS = 4
# A wider network's table would be large: at 256 units, 4 kB a token.
_WIDEST = 256
# torch computes what does not fill a vector register with other instructions, which
# round differently, and what is left over depends on the number of rows.
_VECTORS = 32


def can_step(config: ModelConfig) -> bool:
    """Say whether such a network can be read so, and gains by it."""
    return (
        config.cell == "lstm"
        and config.layers == 1
        and not config.bidirectional
        and config.hidden_dim <= _WIDEST
        and config.hidden_dim % _VECTORS == 0
    )


class SteppedLSTM:
    """Gives the logits of an LSTM with one layer, as the network does, to 1e-5.

    A tanh is written as a sigmoid, which torch computes in a third of the time:
    ``tanh(x) = 2 sigmoid(2x) - 1``. The doubling is in the weights of the candidate,
    and in the cells, which are kept at twice their size.
    """

    def __init__(self, network: RNNClassifier) -> None:
        self._network = network
        _, recurrent, *_ = network.rnn.all_weights[0]
        self._recurrent_weights = _arranged(recurrent.detach()).T.contiguous()

    @cached_property
    def _input_projections(self) -> Tensor:
        """Each token's part of the gates' input, ``(vocabulary, 4 * hidden)``.

        Computed for the first file, so that processes without files need no memory
        for it.
        """
        of_input, _, *biases = (
            one.detach() for one in self._network.rnn.all_weights[0]
        )
        vectors = self._network.embedding.weight.detach()
        bias = _arranged(biases[0] + biases[1])
        return torch.addmm(bias, vectors, _arranged(of_input).T)

    def __call__(self, sequences: Sequences) -> Tensor:
        """Return each text's logits, ``(texts, labels)``; NaN where it has no token."""
        lengths = sequences.lengths
        found = torch.full((len(lengths), len(LABELS)), torch.nan)
        longest_first = np.argsort(-lengths, kind="stable")[: np.count_nonzero(lengths)]
        for start in range(0, len(longest_first), _TEXTS):
            group = longest_first[start : start + _TEXTS]
            found[group] = self._logits(sequences, group)
        return found

    def _logits(self, sequences: Sequences, group: Positions) -> Tensor:
        """Return the logits of the texts at ``group``, the longest of them first."""
        padding_rows = np.repeat(group[:1], _LEAST_ROWS - 1)
        batch = sequences.batch(np.concatenate([padding_rows, group]))
        columns = batch.token_ids.T.contiguous()  # (longest, rows)
        lengths = batch.lengths.numpy()
        # How many rows, from the first on, have a token at each step.
        reading = np.searchsorted(-lengths, -np.arange(len(columns)))
        hidden_dim = len(self._recurrent_weights)
        all_gates = self._input_projections.new_empty(len(lengths), 4 * hidden_dim)
        all_hidden, all_cells = all_gates.new_zeros(2, len(lengths), hidden_dim)
        for column, rows in zip(columns, reading.tolist(), strict=True):
            gates, hidden, cells = all_gates[:rows], all_hidden[:rows], all_cells[:rows]
            torch.index_select(self._input_projections, 0, column[:rows], out=gates)
            gates.addmm_(hidden, self._recurrent_weights).sigmoid_()
            enters, stays, shows, candidate = gates.split(hidden_dim, dim=1)
            cells.mul_(stays).addcmul_(enters, candidate, value=4).sub_(enters, alpha=2)
            torch.sigmoid(cells, out=hidden).mul_(2).sub_(1).mul_(shows)
        return self._network.logits_of(all_hidden)[len(padding_rows) :]


def _arranged(weights: Tensor) -> Tensor:
    """Return an LSTM's gates with the candidate last, and doubled.

    torch has input, forget, candidate and output, one below the other.
    """
    enters, stays, candidate, shows = weights.chunk(4)
    return torch.cat([enters, stays, shows, 2 * candidate])
