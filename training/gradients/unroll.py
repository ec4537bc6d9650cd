"""The recurrent layers unrolled step by step, so that autograd sees every state.

torch's fused layers return the states of the top layer alone, and as copies: a copy's
gradient lacks all that flows back through later steps. Here torch's own cells apply the
same parameters one token at a time; the tests hold the two ways equal.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from sentiment.network.recurrence import RNN


@dataclass(frozen=True)
class LayerStates:
    """The states of one layer in one direction, in the order of its steps.

    Each state has shape ``(batch, hidden)``. The state of step ``s`` is the one after
    ``s + 1`` tokens, counted from the end for a layer that reads backward. ``cell`` is
    empty for a cell without a cell state.
    """

    layer: int
    backward: bool
    hidden: list[Tensor]
    cell: list[Tensor]


def unroll(rnn: RNN, embedded: Tensor, lengths: Tensor) -> list[LayerStates]:
    """Return every layer's and direction's states, forward before backward.

    Args:
        rnn: A batch-first network of any cell, depth and direction; its dropout
            between layers is left out.
        embedded: Right-padded inputs, shape ``(batch, longest, embedding)``.
        lengths: True lengths, shape ``(batch,)``. States of steps beyond a text's
            length have read padding and are meaningless.
    """
    layers: list[LayerStates] = []
    inputs = embedded
    turned = _reversal(lengths, embedded.shape[1])
    for layer in range(rnn.num_layers):
        outputs = []
        for backward in (False, True)[: 1 + rnn.bidirectional]:
            weights = rnn.all_weights[layer * (1 + rnn.bidirectional) + backward]
            ordered = _reordered(inputs, turned) if backward else inputs
            hidden, cell = _read(rnn, weights, ordered)
            layers.append(LayerStates(layer, backward, hidden, cell))
            states = torch.stack(hidden, dim=1)  # (batch, longest, hidden)
            outputs.append(_reordered(states, turned) if backward else states)
        inputs = torch.cat(outputs, dim=2)  # (batch, longest, directions * hidden)
    return layers


def last_states(layers: list[LayerStates], lengths: Tensor) -> Tensor:
    """Return the output layer's input, shape ``(batch, directions * hidden)``."""
    rows = torch.arange(len(lengths))
    top = [one for one in layers if one.layer == layers[-1].layer]
    return torch.cat(
        [torch.stack(one.hidden, dim=1)[rows, lengths - 1] for one in top], dim=1
    )


def _read(
    rnn: RNN, weights: Sequence[Tensor], inputs: Tensor
) -> tuple[list[Tensor], list[Tensor]]:
    """Return the hidden states and the cell states, a step at a time."""
    hidden = cell = inputs.new_zeros(inputs.shape[0], rnn.hidden_size)
    hidden_states, cell_states = [], []
    for values in inputs.unbind(dim=1):
        if isinstance(rnn, nn.LSTM):
            hidden, cell = torch.lstm_cell(values, (hidden, cell), *weights)
            cell_states.append(cell)
        else:
            hidden = _cell_of(rnn)(values, hidden, *weights)
        hidden_states.append(hidden)
    return hidden_states, cell_states


def _cell_of(rnn: nn.GRU | nn.RNN) -> Callable[..., Tensor]:
    if isinstance(rnn, nn.GRU):
        return torch.gru_cell
    return torch.rnn_tanh_cell if rnn.nonlinearity == "tanh" else torch.rnn_relu_cell


def _reversal(lengths: Tensor, longest: int) -> Tensor:
    """Return the indices that reverse each text, shape ``(batch, longest)``.

    Each text is reversed within its length; its padding stays on the right.
    """
    places = torch.arange(longest).expand(len(lengths), longest)
    ends = lengths.unsqueeze(1)
    return torch.where(places < ends, ends - 1 - places, places)


def _reordered(values: Tensor, places: Tensor) -> Tensor:
    """Return ``values``, shape ``(batch, longest, n)``, with their steps reordered."""
    return values.gather(1, places.unsqueeze(2).expand_as(values))
