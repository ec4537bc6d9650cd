"""What is read step by step, for files, is what the network says."""

import numpy as np
import pytest
import torch

from sentiment.config import ModelConfig
from sentiment.network.batching import Sequences
from sentiment.network.classifier import RNNClassifier
from sentiment.network.runner import NetworkRunner
from sentiment.network.stepping import SteppedLSTM, can_step

VOCABULARY = 300


def network(hidden_dim: int = 32, **config) -> RNNClassifier:
    """Return an untrained LSTM whose gates open and close."""
    found = RNNClassifier(ModelConfig(hidden_dim=hidden_dim, **config), VOCABULARY)
    for weights in found.rnn.parameters():
        weights.data.mul_(2)
    return found.eval()


def texts(lengths) -> Sequences:
    random = np.random.default_rng(3)
    return Sequences.of([random.integers(2, VOCABULARY, n).tolist() for n in lengths])


@pytest.mark.parametrize("hidden_dim", [32, 96, 160])
def test_stepping_gives_the_logits_of_the_network(hidden_dim):
    one = network(hidden_dim, embedding_dim=16)
    sequences = texts(np.random.default_rng(0).integers(1, 90, 1_500))
    with torch.inference_mode():
        found = SteppedLSTM(one)(sequences)
        batch = sequences.batch(range(1_500))
        torch.testing.assert_close(found, one(batch), atol=1e-5, rtol=0)


def test_two_thousand_tokens_are_as_exact_as_two():
    one = network(96)
    sequences = texts([2, 2_000, 2_000])
    with torch.inference_mode():
        exact = one.double()(sequences.batch(range(3)))
        found = SteppedLSTM(one.float())(sequences)
    torch.testing.assert_close(found.double(), exact, atol=1e-5, rtol=0)


@pytest.mark.parametrize("lengths", [[], [0], [0, 0, 0], [3, 0], [0, 1, 0, 700, 2]])
def test_stepping_reads_few_texts_and_none_at_all(lengths):
    one = network()
    found = NetworkRunner(one, "float32").logits_for_file(texts(lengths))
    assert found.isnan().any(dim=1).tolist() == [length == 0 for length in lengths]
    torch.testing.assert_close(
        found,
        NetworkRunner(one, "float32").logits(texts(lengths)),
        atol=1e-5,
        rtol=0,
        equal_nan=True,
    )


@pytest.mark.parametrize(
    ("config", "steps"),
    [
        ({}, True),
        ({"hidden_dim": 256}, True),
        ({"hidden_dim": 288}, False),
        ({"hidden_dim": 80}, False),
        ({"layers": 2}, False),
        ({"bidirectional": True}, False),
        ({"cell": "gru"}, False),
        ({"cell": "rnn-tanh"}, False),
    ],
)
def test_networks_that_cannot_be_stepped_are_read_as_ever(config, steps):
    assert can_step(ModelConfig(**config)) == steps
    runner = NetworkRunner(network(**{"hidden_dim": 32, **config}), "float32")
    sequences = texts([5, 9, 0, 40])
    torch.testing.assert_close(
        runner.logits_for_file(sequences),
        runner.logits(sequences),
        atol=1e-5,
        rtol=0,
        equal_nan=True,
    )


def test_the_table_of_input_projections_is_made_when_the_first_file_comes():
    stepping = SteppedLSTM(network())
    assert "_input_projections" not in vars(stepping)
    stepping(texts([3]))
    assert stepping._input_projections.shape == (VOCABULARY, 4 * 32)
