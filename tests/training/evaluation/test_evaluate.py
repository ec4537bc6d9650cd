import json

import numpy as np
import pytest
from sklearn import metrics

from sentiment.errors import DataError
from sentiment.labels import LABELS, NEGATIVE, NEUTRAL, POSITIVE
from sentiment.prediction.predictor import Predictor
from sentiment.text.vocabulary import Vocabulary
from training.data.examples import Example
from training.evaluation import measures
from training.evaluation.bootstrap import Draw, interval
from training.evaluation.evaluate import evaluate, predict_probabilities
from training.evaluation.gains import gains_over
from training.evaluation.traits import Traits


def example(label: int, source: str = "shop", **more: object) -> Example:
    target = tuple(1.0 if at == label else 0.0 for at in range(3))
    values = {"text": "a fine thing", "target": target, "source": source, **more}
    return Example(**values)  # type: ignore[arg-type]


def random_answers(
    n: int = 600, *, seed: int = 3, two_class: bool = False
) -> tuple[np.ndarray, list[Example]]:
    rng = np.random.default_rng(seed)
    choices = (NEGATIVE, POSITIVE) if two_class else (NEGATIVE, NEUTRAL, POSITIVE)
    labels = rng.choice(choices, size=n)
    logits = rng.normal(size=(n, 3)) + 1.2 * np.eye(3)[labels]
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    examples = [example(int(label), two_class=two_class) for label in labels]
    return probabilities, examples


def test_the_figures_are_those_of_scikit_learn():
    probabilities, examples = random_answers()
    found = evaluate(probabilities, examples)
    truth = [one.label for one in examples]
    answered = probabilities.argmax(axis=1)
    precision, recall, f1, support = metrics.precision_recall_fscore_support(
        truth, answered
    )
    for at, label in enumerate(LABELS):
        scores = found.per_class[label]
        assert scores.precision == pytest.approx(precision[at])
        assert scores.recall == pytest.approx(recall[at])
        assert scores.f1 == pytest.approx(f1[at])
        assert scores.support == support[at]
    assert found.macro_f1 == pytest.approx(f1.mean())
    assert found.accuracy == pytest.approx(metrics.accuracy_score(truth, answered))
    assert found.macro_recall == pytest.approx(
        metrics.balanced_accuracy_score(truth, answered)
    )
    assert np.array_equal(found.confusion, metrics.confusion_matrix(truth, answered))
    assert found.calibration.log_loss == pytest.approx(
        metrics.log_loss(truth, probabilities)
    )
    assert found.brier == pytest.approx(
        metrics.brier_score_loss(truth, probabilities, labels=[0, 1, 2])
    )


def test_ece_is_the_weighted_gap_between_confidence_and_accuracy():
    # Ten answers with 0.8 of which six are right, ten with 0.6 of which six are.
    rows = [[0.8, 0.1, 0.1]] * 10 + [[0.6, 0.2, 0.2]] * 10
    labels = ([NEGATIVE] * 6 + [POSITIVE] * 4) * 2
    found = evaluate(np.array(rows), [example(label) for label in labels])
    assert found.ece == pytest.approx((10 * 0.2 + 10 * 0.0) / 20)
    bins = {round(one.confidence, 3): one for one in found.calibration.reliability}
    assert bins[0.8].accuracy == pytest.approx(0.6)
    assert bins[0.8].count == 10


def test_a_confidence_on_the_edge_of_two_bins_belongs_to_the_lower_one():
    found = evaluate(np.array([[1.0, 0.0, 0.0]]), [example(NEGATIVE)])
    (only,) = found.calibration.reliability
    assert (only.low, only.high) == (pytest.approx(14 / 15), 1.0)


def test_a_two_class_source_is_judged_without_neutral_and_three_way_beside_it():
    rows = np.array([[0.3, 0.5, 0.2], [0.1, 0.5, 0.4], [0.1, 0.2, 0.7]])
    labels = (NEGATIVE, POSITIVE, POSITIVE)
    examples = [example(label, two_class=True) for label in labels]
    found = evaluate(rows, examples)
    assert found.macro_f1 == 1.0
    assert found.per_class["neutral"].f1 is None
    assert found.three_way is not None
    # Unmasked: no negative found (0), one positive of two (2/3); neutral is no label.
    assert found.three_way.macro_f1 == pytest.approx((0 + 2 / 3) / 2)
    source = found.of_sources()["shop"]
    assert (source.macro_f1, source.three_way_macro_f1) == (1.0, pytest.approx(1 / 3))


def test_the_calibration_error_is_that_of_the_answers_users_get():
    """It was that of masked probabilities, which nobody is served."""
    rows = np.array([[0.3, 0.1, 0.6]] * 10)
    examples = [example(POSITIVE, two_class=True)] * 10
    found = evaluate(rows, examples)
    assert found.ece == found.headline()["ece"] == pytest.approx(0.4)
    # Among negative and positive alone, positive has 0.6 / 0.9.
    assert found.headline()["masked_ece"] == pytest.approx(1 - 0.6 / 0.9)
    source = found.of_sources()["shop"]
    assert source.ece == pytest.approx(0.4)
    assert source.masked_ece == pytest.approx(1 - 0.6 / 0.9)
    three_way = evaluate(rows, [example(POSITIVE)] * 10)
    assert three_way.ece == three_way.headline()["masked_ece"]
    assert three_way.of_sources()["shop"].masked_ece is None


def test_each_answered_label_has_its_confidence_beside_how_often_it_is_right():
    rows = np.array([[0.8, 0.1, 0.1]] * 4 + [[0.6, 0.1, 0.3]] * 4 + [[0.2, 0.2, 0.6]])
    examples = [example(NEGATIVE)] * 6 + [example(POSITIVE)] * 3
    negative, positive = evaluate(rows, examples).served.answered
    assert (negative.label, negative.count) == ("negative", 8)
    assert negative.confidence == pytest.approx(0.7)
    assert negative.accuracy == pytest.approx(6 / 8)
    assert (positive.label, positive.count, positive.accuracy) == ("positive", 1, 1.0)


def test_a_two_class_answer_that_is_all_neutral_is_undecided_not_undefined():
    judged = measures.masked_probabilities(
        np.array([[0.0, 1.0, 0.0]]), np.array([True])
    )
    assert judged.tolist() == [[0.5, 0.0, 0.5]]


def test_there_is_no_three_way_figure_without_a_two_class_source():
    assert evaluate(*random_answers(50)).three_way is None


def test_one_figure_has_one_interval_under_all_its_names():
    # (55.1 to 68.8) stood beside (55.1 to 68.6) in one report, of the same texts.
    rows, examples = random_answers(80)
    found = evaluate(rows, examples)
    (source,) = found.of_sources().values()
    assert source.macro_f1 == found.mean_source_macro_f1 == found.macro_f1
    assert source.interval == found.intervals["mean_source_macro_f1"]
    assert source.interval == found.intervals["macro_f1"]
    assert all(
        one.interval == source.interval for one in found.slices if one.examples == 80
    )


def test_every_source_counts_alike_in_the_mean_over_sources():
    right, wrong = [[1.0, 0.0, 0.0]], [[0.0, 0.0, 1.0]]
    rows = np.array(right * 98 + wrong * 2)
    examples = [example(NEGATIVE, "large")] * 98 + [example(NEGATIVE, "small")] * 2
    found = evaluate(rows, examples)
    assert found.mean_source_macro_f1 == pytest.approx(0.5)
    assert found.accuracy == pytest.approx(0.98)


@pytest.mark.parametrize(
    ("label", "two_class"),
    [
        *((label, False) for label in (NEGATIVE, NEUTRAL, POSITIVE)),
        *((label, True) for label in (NEGATIVE, POSITIVE)),
    ],
)
def test_a_text_without_a_score_counts_as_wrong_and_is_counted(label, two_class):
    """Of equals the first was taken: an unscored negative text counted as right."""
    rows = np.array([[np.nan] * 3, np.eye(3)[label]])
    found = evaluate(rows, [example(label, two_class=two_class)] * 2)
    assert found.unscored == 1
    assert found.accuracy == 0.5
    assert [one.accuracy for one in found.slices if one.kind == "source"] == [0.5]
    # Of the unscored text it is that of one third for each label.
    assert found.brier == pytest.approx((2 / 3) / 2)
    assert sum(one.accuracy * one.count for one in found.served.reliability) == 1
    gains = gains_over(rows, np.eye(3)[[label] * 2], [example(label)] * 2)
    assert gains.sources["shop"].difference < 0


@pytest.mark.parametrize("label", [NEGATIVE, POSITIVE])
def test_an_answer_of_neutral_alone_is_wrong_where_no_text_is_neutral(label):
    """With neutral masked, nothing of it is left: that was taken for negative."""
    rows = np.array([[0.0, 1.0, 0.0], np.eye(3)[label]])
    assert evaluate(rows, [example(label, two_class=True)] * 2).accuracy == 0.5


def test_an_interval_holds_the_figure_and_narrows_with_more_texts():
    def width(n: int) -> float:
        found = evaluate(*random_answers(n))
        around = found.intervals["macro_f1"]
        assert around.low < found.macro_f1 < around.high
        return around.high - around.low

    assert width(6_400) < width(100) / 4


def test_the_interval_of_accuracy_is_the_binomial_one():
    labels = [NEGATIVE] * 80 + [POSITIVE] * 20
    rows = np.tile([1.0, 0.0, 0.0], (100, 1))
    found = evaluate(rows, [example(label) for label in labels])
    around = found.intervals["accuracy"]
    # Of a binomial with 100 draws of 0.8, the 2.5 % and 97.5 % points.
    assert (around.low, around.high) == (
        pytest.approx(0.72, abs=0.011),
        pytest.approx(0.87, abs=0.011),
    )


def test_resampling_counts_is_resampling_examples():
    probabilities, examples = random_answers(200)
    labels = np.array([one.label for one in examples])
    answered = probabilities.argmax(axis=1)
    counts = measures.confusion_counts(labels, answered)
    by_counts = measures.macro_f1(Draw(1, 2_000)(counts))
    rng = np.random.default_rng(2)
    by_examples = []
    for _ in range(2_000):
        drawn = rng.integers(0, 200, size=200)
        confusion = measures.confusion_counts(labels[drawn], answered[drawn])
        by_examples.append(measures.macro_f1(confusion))
    one, other = interval(by_counts), interval(np.array(by_examples))
    assert one.low == pytest.approx(other.low, abs=0.01)
    assert one.high == pytest.approx(other.high, abs=0.01)


def test_the_same_seed_gives_the_same_intervals_and_another_one_others():
    answers = random_answers(100)
    first, again = evaluate(*answers, seed=5), evaluate(*answers, seed=5)
    assert first == again
    assert first.intervals != evaluate(*answers, seed=6).intervals


def test_a_label_that_no_example_has_is_left_out_of_the_means():
    confusion = np.array([[8, 2, 0], [0, 0, 0], [0, 0, 10]])
    assert measures.macro_recall(confusion) == pytest.approx((0.8 + 1.0) / 2)
    assert np.isnan(measures.f1(confusion)[NEUTRAL])


def test_texts_are_told_apart_by_length_negation_and_unknown_words():
    texts = ["good", "not good at all my friend", "good " * 30]
    traits = Traits.of(texts, Vocabulary(("<pad>", "<unk>", "good", "not")))
    examples = [example(POSITIVE, text=text) for text in texts]
    rows = np.tile([0.1, 0.1, 0.8], (3, 1))
    found = evaluate(rows, examples, traits=traits)
    sizes = {(one.kind, one.name): one.examples for one in found.slices}
    assert sizes == {
        ("source", "shop"): 3,
        ("length in tokens", "up to 5"): 1,
        ("length in tokens", "up to 20"): 1,
        ("length in tokens", "up to 50"): 1,
        ("negation", "present"): 1,
        ("negation", "absent"): 2,
        ("unknown tokens", "none"): 2,
        ("unknown tokens", "over 10%"): 1,
    }


def test_only_what_the_model_reads_as_unknown_is_called_unknown():
    """Emoji and slips, which it reads, were counted."""
    vocabulary = Vocabulary(("<pad>", "<unk>", ":)", "boring"))
    traits = Traits.of(["booring 😍 😂 dull"], vocabulary)
    assert traits.unknown_share is not None
    assert traits.unknown_share.tolist() == [0.5]


def test_without_a_vocabulary_nothing_is_said_of_unknown_words():
    kinds = {one.kind for one in evaluate(*random_answers(20)).slices}
    assert kinds == {"source", "length in tokens", "negation"}


def test_an_evaluation_is_plain_json_without_nan():
    probabilities, examples = random_answers(50, two_class=True)
    found = evaluate(probabilities, examples)
    told = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert told["macro_f1"] == found.macro_f1
    assert told["per_class"]["neutral"]["recall"] is None
    assert json.dumps(found.headline(), allow_nan=False)


def test_the_predictor_is_asked_as_the_service_asks_it(predictor: Predictor):
    texts = ["a very good film", "   ", "the food was awful"]
    rows = predict_probabilities(predictor, texts)
    assert rows.shape == (3, 3)
    assert rows[0].tolist() == list(predictor.predict(texts[0]).probabilities)
    assert np.isnan(rows[1]).all()
    assert predict_probabilities(predictor, []).shape == (0, 3)


def test_nothing_to_judge_by_is_refused():
    with pytest.raises(DataError, match="no example to judge by"):
        evaluate(np.zeros((0, 3)), [])


def test_rows_that_do_not_fit_the_examples_are_refused():
    with pytest.raises(ValueError, match=r"shape \(2, 3\), 1 examples need \(1, 3\)"):
        evaluate(np.zeros((2, 3)), [example(NEGATIVE)])
