"""The figure that chooses the epoch is the one that an evaluation gives."""

import numpy as np
import pytest
import torch
from sklearn.metrics import f1_score
from toy_language import VOCABULARY

from sentiment.text.encoding import Encoder
from training.data.examples import Example
from training.evaluation.evaluate import evaluate
from training.fitting.encoded import encode_split
from training.fitting.loss import mask_neutral
from training.fitting.predicting import mean_macro_f1


def example(label, source, **more):
    target = tuple(float(at == label) for at in range(3))
    return Example(text="a b", target=target, source=source, **more)


@pytest.fixture
def examples():
    """Three sources: one of three labels, one of two, and one that lacks a label."""
    draw = np.random.default_rng(3)
    return [
        *(example(label, "three") for label in draw.integers(0, 3, 60).tolist()),
        *(example(label, "two", two_class=True) for label in [0, 2, 2] * 7),
        *(example(label, "some") for label in [1, 2] * 5),
    ]


@pytest.fixture
def split(examples):
    found, _ = encode_split(
        examples, Encoder(VOCABULARY), max_tokens=9, head_share=0.25
    )
    return found


def test_mean_macro_f1_is_the_figure_of_an_evaluation(examples, split):
    logits = torch.randn(len(examples), 3) + split.targets
    expected = evaluate(logits.double().softmax(dim=1).numpy(), examples)
    assert mean_macro_f1(logits, split) == expected.mean_source_macro_f1


def test_mean_macro_f1_is_the_mean_of_scikit_learns_for_each_source(examples, split):
    logits = torch.randn(len(examples), 3) + split.targets
    predicted = mask_neutral(logits, split.two_class).argmax(dim=1).numpy()
    figures = []
    for source in ("three", "two", "some"):
        rows = split.sources == source
        labels = split.labels.numpy()[rows]
        figures.append(
            f1_score(labels, predicted[rows], labels=np.unique(labels), average="macro")
        )
    assert mean_macro_f1(logits, split) == pytest.approx(np.mean(figures))


def test_right_answers_have_a_mean_macro_f1_of_one(split):
    assert mean_macro_f1(5 * split.targets, split) == 1.0
