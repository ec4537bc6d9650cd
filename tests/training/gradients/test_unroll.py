"""The unrolled layers are torch's own: the same states, and the same gradients."""

import pytest
import torch

from sentiment.config import CELLS, ModelConfig
from sentiment.network.batching import pad
from sentiment.network.classifier import RNNClassifier
from sentiment.network.recurrence import last_hidden_packed
from training.gradients.unroll import last_states, unroll

BATCH = pad([[3, 4, 5], [6, 7, 8, 9, 10, 2, 3], [5], [4, 4, 9, 9, 9]])
SHAPES = [
    (cell, layers, bidirectional)
    for cell in CELLS
    for layers in (1, 3)
    for bidirectional in (False, True)
]


def network(cell, layers=1, bidirectional=False):
    config = ModelConfig(
        cell=cell,
        embedding_dim=7,
        hidden_dim=9,
        layers=layers,
        bidirectional=bidirectional,
    )
    return RNNClassifier(config, 11).eval()


@pytest.mark.parametrize(("cell", "layers", "bidirectional"), SHAPES)
def test_the_last_states_are_those_of_the_packed_network(cell, layers, bidirectional):
    classifier = network(cell, layers, bidirectional)
    embedded = classifier.embed(BATCH.token_ids)
    fused = last_hidden_packed(classifier.rnn, embedded, BATCH.lengths)
    unrolled = last_states(
        unroll(classifier.rnn, embedded, BATCH.lengths), BATCH.lengths
    )
    torch.testing.assert_close(unrolled, fused, atol=1e-6, rtol=0)


@pytest.mark.parametrize("cell", CELLS)
def test_every_state_of_the_top_layer_is_that_of_the_fused_one(cell):
    classifier = network(cell, layers=2)
    embedded = classifier.embed(BATCH.token_ids)
    fused, _ = classifier.rnn(embedded)
    top = unroll(classifier.rnn, embedded, BATCH.lengths)[-1]
    assert (top.layer, top.backward) == (1, False)
    torch.testing.assert_close(torch.stack(top.hidden, 1), fused, atol=1e-6, rtol=0)


def test_the_last_cell_state_is_that_of_the_fused_lstm():
    rnn = network("lstm").rnn
    embedded = torch.randn(2, 6, 7)
    _, (_, cell) = rnn(embedded)
    (reading,) = unroll(rnn, embedded, torch.tensor([6, 6]))
    torch.testing.assert_close(reading.cell[-1], cell[0], atol=1e-6, rtol=0)


@pytest.mark.parametrize(("cell", "layers", "bidirectional"), SHAPES)
def test_the_gradient_at_each_token_is_that_of_autograd_through_the_fused_network(
    cell, layers, bidirectional
):
    rnn = network(cell, layers, bidirectional).rnn
    directions = 2 if bidirectional else 1
    embedded = torch.randn(4, 7, 7, requires_grad=True)
    along = torch.randn(4, 9 * directions)
    gradients = [
        torch.autograd.grad((last * along).sum(), embedded)[0]
        for last in (
            last_hidden_packed(rnn, embedded, BATCH.lengths),
            last_states(unroll(rnn, embedded, BATCH.lengths), BATCH.lengths),
        )
    ]
    assert gradients[0].abs().max() > 0.01
    torch.testing.assert_close(*gradients, atol=1e-6, rtol=1e-5)


def test_a_cell_without_a_cell_state_shows_none():
    rnn = network("gru").rnn
    (reading,) = unroll(rnn, torch.randn(1, 3, 7), torch.tensor([3]))
    assert (len(reading.hidden), reading.cell) == (3, [])
