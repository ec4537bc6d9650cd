"""Intervals hold what is true of all texts, as often as they say."""

import numpy as np
import pytest

from sentiment.labels import LABELS, NEGATIVE, POSITIVE
from training.data.examples import Example
from training.evaluation import measures
from training.evaluation.answers import LabelledAnswers
from training.evaluation.bootstrap import Draw, interval
from training.evaluation.evaluate import evaluate
from training.evaluation.slices import mean_over_sources

SAMPLES = 400


def population(right: float) -> np.ndarray:
    """Return the shares of a confusion with three labels, one of them frequent."""
    of_label = np.full((3, 3), (1 - right) / 2)
    np.fill_diagonal(of_label, right)
    return np.array([[0.2], [0.2], [0.6]]) * of_label


def coverage(shares: np.ndarray, texts: int) -> dict[str, float]:
    """Return how often the interval of each figure holds that of ``shares``."""
    chance, draw = np.random.default_rng(texts), Draw(7, 400)
    figures = {"macro-F1": measures.macro_f1, "accuracy": measures.accuracy}
    held = dict.fromkeys(figures, 0)
    for counts in chance.multinomial(texts, shares.ravel(), size=SAMPLES):
        confusion = counts.reshape(3, 3)
        drawn = draw.shares(confusion)
        for name, figure in figures.items():
            around = interval(figure(drawn), float(figure(confusion)))
            held[name] += around.low <= figure(shares) <= around.high
    return {name: count / SAMPLES for name, count in held.items()}


@pytest.mark.parametrize("texts", [41, 100, 400])
@pytest.mark.parametrize("right", [0.65, 0.8, 0.97])
def test_an_interval_holds_the_truth_nineteen_times_in_twenty(texts, right):
    """Of texts drawn with replacement, it was 15 times in 20 for 41, 97 % right."""
    for name, found in coverage(population(right), texts).items():
        # Chance alone moves this by up to 0.03. Of 41 texts eight have the rare label,
        # and their F1 lies low itself: macro-F1 is covered 0.91 times in the long run.
        assert (0.88 if texts < 100 else 0.915) <= found <= 0.985, name


def test_the_mean_over_many_small_sources_is_covered_too():
    shares, draw = population(0.95), Draw(7, 200)
    chance = np.random.default_rng(3)
    labels, answered = np.divmod(np.arange(9), 3)
    sources, held = np.repeat([f"source {at}" for at in range(8)], 41), 0
    for _ in range(100):
        cells = chance.choice(9, size=len(sources), p=shares.ravel())
        examples = [
            Example(text="", target=tuple(np.eye(3)[labels[cell]]), source=str(source))
            for cell, source in zip(cells, sources, strict=True)
        ]
        answers = LabelledAnswers.of(np.eye(3)[answered[cells]], examples)
        _, around = mean_over_sources(answers, draw)
        held += bool(around.low <= measures.macro_f1(shares) <= around.high)
    assert 88 <= held <= 100


def test_no_macro_f1_passes_one_in_the_mean_over_small_sources():
    """The headline said "Macro-F1 98.1 (94.6 to 102.3)"."""
    labels = np.tile([NEGATIVE, POSITIVE], 30)
    answered = labels.copy()
    answered[0] = POSITIVE
    examples = [
        Example(text="", target=tuple(np.eye(3)[label]), source=f"shop {at // 20}")
        for at, label in enumerate(labels)
    ]
    answers = LabelledAnswers.of(np.eye(3)[answered], examples)
    mean, around = mean_over_sources(answers, Draw(7, 500))
    assert 0 <= around.low <= mean <= around.high <= 1
    assert around.low < 0.97 < mean


@pytest.mark.parametrize("answer", [NEGATIVE, POSITIVE])
def test_four_texts_prove_nothing_right_or_wrong(answer):
    """The interval had no width: as if no further text could end otherwise."""
    examples = [Example(text="", target=(1, 0, 0), source="shop")] * 4
    found = evaluate(np.tile(np.eye(3)[answer], (4, 1)), examples)
    around = found.intervals["accuracy"]
    assert around.low <= found.accuracy <= around.high
    assert 0.2 < around.high - around.low < 0.7
    (source,) = [one for one in found.slices if one.kind == "source"]
    assert source.interval.high - source.interval.low > 0.2


def test_a_label_that_no_text_has_stays_out_of_the_draws():
    drawn = Draw(resamples=50).shares(np.array([[3, 0, 1], [0, 0, 0], [1, 0, 3]]))
    assert (drawn[:, LABELS.index("neutral")] == 0).all()
    assert drawn.sum(axis=(1, 2)) == pytest.approx(1)
    assert (drawn[:, [0, 2]] > 0).all()


def test_there_must_be_a_text_to_draw_from():
    with pytest.raises(ValueError, match="every count is 0"):
        Draw().shares(np.zeros((3, 3), dtype=np.int64))
