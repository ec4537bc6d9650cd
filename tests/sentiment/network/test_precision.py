"""One precision for everything that answers; and a text's digits are its own."""

import numpy as np
import pytest
import torch
from small_models import make_artifact

from sentiment.errors import ConfigError
from sentiment.network.classifier import RNNClassifier
from sentiment.network.precision import (
    choose_precision,
    in_precision,
    processor_has_bfloat16,
)
from sentiment.prediction.predictor import Predictor

needs_bfloat16 = pytest.mark.skipif(
    not processor_has_bfloat16(), reason="this processor has no bfloat16"
)
BOTH = ["float32", pytest.param("bfloat16", marks=needs_bfloat16)]
TEXTS = ("It was good!", "awful food, never", "the film", "good " * 30 + "bad", "love")
GOLDEN = [[2, 3, 4, 5], [6, 7]]
HAS_BFLOAT16 = "sentiment.network.precision.processor_has_bfloat16"


@pytest.fixture(scope="module")
def wide():
    """Return a model as wide as those that gain by bfloat16."""
    return make_artifact(hidden_dim=96, embedding_dim=32)


@pytest.fixture(params=BOTH)
def predictor(request, wide):
    return Predictor(wide, precision=request.param)


def test_a_text_has_the_same_digits_in_any_company(predictor):
    together = predictor.predict_arrays(TEXTS * 40).probabilities[: len(TEXTS)]
    alone = [predictor.predict_arrays([text]).probabilities[0] for text in TEXTS]
    assert together == pytest.approx(np.stack(alone), abs=1e-6)


def test_objects_and_arrays_say_the_same(predictor):
    found = predictor.predict_arrays([*TEXTS, " "])
    for row, answer in zip(found.probabilities, predictor.predict(TEXTS), strict=False):
        assert answer.probabilities == pytest.approx(row, abs=1e-6)
    assert np.isnan(found.probabilities[-1]).all()
    assert list(found.errors) == [len(TEXTS)]


def test_the_explanation_is_of_the_answer_that_is_given(predictor):
    answer = predictor.predict("the food was awful!", explain=True)
    assert answer.tokens[-1].running == pytest.approx(answer.probabilities, abs=1e-5)
    assert abs(answer.explanation_gap) < 1e-4


@needs_bfloat16
def test_bfloat16_moves_an_answer_a_little_and_leaves_the_model_as_it_was(wide):
    exact = Predictor(wide, precision="float32").predict_arrays(TEXTS).probabilities
    rounded = Predictor(wide, precision="bfloat16").predict_arrays(TEXTS).probabilities
    assert 0 < abs(exact - rounded).max() < 0.02
    assert all(one.dtype == torch.float32 for one in wide.classifier.parameters())


@pytest.mark.parametrize("asked", ["float32", "bfloat16"])
def test_what_is_asked_for_is_chosen(monkeypatch, wide, asked):
    monkeypatch.setattr(HAS_BFLOAT16, lambda: True)
    assert Predictor(wide, precision=asked).precision == asked


def test_where_bfloat16_is_emulated_it_is_not_read_whatever_is_asked_for(
    monkeypatch, wide, caplog
):
    monkeypatch.setattr(HAS_BFLOAT16, lambda: False)
    assert Predictor(wide, precision="bfloat16").precision == "float32"
    assert "bfloat16 is not available" in caplog.text


def test_the_environment_is_nothing_to_the_library(monkeypatch, wide):
    """It is the commands' and the service's, who read it at their own doors."""
    monkeypatch.setenv("SENTIMENT_PRECISION", "no such precision")
    assert Predictor(wide).precision in ("float32", "bfloat16")


def test_a_precision_that_is_none_is_refused_with_the_nearest(wide):
    with pytest.raises(ConfigError, match="did you mean 'bfloat16'"):
        Predictor(wide, precision="bfloat")


@pytest.mark.parametrize("config", [{"cell": "gru"}, {"bidirectional": True}])
def test_a_network_without_a_fused_kernel_stays_as_it_is(config):
    found = Predictor(make_artifact(**config), precision="bfloat16")
    assert found.precision == "float32"


class Clock:
    """Gives each of the two networks the time that it is said to take."""

    def __init__(self, monkeypatch, exact: float, rounded: float) -> None:
        seconds = {torch.float32: exact, torch.bfloat16: rounded}
        monkeypatch.setattr(
            "sentiment.network.precision._seconds",
            lambda classifier, _: seconds[classifier.embedding.weight.dtype],
        )


@pytest.mark.parametrize(
    ("has_it", "rounded", "chosen"),
    [(True, 1.02, "bfloat16"), (True, 1.2, "float32"), (False, 0.6, "float32")],
)
def test_the_processor_and_the_measurement_choose(
    monkeypatch, wide, has_it, rounded, chosen
):
    monkeypatch.setattr(HAS_BFLOAT16, lambda: has_it)
    Clock(monkeypatch, exact=1.0, rounded=rounded)
    assert choose_precision(wide.classifier, GOLDEN) == chosen


def test_a_processor_that_is_busy_for_a_moment_is_looked_at_again(monkeypatch, wide):
    """On a busy machine one load in thirteen chose float32, and the next bfloat16."""
    monkeypatch.setattr(HAS_BFLOAT16, lambda: True)
    rounded = iter([1.5] * 15)
    seconds = {torch.float32: lambda: 1.0, torch.bfloat16: lambda: next(rounded, 0.7)}
    monkeypatch.setattr(
        "sentiment.network.precision._seconds",
        lambda classifier, _: seconds[classifier.embedding.weight.dtype](),
    )
    assert choose_precision(wide.classifier, GOLDEN) == "bfloat16"


def test_answers_that_lose_their_labels_stay_in_float32(monkeypatch, wide):
    monkeypatch.setattr(HAS_BFLOAT16, lambda: True)
    Clock(monkeypatch, exact=1.0, rounded=0.5)

    def turned_round(classifier: RNNClassifier, precision: str) -> RNNClassifier:
        other = in_precision(classifier, precision)
        other.output.weight.data.neg_()
        other.output.bias.data.neg_()
        return other

    monkeypatch.setattr("sentiment.network.precision.in_precision", turned_round)
    assert choose_precision(wide.classifier, GOLDEN) == "float32"
