import sys
from typing import get_args

import numpy as np
import pytest

from sentiment.errors import ConfigError, DataError, MissingExtraError
from sentiment.labels import NEGATIVE, NEUTRAL, POSITIVE
from training.data.examples import Example
from training.evaluation.baselines import fit_baselines
from training.evaluation.evaluate import evaluate
from training.fitting.encoded import example_weights
from training.recipes.config import BaselineName


def example(text: str, label: int, source: str = "shop", **more: bool) -> Example:
    target = tuple(float(at == label) for at in range(3))
    return Example(text=text, target=target, source=source, **more)


TRAIN = [
    *(example(f"good thing number {at}", POSITIVE) for at in range(30)),
    *(example(f"awful thing number {at}", NEGATIVE) for at in range(10)),
    *(example(f"a thing of number {at}", NEUTRAL) for at in range(20)),
]


def test_all_three_answer_with_probabilities():
    found = fit_baselines(TRAIN)
    assert list(found) == ["majority", "vader", "tfidf"]
    for answer in found.values():
        rows = answer(["a good thing", "an awful thing", ""])
        assert rows.shape == (3, 3)
        assert rows.sum(axis=1) == pytest.approx(1.0)
        assert rows.min() >= 0
        assert answer([]).shape == (0, 3)


def test_the_majority_is_the_most_frequent_label_with_the_shares_of_all():
    rows = fit_baselines(TRAIN, names=["majority"])["majority"](["whatever", "x"])
    assert rows.tolist() == [[10 / 60, 20 / 60, 30 / 60]] * 2


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("I love it!", POSITIVE),
        ("I hate it.", NEGATIVE),
        ("It arrived on Monday.", NEUTRAL),
        ("", NEUTRAL),
    ],
)
def test_vader_answers_as_its_authors_cut_it(text: str, label: int):
    (row,) = fit_baselines([], names=["vader"])["vader"]([text])
    assert row.argmax() == label
    assert row[label] == pytest.approx(0.98)


def test_vader_cut_is_inclusive_on_both_sides():
    from training.evaluation.baselines import _from_compound

    rows = _from_compound(np.array([0.05, 0.049, -0.049, -0.05]))
    assert rows.argmax(axis=1).tolist() == [POSITIVE, NEUTRAL, NEUTRAL, NEGATIVE]
    assert rows[1, POSITIVE] > rows[1, NEGATIVE]
    assert rows[2, POSITIVE] < rows[2, NEGATIVE]
    assert rows.sum(axis=1) == pytest.approx(1.0)


def test_a_neutral_vader_leans_its_way_where_neutral_is_masked():
    from training.evaluation.baselines import _from_compound

    examples = [example("x", POSITIVE, two_class=True)] * 2
    examples.append(example("x", NEGATIVE, two_class=True))
    found = evaluate(_from_compound(np.array([0.04, 0.3, -0.01])), examples)
    assert found.accuracy == 1.0


def test_tfidf_learns_words_and_pairs_of_words():
    texts = ["it was not good", "it was good", "it was not bad", "it was bad"]
    labels = [NEGATIVE, POSITIVE, POSITIVE, NEGATIVE]
    train = [example(text, label) for text, label in zip(texts, labels, strict=True)]
    answer = fit_baselines(train * 20, names=["tfidf"])["tfidf"]
    assert answer(texts).argmax(axis=1).tolist() == labels


def test_tfidf_gives_nothing_to_a_label_it_never_saw():
    train = [one for one in TRAIN if one.label != NEUTRAL]
    rows = fit_baselines(train, names=["tfidf"])["tfidf"](["a good thing"])
    assert rows[0, NEUTRAL] == 0.0
    assert rows[0].argmax() == POSITIVE


def test_tfidf_learns_by_the_weights_of_its_texts():
    # Nine to one, and not a word to go by: by their weights, the answer is even.
    train = [example("same words", POSITIVE)] * 90 + [
        example("same words", NEGATIVE)
    ] * 10
    weights = example_weights(train, [])
    fitted = fit_baselines(train, names=["tfidf"], weights=weights)
    (row,) = fitted["tfidf"](["same words"])
    assert row[POSITIVE] == pytest.approx(0.5, abs=0.01)


def test_a_baseline_that_does_not_exist_is_refused_with_the_nearest():
    with pytest.raises(ConfigError, match=r"no baseline 'tfdif': did you mean 'tfidf'"):
        fit_baselines(TRAIN, names=["tfdif"])


def test_every_baseline_that_a_recipe_may_name_can_be_fitted():
    names = get_args(BaselineName)
    assert set(fit_baselines(TRAIN, names=names)) == set(names)


def test_one_label_is_too_few_to_learn_from():
    with pytest.raises(DataError, match=r"fewer than two labels \(positive\)"):
        fit_baselines(TRAIN[:30], names=["tfidf"])


@pytest.mark.parametrize(
    ("package", "name"),
    [("vaderSentiment.vaderSentiment", "vader"), ("sklearn.pipeline", "tfidf")],
)
def test_a_missing_package_names_its_extra(
    package: str, name: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingExtraError, match="make install-train`"):
        fit_baselines(TRAIN, names=[name])
