import json
from dataclasses import replace

import numpy as np
import pytest

from sentiment.labels import NEGATIVE, NEUTRAL, POSITIVE
from training.data.examples import Example
from training.data.source import SourceConfig
from training.data.splitting import position
from training.publishing.gate import compare, compare_on
from training.publishing.held_out import HeldOut, SplitRecord, split_metrics
from training.recipes.config import TrainingConfig


def held_out(n: int, source: str = "shop", *, two_class: bool = False) -> list[Example]:
    rng = np.random.default_rng(11)
    choices = (NEGATIVE, POSITIVE) if two_class else (NEGATIVE, NEUTRAL, POSITIVE)
    return [
        Example(
            text=f"text {at}",
            target=tuple(np.eye(3)[label]),
            source=source,
            two_class=two_class,
        )
        for at, label in enumerate(rng.choice(choices, size=n))
    ]


def answers(examples: list[Example], accuracy: float, seed: int = 1) -> np.ndarray:
    """Answer right with the given frequency, the next label otherwise."""
    rng = np.random.default_rng(seed)
    right = rng.random(len(examples)) < accuracy
    labels = np.array([one.label for one in examples])
    return 0.7 * np.eye(3)[np.where(right, labels, (labels + 1) % 3)] + 0.1


def changed(
    published: np.ndarray, examples: list[Example], *, lost: int, won: int
) -> np.ndarray:
    """Turn some right answers wrong, and some wrong ones right."""
    labels = np.array([one.label for one in examples])
    right = published.argmax(axis=1) == labels
    new = published.copy()
    losing, winning = np.flatnonzero(right)[:lost], np.flatnonzero(~right)[:won]
    new[losing] = np.roll(published[losing], 1, axis=1)
    new[winning] = 0.7 * np.eye(3)[labels[winning]] + 0.1
    return new


def test_the_same_model_again_passes_the_gate():
    examples = held_out(200)
    rows = answers(examples, 0.7)
    found = compare(rows, rows, examples)
    assert found.passed
    assert found.difference == 0.0
    assert found.worse_share == 0.0


def test_a_better_model_passes():
    examples = held_out(500)
    found = compare(answers(examples, 0.8), answers(examples, 0.7), examples)
    assert found.passed
    assert found.interval.low < found.difference < found.interval.high
    assert found.reason.startswith("not worse: macro-F1 changes by +")
    assert " points on " in found.reason


def test_a_clearly_worse_model_is_refused():
    examples = held_out(500)
    found = compare(answers(examples, 0.6), answers(examples, 0.7), examples)
    assert not found.passed
    assert found.reason.startswith("worse: ")
    assert found.interval.high < 0


def test_a_small_drop_that_many_texts_prove_is_refused():
    examples = held_out(20_000)
    published = answers(examples, 0.75)
    new = published.copy()
    broken = np.flatnonzero(published.argmax(axis=1) == NEGATIVE)[:200]
    new[broken] = [0.1, 0.1, 0.8]
    found = compare(new, published, examples)
    assert -0.02 < found.difference < 0
    assert not found.passed


def test_a_small_drop_that_chance_explains_passes():
    examples = held_out(1_000)
    published = answers(examples, 0.7)
    found = compare(changed(published, examples, lost=20, won=15), published, examples)
    assert -0.02 < found.difference < 0
    assert found.interval.high > 0
    assert found.passed


def test_a_large_drop_on_few_texts_is_refused_though_nothing_is_proved():
    examples = held_out(30)
    published = answers(examples, 0.8)
    found = compare(changed(published, examples, lost=3, won=1), published, examples)
    assert found.difference < -0.02
    assert found.interval.high > 0
    assert not found.passed
    assert found.reason.startswith("perhaps worse: ")
    # Those that a larger test share adds, the published model may have learned from.
    assert "More labelled texts could; a larger [split] test could not" in found.reason


def test_texts_are_resampled_with_both_answers():
    # Unpaired, the interval of two models at 70 % on 300 texts would be 0.15 wide.
    examples = held_out(300)
    published = answers(examples, 0.7)
    new = published.copy()
    new[0] = np.roll(new[0], 1)
    found = compare(new, published, examples)
    assert found.interval.high - found.interval.low < 0.02


def test_every_source_counts_alike_and_has_its_own_difference():
    large, small = held_out(900, "large"), held_out(100, "small")
    published = np.vstack([answers(large, 0.7), answers(small, 0.7)])
    new = np.vstack([answers(large, 0.7), answers(small, 0.3)])
    found = compare(new, published, [*large, *small])
    assert found.sources["large"] == 0.0
    assert found.difference == pytest.approx(found.sources["small"] / 2)
    assert not found.passed


def test_a_two_class_source_is_compared_without_neutral():
    examples = held_out(100, two_class=True)
    published = 0.4 * np.eye(3)[[one.label for one in examples]] + 0.2
    new = published.copy()
    new[:, NEUTRAL] = 0.9
    assert compare(new, published, examples).difference == 0.0


def test_a_comparison_is_plain_json_and_the_same_for_the_same_seed():
    examples = held_out(100)
    rows = answers(examples, 0.7), answers(examples, 0.6, seed=2)
    first = compare(*rows, examples, seed=4)
    assert first == compare(*rows, examples, seed=4)
    assert json.loads(json.dumps(first.to_json()))["passed"] is first.passed


def test_figures_are_those_they_have_always_been():
    """A golden case: nothing but a decision should move what is published or not."""
    examples = [*held_out(300, "shop"), *held_out(80, "films", two_class=True)]
    rows = answers(examples, 0.72), answers(examples, 0.75, seed=2)
    found = compare(*rows, examples, seed=7)
    figures = (found.difference, found.interval.low, found.interval.high)
    assert [round(one, 6) for one in figures] == [-0.005136, -0.064998, 0.056475]
    assert round(found.worse_share, 6) == 0.5645


def test_answers_to_other_texts_are_refused():
    examples = held_out(10)
    with pytest.raises(ValueError, match="10 examples need"):
        compare(answers(examples, 0.7), np.zeros((9, 3)), examples)


def test_texts_that_the_published_model_may_have_learned_from_do_not_compare():
    """It knew half of them by heart, and a better model was refused."""
    examples = held_out(400)
    known = np.array([position(one.text) >= 0.3 for one in examples])
    official = [replace(one, split="test") for one in examples[:20]]
    examples[:20] = official
    published = answers(examples, 0.7)
    learned = answers(examples, 1.0)
    published[known] = learned[known]
    new = answers(examples, 0.85)
    assert not compare(new, published, examples).passed
    held = HeldOut.of(examples, SplitRecord(share=0.3))
    assert held.common.tolist() == [
        at < 20 or not of for at, of in enumerate(known.tolist())
    ]
    found = compare_on(held, "shop-0", new, published, examples)
    assert found.examples == held.count < 400
    assert f"on {held.count} of 400 test texts" in found.note


@pytest.mark.parametrize("share", [None, 0.5, 1.0])
def test_all_texts_compare_where_the_published_model_was_kept_from_all(share):
    examples = [one for one in held_out(200) if position(one.text) < 0.5]
    rows = answers(examples, 0.7), answers(examples, 0.75, seed=2)
    found = compare_on(
        HeldOut.of(examples, SplitRecord(share=share)), "shop-0", *rows, examples
    )
    assert replace(found, note="") == compare(*rows, examples)
    assert ("does not record which share" in found.note) == (share is None)


def test_too_few_common_texts_are_a_refusal_that_says_so():
    examples = held_out(200)
    rows = answers(examples, 0.9), answers(examples, 0.6, seed=2)
    found = compare_on(
        HeldOut.of(examples, SplitRecord(share=0.05)), "shop-0", *rows, examples
    )
    assert not found.passed
    assert found.reason.startswith(
        "not comparable: the published model shop-0 held out"
    )
    assert "of these 200 test texts" in found.reason
    assert "[split] test = 0.05, or more labelled texts" in found.reason


@pytest.mark.parametrize("metrics", [{}, {"split": None}, {"split": {"test": "0.1"}}])
def test_a_manifest_without_shares_says_none(metrics):
    assert SplitRecord.of(metrics) == SplitRecord()


SHARES = {"validation": 0.1, "test": 0.3}


def recorded(**settings: object) -> SplitRecord:
    """Return the record of a model of one source with these settings."""
    values = {"name": "shop", "path": "shop.csv", **settings}
    config = TrainingConfig.from_dict(
        {"name": "toy", "sources": [values], "split": SHARES}
    )
    metrics = json.loads(json.dumps(split_metrics(config)))
    return SplitRecord.of(metrics)


def test_texts_of_a_source_that_was_trained_on_before_compare_by_position():
    """Those of a domain left out later were called held out, and known by heart."""
    examples = [replace(one, split="test", made_test=True) for one in held_out(400)]
    by_position = [position(one.text) < 0.3 for one in examples]
    assert HeldOut.of(examples, recorded()).common.tolist() == by_position
    assert HeldOut.of(examples, recorded(held_out=True)).common.all()
    # Nor does the position tell where marks did, or where nothing was held out.
    for settings in ({"split_column": "split"}, {"train_only": True}):
        assert not HeldOut.of(examples, recorded(**settings)).common.any()
    marked = [replace(one, made_test=False) for one in examples]
    assert HeldOut.of(marked, recorded(split_column="split")).common.all()


def test_texts_that_a_source_held_back_from_no_training_do_not_compare_later():
    examples = [one for one in held_out(400) if position(one.text) < 0.3]
    assert HeldOut.of(examples, recorded()).common.all()
    assert not HeldOut.of(examples, recorded(train_only=True)).common.any()
    # In a file that is marked then and now, they are those without a mark.
    now = SourceConfig(name="shop", path="shop.csv", split_column="split")
    then = recorded(split_column="split")
    assert HeldOut.of(examples, then, [now]).common.all()
