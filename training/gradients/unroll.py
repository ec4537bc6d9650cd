"""The recurrent layers step by step, every state in the open for autograd to see.

torch's fused layers show the states of the top layer alone, and those as copies: the
gradient that reaches such a copy lacks all that flows back through later steps. Here
the same parameters are applied one token at a time, by the equations of torch's
documentation; the tests hold the two ways equal.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import linear

from sentiment.recurrence import RNN


@dataclass(frozen=True)
class LayerStates:
    """The states of one layer in one direction, in the order it made them.

    Each state has shape ``(batch, hidden)``. The state of step ``s`` is the one after
    ``s + 1`` tokens, counted from the end for a layer that reads backward. ``cell`` is
    empty for a cell without a cell state.
    """

    layer: int
    backward: bool
    hidden: list[Tensor]
    cell: list[Tensor]


@dataclass(frozen=True)
class Weights:
    """The parameters of one layer and direction, by their names in torch."""

    weight_ih: Tensor  # (gates * hidden, input)
    weight_hh: Tensor  # (gates * hidden, hidden)
    bias_ih: Tensor  # (gates * hidden,)
    bias_hh: Tensor  # (gates * hidden,)

    def from_input(self, values: Tensor) -> Tensor:
        """Return what the input says to every gate, ``(..., gates * hidden)``."""
        return linear(values, self.weight_ih, self.bias_ih)

    def from_hidden(self, hidden: Tensor) -> Tensor:
        """Return what the state before says to every gate, the same shape."""
        return linear(hidden, self.weight_hh, self.bias_hh)


# From a step's input part, the weights, and the states before: the states after.
_Step = Callable[[Tensor, Weights, Tensor, Tensor], tuple[Tensor, Tensor]]


def unroll(rnn: RNN, embedded: Tensor, lengths: Tensor) -> list[LayerStates]:
    """Return every layer's and direction's states, forward before backward.

    Args:
        rnn: A batch-first network of any cell, depth and direction; its dropout
            between layers is left out.
        embedded: Right-padded inputs, shape ``(batch, longest, embedding)``.
        lengths: True lengths, shape ``(batch,)``. States of steps beyond a text's
            length have read its padding, and mean nothing.
    """
    layers: list[LayerStates] = []
    inputs = embedded
    turned = _reversal(lengths, embedded.shape[1])
    for layer in range(rnn.num_layers):
        outputs = []
        for backward in (False, True)[: 1 + rnn.bidirectional]:
            weights = _weights(rnn, layer, backward=backward)
            ordered = _reordered(inputs, turned) if backward else inputs
            hidden, cell = _read(rnn, weights, ordered)
            layers.append(LayerStates(layer, backward, hidden, cell))
            states = torch.stack(hidden, dim=1)  # (batch, longest, hidden)
            outputs.append(_reordered(states, turned) if backward else states)
        inputs = torch.cat(outputs, dim=2)  # (batch, longest, directions * hidden)
    return layers


def last_states(layers: list[LayerStates], lengths: Tensor) -> Tensor:
    """Return what the linear layer reads, shape ``(batch, directions * hidden)``."""
    rows = torch.arange(len(lengths))
    top = [one for one in layers if one.layer == layers[-1].layer]
    return torch.cat(
        [torch.stack(one.hidden, dim=1)[rows, lengths - 1] for one in top], dim=1
    )


def _read(
    rnn: RNN, weights: Weights, inputs: Tensor
) -> tuple[list[Tensor], list[Tensor]]:
    """Return the hidden states and the cell states, a step at a time."""
    step = _step_of(rnn)
    hidden = cell = inputs.new_zeros(inputs.shape[0], rnn.hidden_size)
    hidden_states, cell_states = [], []
    for values in weights.from_input(inputs).unbind(dim=1):
        hidden, cell = step(values, weights, hidden, cell)
        hidden_states.append(hidden)
        cell_states.append(cell)
    return hidden_states, cell_states if isinstance(rnn, nn.LSTM) else []


def _step_of(rnn: RNN) -> _Step:
    if isinstance(rnn, nn.LSTM):
        return _lstm_step
    if isinstance(rnn, nn.GRU):
        return _gru_step
    return _tanh_step if rnn.nonlinearity == "tanh" else _relu_step


def _tanh_step(
    values: Tensor, weights: Weights, hidden: Tensor, cell: Tensor
) -> tuple[Tensor, Tensor]:
    return torch.tanh(values + weights.from_hidden(hidden)), cell


def _relu_step(
    values: Tensor, weights: Weights, hidden: Tensor, cell: Tensor
) -> tuple[Tensor, Tensor]:
    return torch.relu(values + weights.from_hidden(hidden)), cell


def _lstm_step(
    values: Tensor, weights: Weights, hidden: Tensor, cell: Tensor
) -> tuple[Tensor, Tensor]:
    gates = values + weights.from_hidden(hidden)
    entry, forget, candidate, output = gates.chunk(4, dim=1)
    # The gated path: from cell state to cell state there is a product and a sum.
    kept = torch.sigmoid(forget) * cell
    cell = kept + torch.sigmoid(entry) * torch.tanh(candidate)
    return torch.sigmoid(output) * torch.tanh(cell), cell


def _gru_step(
    values: Tensor, weights: Weights, hidden: Tensor, cell: Tensor
) -> tuple[Tensor, Tensor]:
    reset_in, update_in, candidate_in = values.chunk(3, dim=1)
    reset_by, update_by, candidate_by = weights.from_hidden(hidden).chunk(3, dim=1)
    reset = torch.sigmoid(reset_in + reset_by)
    update = torch.sigmoid(update_in + update_by)
    candidate = torch.tanh(candidate_in + reset * candidate_by)
    return (1 - update) * candidate + update * hidden, cell


def _weights(rnn: RNN, layer: int, *, backward: bool) -> Weights:
    suffix = f"l{layer}{'_reverse' if backward else ''}"
    names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    return Weights(*(getattr(rnn, f"{name}_{suffix}") for name in names))


def _reversal(lengths: Tensor, longest: int) -> Tensor:
    """Return where each place of the turned texts comes from, ``(batch, longest)``.

    Each text is turned within its length; its padding stays on the right.
    """
    places = torch.arange(longest).expand(len(lengths), longest)
    ends = lengths.unsqueeze(1)
    return torch.where(places < ends, ends - 1 - places, places)


def _reordered(values: Tensor, places: Tensor) -> Tensor:
    """Return ``values``, shape ``(batch, longest, n)``, with their steps reordered."""
    return values.gather(1, places.unsqueeze(2).expand_as(values))
