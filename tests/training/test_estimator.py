"""SentimentClassifier keeps scikit-learn's manners and learns from raw texts."""

import copy
import io
import itertools
import pickle
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_val_score
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils import estimator_checks
from sklearn.utils.validation import check_is_fitted

from sentiment.artifacts.folder import load_artifact, save_artifact
from sentiment.errors import ConfigError
from sentiment.labels import LABELS
from sentiment.prediction.predictor import Predictor
from training import SentimentClassifier
from training.recipes.start_from import KNOWS_NEUTRAL

OPENINGS = ("the film was", "it is", "that meal was", "what we got was")
ADVERBS = ("", "really", "very", "so")
WORDS = {
    "negative": ("awful", "bad", "a waste"),
    "neutral": ("a chair", "blue", "on a table"),
    "positive": ("great", "lovely", "a joy"),
}


def reviews(*labels: str) -> tuple[list[str], list[str]]:
    """Return texts whose last word alone decides, with their labels."""
    texts, said = [], []
    for label in labels:
        for parts in itertools.product(OPENINGS, ADVERBS, WORDS[label]):
            texts.append(" ".join(filter(None, parts)))
            said.append(label)
    return texts, said


TEXTS, SAID = reviews(*LABELS)
TWO_TEXTS, TWO_SAID = reviews("negative", "positive")


def small(**parameters: Any) -> SentimentClassifier:
    """Return a classifier that learns the texts above in a second or two."""
    return SentimentClassifier(
        **{
            "embedding_dim": 16,
            "hidden_dim": 16,
            "epochs": 8,
            "batch_texts": 16,
            "learning_rate": 2e-2,
            "device": "cpu",
            "random_state": 0,
            **parameters,
        }
    )


@pytest.fixture(scope="module")
def fitted() -> SentimentClassifier:
    return small().fit(TEXTS, SAID)


def test_the_estimator_learns_and_tells_how_sure_it_is(fitted):
    assert fitted.score(TEXTS, SAID) > 0.95
    probabilities = fitted.predict_proba(TEXTS)
    assert probabilities.shape == (len(TEXTS), 3)
    assert probabilities.sum(axis=1) == pytest.approx(np.ones(len(TEXTS)))
    best = fitted.classes_[probabilities.argmax(axis=1)]
    assert (fitted.predict(TEXTS) == best).all()


def test_classes_are_sorted_and_are_the_columns_of_the_probabilities(fitted):
    assert fitted.classes_.tolist() == sorted(LABELS)
    negative, _, positive = fitted.predict_proba(["awful", "blue", "great"]).T
    assert negative[0] > negative[2]
    assert positive[2] > positive[0]


@pytest.mark.parametrize(
    "kind",
    [list, tuple, np.array, pd.Series, lambda texts: np.array(texts, dtype=object)],
    ids=["list", "tuple", "array", "series", "object array"],
)
def test_texts_come_in_any_sequence(fitted, kind):
    assert (fitted.predict(kind(TEXTS[:5])) == fitted.predict(TEXTS[:5])).all()


@pytest.mark.parametrize(
    ("negative", "positive"), [(0, 1), (-1, 1), (1.0, 2.0), ("bad", "good")]
)
def test_two_other_labels_are_negative_and_positive_in_their_order(negative, positive):
    y = [positive if label == "positive" else negative for label in TWO_SAID]
    model = small().fit(TWO_TEXTS, y)
    assert model.classes_.tolist() == [negative, positive]
    assert model.classes_.dtype == np.asarray(y).dtype
    assert model.score(TWO_TEXTS, y) > 0.95
    answer = Predictor(model.artifact_).predict("it is great")
    assert answer.probabilities[2] > answer.probabilities[0]
    assert model.artifact_.metrics[KNOWS_NEUTRAL] is False


def test_three_other_labels_are_taken_in_their_order():
    y = np.array([LABELS.index(label) - 1 for label in SAID])
    model = small().fit(TEXTS, y)
    assert model.classes_.tolist() == [-1, 0, 1]
    assert model.score(TEXTS, y) > 0.95


def test_any_two_of_the_three_names_mean_themselves():
    model = small().fit(*reviews("neutral", "positive"))
    assert model.classes_.tolist() == ["neutral", "positive"]
    assert model.artifact_.metrics[KNOWS_NEUTRAL] is True
    assert model.predict(["it is blue", "it is great"]).tolist() == [
        "neutral",
        "positive",
    ]
    assert model.predict_proba(["it is blue"]).sum() == pytest.approx(1)


def test_a_text_without_a_token_gets_the_shares_of_the_labels(fitted):
    texts, labels = TEXTS[:20] + TEXTS[-10:], SAID[:20] + SAID[-10:]
    model = small(epochs=1).fit([*texts, ""], [*labels, "positive"])
    assert model.predict_proba(["", "  "]) == pytest.approx(
        np.array([[20 / 31, 11 / 31]] * 2)
    )


def test_the_same_random_state_gives_the_same_weights():
    once, again, other = (
        small(epochs=2, random_state=seed).fit(TEXTS, SAID) for seed in (3, 3, 4)
    )
    ours = once.artifact_.classifier.state_dict()
    for name, weight in again.artifact_.classifier.state_dict().items():
        assert torch.equal(weight, ours[name])
    assert not np.allclose(once.predict_proba(TEXTS), other.predict_proba(TEXTS))


def test_fits_in_threads_give_the_weights_that_they_give_alone():
    """They drew from one stream of random numbers, by turns."""
    alone = [small(epochs=2, random_state=seed).fit(TEXTS, SAID) for seed in range(4)]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda one: clone(one).fit(TEXTS, SAID), alone))
    for one, other in zip(alone, together, strict=True):
        assert (one.predict_proba(TEXTS) == other.predict_proba(TEXTS)).all()


def test_the_callers_random_numbers_go_on_undisturbed():
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    small(epochs=1).fit(TEXTS, SAID)
    assert torch.equal(torch.rand(3), expected)


def test_fitting_does_not_change_the_parameters():
    model = small(epochs=1)
    before = copy.deepcopy(model.get_params())
    model.fit(TEXTS, SAID)
    assert model.get_params() == before


def test_a_clone_has_the_parameters_and_knows_nothing(fitted):
    twin = clone(fitted.set_params(verbose=False))
    assert twin.get_params() == fitted.get_params()
    with pytest.raises(NotFittedError, match="not fitted yet"):
        twin.predict(TEXTS)


def test_the_estimator_is_fitted_only_after_fit(fitted):
    check_is_fitted(fitted)
    with pytest.raises(NotFittedError, match="not fitted yet"):
        small().predict_proba(TEXTS)


def test_fitting_again_forgets_what_was_learned(fitted):
    model = copy.deepcopy(fitted).fit(TWO_TEXTS, TWO_SAID)
    assert model.classes_.tolist() == ["negative", "positive"]
    assert model.predict_proba(TEXTS[:1]).shape == (1, 2)


def test_the_estimator_works_in_cross_validation():
    folds = StratifiedKFold(2, shuffle=True, random_state=0)
    model = small(epochs=20, patience=20)
    scores = cross_val_score(model, TEXTS, SAID, cv=folds, scoring="f1_macro")
    assert scores.shape == (2,)
    assert scores.min() > 0.7


def test_the_estimator_works_in_a_grid_search_over_processes():
    grid = {"cell": ["gru", "rnn-tanh"]}
    folds = StratifiedKFold(2, shuffle=True, random_state=0)
    search = GridSearchCV(small(), grid, cv=folds, n_jobs=2).fit(TEXTS, SAID)
    assert search.best_params_["cell"] in grid["cell"]
    assert search.best_estimator_.score(TEXTS, SAID) > 0.8


def test_numbers_of_numpy_are_numbers():
    """A search over ``np.arange`` sets such."""
    numbers = {
        "epochs": np.int64(2),
        "hidden_dim": np.int64(8),
        "min_count": np.int64(1),
        "learning_rate": np.float32(0.01),
    }
    assert small(**numbers).fit(TEXTS, SAID).predict(TEXTS[:1]).shape == (1,)


def test_the_estimator_works_in_a_pipeline():
    unshout = FunctionTransformer(lambda texts: [text.lower() for text in texts])
    pipeline = Pipeline([("unshout", unshout), ("classify", small())])
    pipeline.set_params(classify__epochs=4).fit(TEXTS, SAID)
    assert pipeline.score([text.upper() for text in TEXTS], SAID) > 0.8


def test_a_fitted_classifier_may_travel_to_another_process(fitted):
    twin = pickle.load(io.BytesIO(pickle.dumps(fitted)))
    assert np.array_equal(twin.predict_proba(TEXTS), fitted.predict_proba(TEXTS))


def test_its_model_can_be_saved_and_answers_alike(fitted, tmp_path):
    save_artifact(fitted.artifact_, tmp_path)
    answers = Predictor(load_artifact(tmp_path)).predict(TEXTS)
    probabilities = [answer.probabilities for answer in answers]
    assert probabilities == pytest.approx(fitted.predict_proba(TEXTS), abs=1e-6)


def test_few_texts_are_enough_to_begin_with():
    model = small().fit(["good", "bad"], ["positive", "negative"])
    assert model.predict(["good", "bad"]).shape == (2,)


def test_nothing_need_be_held_out():
    model = small(validation_share=0).fit(TEXTS, SAID)
    assert model.score(TEXTS, SAID) > 0.95


def sides_of(monkeypatch, texts, labels):
    """Return the texts to train on, and those held out of them."""
    found = []

    def learn(_, train, validation, *settings):
        found.extend([one.text for one in part] for part in (train, validation))

    monkeypatch.setattr(SentimentClassifier, "_learn", learn)
    small().fit(texts, labels)
    return found


@pytest.mark.parametrize("repeated", ["Great product 220", "Great product 7", "Fine."])
def test_copies_of_a_text_are_on_one_side_and_are_not_all_of_it(monkeypatch, repeated):
    """By hash they are neighbours: one text was all that was validated on."""
    copies = [repeated, f"{repeated}!", repeated.upper()] * 34
    good = [*(f"great thing {at}" for at in range(900)), *copies]
    bad = [f"awful thing {at}" for at in range(900)]
    labels = ["positive"] * len(good) + ["negative"] * len(bad)
    train, validation = sides_of(monkeypatch, good + bad, labels)
    assert len(train) + len(validation) == len(good + bad)
    assert len({one in validation for one in copies}) == 1
    assert len({one for one in validation if "great" in one} - {*copies}) in (90, 91)
    assert len([one for one in validation if "awful" in one]) == 90


def test_a_text_with_several_labels_is_trained_on(monkeypatch):
    texts = [f"thing {at}" for at in range(60)]
    labels = ["positive", "negative"] * 30
    _, before = sides_of(monkeypatch, texts, labels)
    contradicted = {"positive": "negative", "negative": "positive"}
    others = [contradicted[labels[texts.index(one)]] for one in before]
    train, validation = sides_of(monkeypatch, texts + before, labels + others)
    assert validation
    assert {*validation}.isdisjoint({*train})
    assert {*before} <= {*train}


@pytest.mark.parametrize(
    ("texts", "labels", "message"),
    [
        ("good", ["positive"], r"X is a single text.* pass \[text\]"),
        ([], [], "X holds no text"),
        (
            ["good", None],
            ["positive", "negative"],
            r"X\[1\] is None, which is not a text",
        ),
        (
            ["good", 5.0],
            ["positive", "negative"],
            r"X\[1\] is 5.0, which is not a text",
        ),
        (np.array([["good"], ["bad"]]), [0, 1], r"shape \(2, 1\).*pass one column"),
        (pd.DataFrame({"text": ["a", "b"]}), [0, 1], r"table\['text'\]"),
        (["good", "bad"], ["positive"], "inconsistent numbers of samples"),
        (["good", "bad"], ["positive", "positive"], "y holds 1 different labels"),
        (["a", "b", "c", "d"], [1, 2, 3, 4], "y holds 4 different labels"),
        (["good", "bad"], [0.5, 1.7], "Unknown label type: continuous"),
        (["good", "bad"], [["a"], ["b"]], r"y has the shape \(2, 1\)"),
        (["good", "bad"], None, "requires y to be passed"),
        (["", " "], ["positive", "negative"], "holds a word, number or sign"),
    ],
)
def test_what_cannot_be_learned_from_is_refused(texts, labels, message):
    with pytest.raises(ValueError, match=message):
        small().fit(texts, labels)


@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        ({"cell": "lsmt"}, ConfigError, "did you mean 'lstm'"),
        ({"hidden_dim": -1}, ConfigError, "hidden_dim must be at least 1"),
        ({"epochs": 0}, ConfigError, "epochs must be at least 1"),
        ({"max_vocabulary": 0}, ConfigError, "a vocabulary of 0 holds no token"),
        ({"class_weight": "even"}, ValueError, "class_weight is 'even'"),
        ({"validation_share": 1.0}, ValueError, "validation_share is 1.0"),
    ],
)
def test_a_parameter_that_cannot_be_meant_is_refused_by_fit(parameters, error, message):
    with pytest.raises(error, match=message) as refused:
        small(**parameters).fit(TEXTS, SAID)
    # Whatever else it is, since that is what scikit-learn's callers catch.
    assert isinstance(refused.value, ValueError)


# scikit-learn's own checks of manners; the others feed tables of numbers.
MANNERS = (
    "check_estimator_cloneable",
    "check_estimator_repr",
    "check_estimator_tags_renamed",
    "check_valid_tag_types",
    "check_no_attributes_set_in_init",
    "check_parameters_default_constructible",
    "check_get_params_invariance",
    "check_set_params",
    "check_do_not_raise_errors_in_init_or_set_params",
    "check_mixin_order",
)


@pytest.mark.parametrize("name", MANNERS)
def test_the_estimator_keeps_the_manners_that_scikit_learn_checks(name):
    getattr(estimator_checks, name)("SentimentClassifier", SentimentClassifier())


def test_texts_that_were_trained_on_do_not_calibrate():
    """A network is surer of them than of others, and was taken to be right to be."""
    settings = {"epochs": 1, "validation_share": 0.0}
    assert small(**settings).fit(TEXTS, SAID).artifact_.temperature == 1.0
    settings["validation_share"] = 0.05  # 9 texts
    assert small(**settings).fit(TEXTS, SAID).artifact_.temperature != 1.0
