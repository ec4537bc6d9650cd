import math

import pytest
import torch
from torch.nn.functional import cross_entropy as torch_cross_entropy

from training.data.examples import Example
from training.data.source import SourceConfig
from training.fitting.calibrate import fit_temperature
from training.fitting.encoded import example_weights
from training.fitting.loss import cross_entropies, cross_entropy

LOGITS = torch.tensor([[1.0, 2.0, 0.5], [0.1, 3.0, 0.2], [2.0, -1.0, 0.0]])
ONE_HOT = torch.eye(3)[[0, 2, 1]]
NO, YES = torch.tensor([False] * 3), torch.tensor([True] * 3)


def test_plain_labels_give_the_plain_cross_entropy():
    found = cross_entropy(LOGITS, ONE_HOT, torch.ones(3), NO)
    assert found.item() == pytest.approx(
        torch_cross_entropy(LOGITS, torch.tensor([0, 2, 1])).item()
    )


def test_label_smoothing_is_that_of_torch():
    found = cross_entropy(LOGITS, ONE_HOT, torch.ones(3), NO, label_smoothing=0.1)
    expected = torch_cross_entropy(LOGITS, torch.tensor([0, 2, 1]), label_smoothing=0.1)
    assert found.item() == pytest.approx(expected.item())


def test_a_source_without_neutral_teaches_nothing_about_neutral():
    logits = LOGITS.clone().requires_grad_()
    targets = torch.eye(3)[[0, 2, 0]]
    for smoothing in (0.0, 0.1):
        loss = cross_entropy(logits, targets, torch.ones(3), YES, smoothing)
        (gradient,) = torch.autograd.grad(loss, logits)
        assert not gradient[:, 1].any()
        assert gradient[:, [0, 2]].all()


def test_smoothing_leaves_neutral_out_where_nobody_could_say_it_masked_or_not():
    targets = torch.eye(3)[[0, 2, 0]]
    found = cross_entropies(LOGITS, targets, YES, 0.2, mask=False)
    expected = torch_cross_entropy(
        LOGITS,
        torch.tensor([[0.9, 0, 0.1], [0.1, 0, 0.9], [0.9, 0, 0.1]]),
        reduction="none",
    )
    assert torch.allclose(found, expected)


def test_a_text_of_twice_the_weight_counts_twice():
    twice = cross_entropy(LOGITS[:2], ONE_HOT[:2], torch.tensor([2.0, 1.0]), NO[:2])
    rows = [0, 0, 1]
    repeated = cross_entropy(LOGITS[rows], ONE_HOT[rows], torch.ones(3), NO)
    assert twice.item() == pytest.approx(repeated.item())


def test_inside_a_source_the_labels_weigh_alike():
    def example(label, source):
        target = tuple(float(label == at) for at in range(3))
        return Example(text="x", target=target, source=source)

    examples = [example(2, "stars")] * 9 + [example(0, "stars")] + [example(1, "one")]
    weights = example_weights(examples, [])
    assert sum(weights[:9]) == pytest.approx(weights[9])
    assert sum(weights[:10]) == pytest.approx(10)
    assert weights[10] == 1
    doubled = example_weights(
        examples, [SourceConfig(name="stars", path="x", weight=2.0)]
    )
    assert doubled[:10] == pytest.approx([2 * weight for weight in weights[:10]])
    plain = example_weights(
        examples, [SourceConfig(name="stars", path="x", class_weights="none")]
    )
    assert plain == [1.0] * 11


@pytest.mark.parametrize("right", [0.6, 0.7, 0.9])
def test_a_network_that_is_too_sure_is_told_how_often_it_is_right(right):
    """Logits that are right 7 times in 10 come out near 0.7."""
    count = 1_000
    logits = torch.zeros(count, 3)
    logits[:, 0] = 6.0
    labels = torch.tensor([0 if at < right * count else 1 for at in range(count)])
    temperature = fit_temperature(logits, labels)
    # The two other labels share what is left; the truth is always the first of them.
    confidence = torch.softmax(logits / temperature, dim=1)[0, 0].item()
    assert confidence == pytest.approx(right, abs=0.02)


@pytest.mark.parametrize(("texts", "at_most"), [(4, 0.9), (40, 0.99), (4_000, 1)])
def test_few_right_answers_do_not_make_it_certain(texts, at_most):
    """Of 4 texts, all answered rightly, 0.05 was concluded, and every answer 100 %."""
    labels = torch.arange(texts) % 3
    logits = 2 * torch.eye(3)[labels]  # 79 % at temperature 1
    temperature = fit_temperature(logits, labels)
    confidence = torch.softmax(logits / temperature, dim=1).max(dim=1).values
    assert temperature < 1
    assert confidence.max() < at_most


def test_few_wrong_answers_do_not_make_it_a_guess():
    logits = 2 * torch.eye(3)[[0, 0, 0, 0]]
    temperature = fit_temperature(logits, torch.tensor([1, 2, 1, 2]))
    assert 1.5 < temperature < 5


def test_many_texts_decide_alone():
    labels = torch.tensor([0] * 700 + [1] * 300).repeat(10)
    logits = torch.tensor([[6.0, 0.0, -999.0]]).expand(len(labels), 3)
    # Then 0.7 is the confidence: 6 / temperature is the logarithm of 7 / 3.
    expected = 6 / math.log(7 / 3)
    assert fit_temperature(logits, labels) == pytest.approx(expected, rel=0.01)


def test_a_network_that_is_always_right_keeps_a_finite_temperature(caplog):
    logits = torch.eye(3).repeat(100_000, 1) / 10
    assert fit_temperature(logits, torch.arange(3).repeat(100_000)) == 0.05
    (record,) = caplog.records
    assert "the temperature is at its bound, 0.05" in record.getMessage()


def test_a_temperature_at_its_bound_is_said(caplog):
    logits = torch.tensor([[1.0, 0.0, 0.0]] * 3)
    fit_temperature(logits, torch.tensor([0, 0, 1]))
    assert not caplog.records
    # Its labels have nothing to do with what it is sure of.
    logits = 50 * torch.eye(3)[[0] * 3_000]
    assert fit_temperature(logits, torch.arange(3).repeat(1_000)) == 20.0
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert "the temperature is at its bound, 20" in record.getMessage()
