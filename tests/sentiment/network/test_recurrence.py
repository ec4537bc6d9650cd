"""The padded way gives what packing defines: states and gradients, every cell."""

import pytest
import torch

from sentiment.config import CELLS, ModelConfig
from sentiment.network.classifier import build_rnn
from sentiment.network.recurrence import (
    hidden_states,
    last_hidden,
    last_hidden_packed,
    last_hidden_padded,
)

LENGTHS = torch.tensor([5, 1, 9, 9, 2, 7])


def rnn_and_inputs(cell, layers, *, bidirectional=False):
    config = ModelConfig(
        cell=cell, layers=layers, bidirectional=bidirectional, dropout=0.0
    )
    embedded = torch.randn(len(LENGTHS), int(LENGTHS.max()), config.embedding_dim)
    return build_rnn(config), embedded


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("layers", [1, 2, 3])
def test_packing_and_padding_give_the_same_state_and_gradients(cell, layers):
    rnn, embedded = rnn_and_inputs(cell, layers)
    found = []
    for way in (last_hidden_packed, last_hidden_padded):
        rnn.zero_grad()
        inputs = embedded.clone().requires_grad_()
        state = way(rnn, inputs, LENGTHS)
        (state * torch.arange(state.numel()).reshape(state.shape)).mean().backward()
        gradients = [parameter.grad.clone() for parameter in rnn.parameters()]
        found.append([state, inputs.grad, *gradients])
    for packed, padded in zip(*found, strict=True):
        scale = max(1.0, packed.abs().max().item())
        torch.testing.assert_close(padded, packed, atol=1e-5 * scale, rtol=1e-5)


@pytest.mark.parametrize("cell", CELLS)
def test_what_stands_in_the_padding_does_not_matter(cell):
    rnn, embedded = rnn_and_inputs(cell, 2)
    noisy = embedded.clone()
    for row, length in enumerate(LENGTHS):
        noisy[row, length:] = 1e3
    torch.testing.assert_close(
        last_hidden(rnn, embedded, LENGTHS), last_hidden(rnn, noisy, LENGTHS)
    )


@pytest.mark.parametrize("cell", CELLS)
def test_a_bidirectional_network_reads_each_text_from_its_own_end(cell):
    rnn, embedded = rnn_and_inputs(cell, 2, bidirectional=True)
    together = last_hidden(rnn, embedded, LENGTHS)
    for row, length in enumerate(LENGTHS):
        alone = last_hidden(rnn, embedded[row : row + 1, :length], LENGTHS[row, None])
        torch.testing.assert_close(together[row : row + 1], alone, atol=1e-5, rtol=1e-5)


def test_a_bidirectional_network_has_no_running_state():
    rnn, embedded = rnn_and_inputs("gru", 1, bidirectional=True)
    with pytest.raises(ValueError, match="packing only"):
        hidden_states(rnn, embedded)
