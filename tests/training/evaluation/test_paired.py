"""Several networks on the same texts: each drawn with all its answers."""

import numpy as np
import pytest

from training.evaluation.bootstrap import Draw
from training.evaluation.measures import confusion_counts, macro_f1
from training.evaluation.paired import paired_macro_f1


@pytest.fixture
def texts():
    chance = np.random.default_rng(5)
    labels = chance.integers(0, 3, 400)
    sources = np.where(chance.random(400) < 0.3, "a", "b")
    answers = np.stack(
        [np.where(chance.random(400) < share, labels, 1) for share in (0.9, 0.7, 0.5)]
    )
    return labels, answers, sources


def test_each_network_has_the_figure_it_has_alone(texts):
    labels, answers, sources = texts
    found = paired_macro_f1(labels, answers, sources, Draw(resamples=10))
    assert found.sources == ["a", "b"]
    assert found.drawn.shape == (2, 3, 10)
    for row, source in enumerate(found.sources):
        of = sources == source
        alone = [
            float(macro_f1(confusion_counts(labels[of], one[of]))) for one in answers
        ]
        assert found.observed[row] == pytest.approx(alone)


def test_resamples_lie_around_what_was_observed(texts):
    found = paired_macro_f1(*texts, Draw(seed=1, resamples=2_000))
    assert found.drawn.mean(axis=-1) == pytest.approx(found.observed, abs=0.01)
    spread = found.drawn.std(axis=-1)
    assert (spread > 0.01).all()
    assert (spread < 0.06).all()


def test_networks_that_answer_alike_never_differ(texts):
    labels, answers, sources = texts
    found = paired_macro_f1(
        labels, np.stack([answers[0], answers[1], answers[0]]), sources, Draw()
    )
    assert (found.drawn[:, 0] == found.drawn[:, 2]).all()
    assert (found.drawn[:, 0] != found.drawn[:, 1]).any()
