"""What is held against what: over texts and seeds together, never over seeds alone."""

from dataclasses import dataclass

import numpy as np
import pytest
import torch

from training.ablation.comparison import OPEN, difference_of, row_of
from training.ablation.outcome import TrainingOutcome

TEXTS = 400


@dataclass
class Validation:
    """As much of a split as is judged by."""

    labels: torch.Tensor
    sources: np.ndarray


@pytest.fixture
def validation():
    labels = torch.from_numpy(np.random.default_rng(1).integers(3, size=TEXTS))
    return Validation(labels=labels, sources=np.full(TEXTS, "shop"))


def outcome(validation, accuracy, chance):
    right = chance.random(TEXTS) < accuracy
    answers = np.where(right, validation.labels, (validation.labels + 1) % 3)
    return TrainingOutcome(
        megabytes=1.0, macro_f1=accuracy, predicted="".join(map(str, answers))
    )


def shown(validation, seeds, rounds=40):
    """Return how often networks that differ by their seeds alone are told apart."""
    chance = np.random.default_rng(2)

    def networks():
        return [
            outcome(validation, accuracy, chance)
            for accuracy in chance.normal(0.7, 0.1, size=seeds)
        ]

    found = [
        difference_of(networks(), networks(), validation).verdict for _ in range(rounds)
    ]
    return sum(verdict != OPEN for verdict in found) / rounds


def test_what_seeds_alone_have_done_is_rarely_called_better_or_worse(validation):
    assert shown(validation, seeds=1) > 0.5  # of one seed it cannot be known
    assert shown(validation, seeds=3) < 0.3


def test_a_difference_that_all_seeds_have_is_shown(validation):
    chance = np.random.default_rng(3)
    own, theirs = (
        [outcome(validation, accuracy + at / 200, chance) for at in range(3)]
        for accuracy in (0.6, 0.75)
    )
    found = difference_of(theirs, own, validation)
    assert found.verdict == "better"
    assert found.seeds == 3
    assert found.interval.low < found.value < found.interval.high


def test_seeds_are_drawn_with_both_their_networks(validation):
    # Some seeds are far better than others, on both sides alike.
    chance = np.random.default_rng(4)
    accuracies = (0.5, 0.6, 0.7, 0.8)
    own = [outcome(validation, one, chance) for one in accuracies]
    theirs = [outcome(validation, one + 0.1, chance) for one in accuracies]
    assert difference_of(theirs, own, validation).verdict == "better"


def test_failed_seeds_are_named_and_each_reason_once(validation):
    chance = np.random.default_rng(5)
    good = outcome(validation, 0.7, chance)
    bad, full = (
        TrainingOutcome(failed="nan"),
        TrainingOutcome(failed="full", chance=True),
    )
    own = {1: good, 2: good, 3: bad}
    row = row_of("x=1", {1: bad, 2: good, 3: good, 4: full, 5: bad}, own, validation)
    assert row.failed == "failed with seeds 1, 5: nan; failed with seed 4: full"
    assert len(row.figures) == 2
    assert row.difference.seeds == 1
    assert row.megabytes == 1.0
    alone = row_of("x=1", {3: good}, own, validation)
    assert alone.difference is None
    assert not alone.failed
