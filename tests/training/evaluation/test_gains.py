"""A model against another on the same texts: differences, and what chance may give."""

import numpy as np
import pytest

from training.data.examples import Example
from training.evaluation.bootstrap import Interval
from training.evaluation.evaluate import evaluate
from training.evaluation.gains import gains_over

TRUTH = [0, 2] * 40 + [0, 1, 2] * 40


@pytest.fixture
def examples():
    return [
        Example(
            text=f"text {at}",
            target=tuple(np.eye(3)[label]),
            source="films" if at < 80 else "shop" if at < 160 else "news",
            two_class=at < 80,
            unit="sentences" if at >= 160 else "reviews",
        )
        for at, label in enumerate(TRUTH)
    ]


def answers_of(share_right, seed):
    """Return probabilities of a model that is right for so many of the texts."""
    chance = np.random.default_rng(seed)
    wrong = chance.random(len(TRUTH)) > share_right
    answered = np.where(wrong, (np.array(TRUTH) + 1) % 3, TRUTH)
    return np.eye(3)[answered] * 0.9 + 0.1 / 3


def test_a_gain_is_the_difference_of_what_each_has_alone(examples):
    ours, theirs = answers_of(0.9, 1), answers_of(0.7, 2)
    gains = gains_over(ours, theirs, examples)
    mine, other = evaluate(ours, examples), evaluate(theirs, examples)
    assert gains.mean.difference == pytest.approx(
        mine.mean_source_macro_f1 - other.mean_source_macro_f1
    )
    assert gains.mean.examples == len(TRUTH)
    assert {name: gain.difference for name, gain in gains.sources.items()} == {
        name: pytest.approx(one.macro_f1 - other.of_sources()[name].macro_f1)
        for name, one in mine.of_sources().items()
    }
    assert gains.mean.interval.low > 0
    assert gains.losses == []


def test_pooled_are_the_texts_of_sources_with_neutral_by_kind(examples):
    ours, theirs = answers_of(0.9, 1), answers_of(0.7, 2)
    pooled = gains_over(ours, theirs, examples).pooled
    assert {kind: gain.examples for kind, gain in pooled.items()} == {
        "reviews": 80,
        "sentences": 40,
    }
    shop = [one.source == "shop" for one in examples]
    alone = [
        evaluate(one[shop], [e for e, here in zip(examples, shop, strict=True) if here])
        for one in (ours, theirs)
    ]
    assert pooled["reviews"].difference == pytest.approx(
        alone[0].macro_f1 - alone[1].macro_f1
    )


def test_equal_models_have_no_gain_and_a_worse_one_loses(examples):
    one = answers_of(0.8, 3)
    same = gains_over(one, one, examples)
    assert same.mean.difference == 0
    assert same.mean.interval == Interval(0, 0)
    assert same.losses == []
    assert gains_over(answers_of(0.3, 4), answers_of(0.95, 5), examples).losses == [
        "films",
        "news",
        "shop",
    ]


def test_without_a_neutral_text_nothing_is_pooled(examples):
    films = examples[:80]
    gains = gains_over(answers_of(0.9, 1)[:80], answers_of(0.7, 2)[:80], films)
    assert gains.pooled == {}
    assert list(gains.sources) == ["films"]
