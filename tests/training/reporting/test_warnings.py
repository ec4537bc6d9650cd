"""A model that does worse than what needs no network is said to."""

from dataclasses import replace

import numpy as np
from toy import recipe

from sentiment.labels import NEGATIVE, NEUTRAL, POSITIVE
from training.data.examples import Example
from training.evaluation.evaluate import Evaluation, evaluate
from training.reporting.warnings import few_test_texts, shortfalls, unread_teachers

# Nine in ten are positive, as with reviews.
LABELS = [POSITIVE] * 90 + [NEUTRAL] * 4 + [NEGATIVE] * 6
PLAIN = {"name": "reviews", "path": "reviews.csv", "class_weights": "none"}


def evaluation_of(answers: list[int]) -> Evaluation:
    examples = [
        Example(text=f"no. {at}", target=tuple(np.eye(3)[label]), source="shop")
        for at, label in enumerate(LABELS)
    ]
    return evaluate(np.eye(3)[answers], examples)


# It finds all rare ones, and takes 12 positive texts for some.
KEEN = evaluation_of([NEUTRAL] * 12 + LABELS[12:])
ALIKE = evaluation_of([POSITIVE] * 100)


def test_accuracy_below_one_answer_for_all_is_said_with_the_setting_that_causes_it():
    """Its macro-F1 was above all baselines, and so nothing was said."""
    (said,) = shortfalls(KEEN, {"majority": ALIKE}, recipe())
    assert "accuracy (88.0) is below that of answering positive every time (90.0)" in (
        said
    )
    assert 'class_weights = "none" in [[sources]]' in said
    # Also where the majority is none of the recipe's baselines.
    assert [*shortfalls(KEEN, {}, recipe())] == [said]
    # It would be no solution if it is what the recipe has.
    (said,) = shortfalls(KEEN, {}, recipe(sources=[PLAIN]))
    assert said.endswith("a possible solution is more texts")


def test_a_higher_macro_f1_of_any_baseline_is_said():
    baselines = {"majority": ALIKE, "vader": evaluation_of(LABELS), "tfidf": KEEN}
    less = evaluation_of([POSITIVE] * 94 + LABELS[94:])
    (said,) = shortfalls(less, baselines, recipe())
    assert "is below that of TF-IDF with logistic regression (" in said
    assert "and of VADER (100.0): a possible solution is more texts, or start" in said
    started = replace(recipe(), start_from="somewhere")
    (said,) = shortfalls(less, baselines, started)
    assert said.endswith("more texts")


def test_a_model_that_is_better_than_all_is_not_warned_of():
    better = evaluation_of(LABELS)
    assert [*shortfalls(better, {"majority": ALIKE, "vader": KEEN}, recipe())] == []
    # As good is no worse.
    assert [*shortfalls(ALIKE, {"majority": ALIKE}, recipe())] == []


def test_the_texts_that_are_too_few_are_counted_in_words():
    """It said "only 1 neutral texts"."""
    counts = {"shop": {"test": {"negative": 40, "neutral": 1, "positive": 7}}}
    (said,) = few_test_texts(counts)
    assert "the test split has only 1 neutral text and 7 positive texts, and" in said


def test_teachers_whose_soft_labels_are_not_read_are_said():
    """`distill` wrote them, and `run` left them lying without a word."""
    teachers = {"teachers": [{"path": "teachers/mine"}]}
    (said,) = unread_teachers(recipe(name="shop", **teachers))
    assert 'soft_labels = "soft-labels/shop" in [distillation]' in said
    read = {"distillation": {"soft_labels": "soft-labels/shop"}}
    assert [*unread_teachers(recipe(**teachers, **read))] == []
    assert [*unread_teachers(recipe())] == []
