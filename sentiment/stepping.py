"""Read short texts a token at a time, all at once: the quick way for many of them.

The fused kernel multiplies each token's vector by the input weights anew, and reads the
padding. Both are saved here: what a token gives to the gates is looked up in a table
made at load, and a text takes part in no more steps than it has tokens
(docs/adr/0011-short-texts-are-stepped.md has what that gains, and what it costs).
"""

from collections.abc import Iterator

import torch
from torch import Tensor
from torch.nn.utils.rnn import pack_padded_sequence

from sentiment.batching import Batch
from sentiment.classifier import RNNClassifier
from sentiment.config import ModelConfig

# A text alone pays some 30 microseconds a step, about four times what the fused kernel
# takes; so a longer one is left to that, alone or not: which way a text is read must
# depend on the text.
LONGEST = 64
# Numbers in float32 that torch takes at once: two registers of AVX-512.
_VECTORS = 32
# Rows of the table that are made at once, which bounds the memory in float32.
_TABLE_ROWS = 4_096


def can_step(config: ModelConfig) -> bool:
    """Say whether such a network can be read this way."""
    # torch rounds the last few numbers of a tensor otherwise than those that fill its
    # vectors: whose numbers these are would depend on the other rows.
    fills_vectors = config.hidden_dim % _VECTORS == 0
    # A second layer has inputs that no table can hold.
    one_layer = config.layers == 1 and not config.bidirectional
    return config.cell == "lstm" and one_layer and fills_vectors


class SteppedClassifier:
    """Another way through a classifier: products in bfloat16, states in float32.

    A text's states depend on its own tokens alone, to the last bit: a row of a product
    in bfloat16 is summed in the same order whatever the number of rows.

    Instead of tanh, which takes three times as long as a sigmoid here, there is
    ``tanh(x) = 2 * sigmoid(2 * x) - 1`` everywhere. The factors are in the weights, so
    that what is carried from step to step is half the hidden state and twice the cell
    state; powers of 2 round nothing.
    """

    def __init__(self, classifier: RNNClassifier) -> None:
        self._judge = classifier.judge
        self._hidden_dim = classifier.config.hidden_dim
        weights = dict(classifier.rnn.named_parameters())
        # The gates stand in the order input, forget, cell, output; the third is tanh's.
        twice = torch.tensor([1.0, 1.0, 2.0, 1.0]).repeat_interleave(self._hidden_dim)
        with torch.no_grad():
            recurrent = 2 * twice[:, None] * weights["weight_hh_l0"]
            self._recurrent = recurrent.t().contiguous().bfloat16()  # (hidden, gates)
            inputs = (twice[:, None] * weights["weight_ih_l0"]).t()
            bias = twice * (weights["bias_ih_l0"] + weights["bias_hh_l0"])
            # In float32, and rounded once: (vocabulary, gates).
            embedded = classifier.embedding.weight
            self._table = recurrent.new_empty(
                len(embedded), 4 * self._hidden_dim, dtype=torch.bfloat16
            )
            for filled, rows in zip(
                self._table.split(_TABLE_ROWS), embedded.split(_TABLE_ROWS), strict=True
            ):
                filled.copy_(torch.addmm(bias, rows, inputs))

    def __call__(self, batch: Batch) -> Tensor:
        """Return logits, shape ``(batch, labels)``."""
        packed = pack_padded_sequence(
            batch.token_ids, batch.lengths, batch_first=True, enforce_sorted=False
        )
        # The longest text comes first, and a row that has ended is touched no more: at
        # the end it holds each text's last state.
        halves = torch.empty(len(batch.lengths), self._hidden_dim)
        for _ in self._steps(packed.data, packed.batch_sizes.tolist(), halves):
            pass
        return self._judge(2 * halves[packed.unsorted_indices])

    def running_logits(self, token_ids: Tensor) -> Tensor:
        """Return the logits after every token, ``(batch, longest, labels)``.

        The texts are of one length: ``token_ids`` has shape ``(batch, longest)``.
        """
        rows, longest = token_ids.shape
        halves = torch.empty(rows, self._hidden_dim)
        steps = self._steps(token_ids.t().flatten(), [rows] * longest, halves)
        flat = self._judge(2 * torch.cat([halves.clone() for _ in steps]))
        return flat.reshape(longest, rows, -1).transpose(0, 1)

    def _steps(
        self, token_ids: Tensor, sizes: list[int], halves: Tensor
    ) -> Iterator[None]:
        """Leave half the hidden states in ``halves``, and say when a step is done.

        ``token_ids`` holds the texts' first tokens, then their second ones, and so on,
        as many as ``sizes`` says: those of the longest text first.
        """
        rows, hidden = halves.shape
        # Everything is written in place: a step of few rows is as dear as its calls.
        rounded = torch.empty(rows, 4 * hidden, dtype=torch.bfloat16)
        fed_back = torch.empty(rows, hidden, dtype=torch.bfloat16)
        gates = torch.empty(rows, 4 * hidden)
        cells = torch.zeros(rows, hidden)  # twice the cell states
        squashed = torch.empty(rows, hidden)
        size = 0
        for step, tokens in enumerate(token_ids.split(sizes)):
            if len(tokens) != size:
                size = len(tokens)
                sums, back, active = rounded[:size], fed_back[:size], gates[:size]
                cell, half, tanh = cells[:size], halves[:size], squashed[:size]
                take, keep, new, give = active.split(hidden, dim=1)
            torch.index_select(self._table, 0, tokens, out=sums)
            if step:  # before the first, the state is zero
                sums.addmm_(back, self._recurrent)
            active.copy_(sums).sigmoid_()
            # c = keep * c + take * (2 * new - 1), and twice that.
            cell.mul_(keep).addcmul_(take, new, value=4).sub_(take, alpha=2)
            # h = give * (2 * sigmoid(2 * c) - 1), and half of that.
            torch.sigmoid(cell, out=tanh)
            torch.mul(give, tanh, out=half).sub_(give, alpha=0.5)
            back.copy_(half)
            yield
