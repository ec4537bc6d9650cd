"""Whatever a text is read beside, it has the network's answer, and its own digits."""

import numpy as np
import pytest
import torch

from sentiment.config import CELLS, ModelConfig
from sentiment.network.batching import Sequences
from sentiment.network.classifier import RNNClassifier
from sentiment.network.inference import Inference
from sentiment.network.precision import (
    has_fused_bfloat16,
    in_precision,
    processor_has_bfloat16,
)
from sentiment.network.runner import TOKEN_BUDGET, NetworkRunner

VOCABULARY = 50
# Where bfloat16 is emulated, nobody is read in it.
PRECISIONS = ["float32", *(["bfloat16"] if processor_has_bfloat16() else [])]


def classifier(hidden_dim: int = 96, **config) -> RNNClassifier:
    """Return an untrained network whose answers differ from text to text."""
    network = RNNClassifier(ModelConfig(hidden_dim=hidden_dim, **config), VOCABULARY)
    network.output.weight.data.mul_(10)
    return network.eval()


def texts(count: int, longest: int) -> Sequences:
    """Return texts of random tokens and lengths, at least one of them ``longest``."""
    random = np.random.default_rng(0)
    lengths = [longest, *random.integers(1, longest + 1, count - 1)]
    return Sequences.of([random.integers(2, VOCABULARY, n).tolist() for n in lengths])


@pytest.mark.parametrize("hidden_dim", [32, 80, 96, 128, 160])
@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("door", ["logits", "logits_for_file"])
def test_the_last_bit_does_not_depend_on_company(hidden_dim, precision, door):
    logits = getattr(NetworkRunner(classifier(hidden_dim), precision), door)
    sequences = texts(3_000, 84)
    together = logits(sequences)
    for rows in (1, 2, 3, 17, 256):
        some = Sequences.of([sequences.one(position) for position in range(rows)])
        assert torch.equal(logits(some), together[:rows])


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("length", [1, 2, 70])
def test_the_running_answer_ends_in_the_answer(length, bidirectional):
    runner = NetworkRunner(classifier(bidirectional=bidirectional), "float32")
    token_ids = texts(1, length).one(0)
    running = runner.running_logits(token_ids)
    assert running.shape == (length, 3)
    answer = runner.logits(Sequences.of([token_ids]))[0]
    torch.testing.assert_close(running[-1], answer, atol=1e-5, rtol=0)


def test_the_running_answer_is_each_prefix_s_answer():
    runner = NetworkRunner(classifier(), "float32")
    token_ids = texts(1, 20).one(0)
    prefixes = [token_ids[:end] for end in range(1, 21)]
    torch.testing.assert_close(
        runner.running_logits(token_ids),
        runner.logits(Sequences.of(prefixes)),
        atol=1e-5,
        rtol=0,
    )


def test_a_bidirectional_network_pauses_between_batches_of_prefixes():
    """It read all of them in one go, which took many seconds for a long text."""
    runner = NetworkRunner(classifier(24, bidirectional=True), "float32")
    token_ids = texts(1, 300).one(0)
    prefixes = [token_ids[:end] for end in range(1, 301)]
    pauses = []
    running = runner.running_logits(token_ids, lambda: pauses.append(1))
    assert torch.equal(running, runner.logits(Sequences.of(prefixes)))
    assert len(pauses) >= sum(map(len, prefixes)) / TOKEN_BUDGET


def test_a_pause_may_end_the_work():
    runner = NetworkRunner(classifier(24, bidirectional=True), "float32")

    def pause():
        raise TimeoutError("too late")

    with pytest.raises(TimeoutError, match="too late"):
        runner.running_logits(texts(1, 3).one(0), pause)


@pytest.mark.parametrize("precision", PRECISIONS)
def test_a_text_without_a_token_has_no_logits_and_spoils_none(precision):
    runner = NetworkRunner(classifier(), precision)
    sequences = Sequences.of([[3], [], [4, 5], [6] * 200])
    found = runner.logits(sequences)
    assert torch.allclose(
        found, runner.logits_for_file(sequences), atol=1e-5, equal_nan=True
    )
    assert found.isnan().any(dim=1).tolist() == [False, True, False, False]


@pytest.mark.parametrize(
    ("cell", "precision"),
    [*((cell, "float32") for cell in CELLS), ("lstm", "bfloat16")],
)
@pytest.mark.parametrize("layers", [1, 2])
def test_without_its_modules_the_network_reads_the_same_bits(cell, precision, layers):
    network = in_precision(classifier(cell=cell, layers=layers), precision)
    batch = texts(7, 30).batch(range(7))
    with torch.inference_mode():
        assert torch.equal(Inference(network)(batch), network(batch))


def test_a_bidirectional_network_is_not_read_without_its_modules():
    with pytest.raises(ValueError, match="by its own modules"):
        Inference(classifier(bidirectional=True))


@pytest.mark.parametrize(
    "config",
    [{}, {"cell": "gru"}, {"layers": 2}, {"bidirectional": True}, {"hidden_dim": 100}],
)
def test_the_runner_answers_as_the_network_does(config):
    network = classifier(**config)
    precision = "bfloat16" if has_fused_bfloat16(network.config) else "float32"
    sequences = texts(10, 9)
    with torch.inference_mode():
        exact = network(sequences.batch(range(10)))
    found = NetworkRunner(network, precision).logits(sequences)
    torch.testing.assert_close(found, exact, atol=0.1, rtol=0)


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("cell", CELLS)
def test_every_device_gives_the_answers_of_the_cpu(device, cell, bidirectional):
    network = classifier(24, cell=cell, bidirectional=bidirectional)
    sequences = texts(300, 84)
    expected = NetworkRunner(network, "float32").logits(sequences)
    runner = NetworkRunner(network, "float32", device)
    near = 1e-5 if device.type == "cpu" else 5e-3
    assert torch.allclose(runner.logits(sequences), expected, atol=near)
    running = runner.running_logits(sequences.one(7))
    assert torch.allclose(running[-1], expected[7], atol=near)
