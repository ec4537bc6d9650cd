"""The flow is the whole gradient: so say finite differences, and theory."""

import numpy as np
import pytest
import torch

from sentiment.config import CELLS, ModelConfig
from sentiment.network.batching import Batch, pad
from sentiment.network.classifier import RNNClassifier
from training.fitting.encoded import EncodedSplit
from training.gradients.flow import (
    REPORT_TEXTS,
    REPORT_TOKENS,
    GradientFlow,
    flow_of_split,
    gradient_flow,
)

HIDDEN = 4


def network(cell, **config):
    shape = {"embedding_dim": 3, "hidden_dim": HIDDEN, **config}
    return RNNClassifier(ModelConfig(cell=cell, **shape), 9)


def flow(classifier, *texts):
    batch = pad(texts)
    targets = torch.eye(3)[[at % 3 for at in range(len(texts))]]
    two_class = torch.zeros(len(texts), dtype=torch.bool)
    return gradient_flow(classifier, batch, targets, two_class)


def parts(rnn, state):
    """The states that torch's layers take: the LSTM's a pair, the others' one."""
    hidden, cell = state
    return (hidden, cell) if isinstance(rnn, torch.nn.LSTM) else hidden


def loss_after(classifier, embedded, state):
    """The loss of reading ``embedded`` on from ``state``, by torch's own layers."""
    hidden = state[0]
    if embedded.shape[1]:
        _, after = classifier.rnn(embedded, parts(classifier.rnn, state))
        hidden = after[0] if isinstance(classifier.rnn, torch.nn.LSTM) else after
    return -torch.log_softmax(classifier.output(hidden[-1]), dim=1)[0, 0]


def central_differences(function, size, step=1e-6):
    slopes = []
    for at in range(size):
        nudge = torch.zeros(1, 1, size, dtype=torch.float64)
        nudge[0, 0, at] = step
        slopes.append((function(nudge) - function(-nudge)) / (2 * step))
    return torch.stack(slopes)


def state_after(classifier, embedded):
    _, state = classifier.rnn(embedded)
    return state if isinstance(state, tuple) else (state, state)


@pytest.mark.parametrize("cell", CELLS)
@torch.no_grad()
def test_the_norms_of_the_hidden_state_are_those_of_finite_differences(cell):
    classifier = network(cell).double().eval()
    text = [2, 3, 4, 5, 6, 7, 8]
    with torch.enable_grad():
        found = flow(classifier, text)
    embedded = classifier.embed(torch.tensor([text]))
    for distance in range(len(text)):
        at = len(text) - distance
        hidden, carried = state_after(classifier, embedded[:, :at])
        slopes = central_differences(
            lambda nudge, at=at, hidden=hidden, carried=carried: loss_after(
                classifier, embedded[:, at:], (hidden + nudge, carried)
            ),
            HIDDEN,
        )
        norm = found.norms["hidden state"][distance]
        assert norm == pytest.approx(slopes.norm().item(), rel=1e-5)


@torch.no_grad()
def test_the_norms_of_the_cell_state_are_those_of_finite_differences():
    classifier = network("lstm").double().eval()
    text = [2, 3, 4, 5, 6]
    with torch.enable_grad():
        found = flow(classifier, text)
    embedded = classifier.embed(torch.tensor([text]))
    for distance in range(len(text)):
        at = len(text) - distance
        hidden, carried = state_after(classifier, embedded[:, :at])
        gate = hidden / carried.tanh()

        # The hidden state of the same step is made from the cell state.
        def nudged(nudge, at=at, gate=gate, carried=carried):
            cell = carried + nudge
            return loss_after(classifier, embedded[:, at:], (gate * cell.tanh(), cell))

        norm = found.norms["cell state"][distance]
        slopes = central_differences(nudged, HIDDEN)
        assert norm == pytest.approx(slopes.norm().item(), rel=1e-5)


def set_weights(classifier, weight_hh, weight_ih=0.0, bias=0.0):
    with torch.no_grad():
        classifier.rnn.weight_hh_l0.copy_(weight_hh)
        classifier.rnn.weight_ih_l0.fill_(weight_ih)
        classifier.rnn.bias_ih_l0.fill_(bias)
        classifier.rnn.bias_hh_l0.zero_()
    return classifier


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_a_tanh_cell_loses_the_gradient_at_the_rate_of_its_weights(rate):
    # Nothing comes in, so tanh stays at 0, where its slope is 1: what is left is a
    # rotation and a factor at each step.
    rotation = torch.linalg.qr(torch.randn(HIDDEN, HIDDEN)).Q
    classifier = set_weights(network("rnn-tanh"), rate * rotation)
    norms = flow(classifier, [2] * 60).norms["hidden state"]
    assert norms[0] > 0
    expected = [norms[0] * rate**distance for distance in range(60)]
    # 0.1 ** 59 would be 0 in single precision.
    assert norms == pytest.approx(expected, rel=1e-4, abs=0)


def test_an_identity_of_relu_keeps_the_norm_and_a_larger_one_makes_it_explode():
    identity = torch.eye(HIDDEN)
    kept = flow(set_weights(network("rnn-relu"), identity, bias=1.0), [2] * 50)
    assert kept.share_left("hidden state", 49) == pytest.approx(1.0, rel=1e-6)
    grown = flow(set_weights(network("rnn-relu"), 1.1 * identity, bias=1.0), [2] * 50)
    # 1.1 rounds to single precision.
    assert grown.share_left("hidden state", 49) == pytest.approx(1.1**49, rel=1e-4)


def test_an_open_forget_gate_carries_the_gradient_of_the_cell_state():
    def left(bias):
        classifier = set_weights(network("lstm"), torch.zeros(4 * HIDDEN, HIDDEN))
        with torch.no_grad():
            classifier.rnn.bias_ih_l0[HIDDEN : 2 * HIDDEN] = bias
        return flow(classifier, [2] * 40).share_left("cell state", 39)

    assert left(20.0) == pytest.approx(1.0, rel=1e-4)
    # A closed one loses it at the gate's own rate; sigmoid(0) is a half.
    assert left(0.0) == pytest.approx(0.5**39, rel=1e-4)


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("cell", CELLS)
def test_neighbours_in_a_batch_do_not_change_a_text_s_flow(cell, bidirectional):
    classifier = network(cell, layers=2, bidirectional=bidirectional)
    texts = [2, 3, 4], [5, 6, 7, 8, 2, 3]
    targets = torch.eye(3)[[0, 1]]
    none = torch.zeros(1, dtype=torch.bool)
    alone = [
        gradient_flow(classifier, pad([text]), targets[at : at + 1], none)
        for at, text in enumerate(texts)
    ]
    together = flow(classifier, *texts)
    assert together.texts == [2, 2, 2, 1, 1, 1]
    for name, norms in together.norms.items():
        first, second = (one.norms[name] for one in alone)
        means = [np.mean(pair) for pair in zip(first, second[:3], strict=True)]
        assert norms == pytest.approx([*means, *second[3:]], rel=1e-9)


def test_the_states_are_named_by_layer_and_direction_where_there_are_several():
    assert list(flow(network("gru"), [2]).norms) == ["hidden state"]
    assert list(flow(network("lstm"), [2]).norms) == ["hidden state", "cell state"]
    deep = flow(network("rnn-tanh", layers=2, bidirectional=True), [2]).norms
    assert list(deep) == [
        "hidden state, layer 1, forward",
        "hidden state, layer 1, backward",
        "hidden state, layer 2, forward",
        "hidden state, layer 2, backward",
    ]


def test_a_backward_layer_counts_from_the_first_token():
    classifier = network("rnn-tanh", bidirectional=True)
    for suffix in ("l0", "l0_reverse"):
        with torch.no_grad():
            getattr(classifier.rnn, f"weight_hh_{suffix}").copy_(0.5 * torch.eye(4))
            getattr(classifier.rnn, f"weight_ih_{suffix}").zero_()
            getattr(classifier.rnn, f"bias_ih_{suffix}").zero_()
            getattr(classifier.rnn, f"bias_hh_{suffix}").zero_()
    norms = flow(classifier, [2, 3, 4, 5]).norms["hidden state, backward"]
    assert norms == pytest.approx([norms[0] * 0.5**at for at in range(4)], rel=1e-6)


def test_looking_at_the_flow_leaves_the_network_as_it_was():
    classifier = network("lstm", dropout=0.5, embedding_dropout=0.5).train()
    before = {name: one.clone() for name, one in classifier.state_dict().items()}
    drawn = torch.get_rng_state()
    first, second = (flow(classifier, [2, 3, 4]) for _ in range(2))
    assert first == second  # nothing is dropped
    assert classifier.training
    assert torch.equal(torch.get_rng_state(), drawn)
    for name, one in classifier.named_parameters():
        assert one.dtype == torch.float32
        assert one.grad is None
        assert torch.equal(one, before[name])


def test_a_masked_neutral_gets_no_share_of_the_gradient():
    classifier = network("gru")
    with torch.no_grad():
        classifier.output.bias[1] = 30.0  # neutral, as sure as can be
    batch, targets = pad([[2, 3]]), torch.eye(3)[[0]]
    masked, plain = (
        gradient_flow(classifier, batch, targets, torch.tensor([two_class]))
        for two_class in (True, False)
    )
    assert masked.norms["hidden state"][0] < plain.norms["hidden state"][0]


def split_of(lengths):
    generator = np.random.default_rng(3)
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    targets = torch.eye(3)[[at % 3 for at in range(len(lengths))]]
    return EncodedSplit(
        token_ids=generator.integers(2, 9, offsets[-1], dtype=np.int32),
        offsets=offsets,
        targets=targets,
        labels=torch.tensor([at % 3 for at in range(len(lengths))]),
        weights=torch.ones(len(lengths)),
        two_class=torch.zeros(len(lengths), dtype=torch.bool),
        sources=np.full(len(lengths), "made-up"),
        soft=targets,
        soft_weights=torch.zeros(len(lengths)),
    )


def test_a_report_looks_at_the_ends_of_the_longest_texts():
    split = split_of([5, REPORT_TOKENS + 30, 3, 7])
    classifier = network("gru")
    found = flow_of_split(classifier, split)
    assert (found.texts[0], found.texts[3], found.texts[4]) == (4, 3, 3)
    assert found.texts[7:] == [1] * (REPORT_TOKENS - 7)
    long = split.batch([1])
    end = Batch(long.token_ids[:, -REPORT_TOKENS:], torch.tensor([REPORT_TOKENS]))
    alone = gradient_flow(classifier, end, split.targets[[1]], split.two_class[[1]])
    far = slice(7, None)
    assert found.norms["hidden state"][far] == pytest.approx(
        alone.norms["hidden state"][far], rel=1e-9, abs=0
    )


def test_a_report_looks_at_no_more_texts_than_it_says():
    found = flow_of_split(network("gru"), split_of([1, 2] * REPORT_TEXTS))
    assert found.texts == [REPORT_TEXTS, REPORT_TEXTS]


def test_a_share_is_none_where_there_is_nothing_to_compare():
    some = GradientFlow(texts=[1, 1], norms={"hidden state": [2.0, 0.5]})
    assert some.share_left("hidden state", 1) == 0.25
    assert some.share_left("hidden state", 2) is None
    nothing = GradientFlow(texts=[1], norms={"hidden state": [0.0]})
    assert nothing.share_left("hidden state", 0) is None
