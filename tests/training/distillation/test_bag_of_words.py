"""A bag of words as a teacher: it knows words, and repeats no label that it saw."""

import json
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner
from safetensors.numpy import load_file, save_file
from toy import label_with, recipe_with_raw

from sentiment.errors import ConfigError, DataError
from training.cli import cli
from training.data.gathering import read
from training.data.splitting import Splits
from training.distillation import cross_fitting
from training.distillation.bag_of_words import (
    CARD,
    FORMAT,
    WEIGHTS,
    BagOfWords,
    Regressions,
    folds_of,
    load_words,
)
from training.distillation.config import TeacherUse
from training.distillation.cross_fitting import fit_words
from training.distillation.soft_labels import SoftLabels, key_of
from training.distillation.teachers import load_ensemble, load_teacher

UNSEEN = ["the food here was awful, awful", "wonderful food, it was great"]


@pytest.fixture
def recipe():
    return recipe_with_raw(
        teachers=[{"path": "teachers/toy-words"}],
        distillation={"soft_labels": "soft", "weight": 0.5},
    )


@pytest.fixture
def splits(recipe, toy_data):
    return read(recipe, toy_data).splits


@pytest.fixture
def folder(recipe, splits, tmp_path):
    return fit_words(
        recipe, splits, tmp_path / "runs" / "teachers" / "toy-words"
    ).folder


def test_a_bag_of_words_knows_what_words_say(folder):
    given = load_teacher(TeacherUse(path="x"), folder).probabilities(UNSEEN)
    assert given.sum(axis=1) == pytest.approx(1)
    assert given.argmax(axis=1).tolist() == [0, 2]


def test_a_text_is_answered_alike_in_any_company(folder):
    teacher = load_words(folder)
    together = teacher.probabilities(UNSEEN)
    for text, row in zip(UNSEEN, together, strict=True):
        assert teacher.probabilities([text])[0].tolist() == row.tolist()


def test_a_text_is_taught_by_what_was_fitted_without_its_fold():
    def sure_of(label):
        return Regressions(np.zeros((1, 3)), np.eye(3)[label] * 9 - 4)

    texts = [f"text {number}" for number in range(20)]
    keys = [key_of(text) for text in texts]
    folds = folds_of(keys, 2)
    assert set(folds.tolist()) == {0, 1}
    words = BagOfWords(
        ["text"], whole=sure_of(1), folds=[sure_of(0), sure_of(2)], learned=keys
    )
    expected = [1, *(2 * folds).tolist()]
    given = words.probabilities(["never seen", *texts])
    assert given.argmax(axis=1).tolist() == expected
    # So is a sentence, by what was fitted without the text that it was cut from.
    sentences = [f"a sentence of {text}" for text in ("another", *texts)]
    given = words.probabilities(sentences, [key_of("never seen"), *keys])
    assert given.argmax(axis=1).tolist() == expected


def test_the_label_of_a_text_has_no_say_in_what_it_is_taught(recipe, splits, tmp_path):
    # Weights of labels would count how many texts of a source have each.
    plain = replace(recipe.sources[0], class_weights="none")
    config = replace(recipe, sources=(plain,))
    one = splits.train[0]
    lied = replace(one, target=tuple(reversed(one.target)))
    assert one.label != lied.label

    def taught(train, name):
        fitted = fit_words(config, replace(splits, train=train), tmp_path / name)
        return load_words(fitted.folder).probabilities([one.text, "the"]).tolist()

    truth = taught(splits.train, "truth")
    lie = taught([lied, *splits.train[1:]], "lie")
    assert truth[0] == lie[0]
    assert truth[1] != lie[1]


def test_the_label_of_a_review_has_no_say_in_what_its_sentences_are_taught(
    recipe, splits, toy_data, tmp_path
):
    """They were not among the texts that it knew, and were told the review's label."""
    plain = replace(recipe.sources[0], class_weights="none")
    settings = replace(recipe.distillation, sentences=1_000)
    config = replace(recipe, sources=(plain,), distillation=settings)
    sentence = "the food here was zzz today."
    review = replace(splits.train[0], text=f"{sentence} it was a food.")
    lied = replace(review, target=tuple(reversed(review.target)))
    assert review.label != lied.label

    def taught(one, runs, workers):
        own = replace(splits, train=[one, *splits.train[1:]])
        fit_words(config, own, runs / "teachers/toy-words")
        label_with(config, own, toy_data, runs, workers=workers)
        return SoftLabels(runs / "soft").read()[key_of(sentence)]

    # In a process as in several.
    truth = taught(review, tmp_path / "truth", workers=1)
    assert truth == pytest.approx(taught(lied, tmp_path / "lie", workers=2), abs=1e-5)


def test_every_text_gets_a_soft_label(recipe, toy_data, splits, folder, tmp_path):
    runs = tmp_path / "runs"
    label_with(recipe, splits, toy_data, runs)
    keys = SoftLabels(runs / "soft").keys()
    assert keys >= {key_of(one.text) for one in splits.train}


def test_answers_of_another_rule_for_sentences_are_not_mixed_in(
    recipe, toy_data, splits, folder
):
    runs = folder.parent.parent
    label_with(recipe, splits, toy_data, runs)
    label_with(recipe, splits, toy_data, runs, resume=True)
    card = runs / "soft" / "soft-labels.json"
    made_by = json.loads(card.read_text())
    del made_by["sentences"]  # as it was while a sentence could repeat its review
    card.write_text(json.dumps(made_by))
    with pytest.raises(ConfigError, match="other teachers or settings"):
        label_with(recipe, splits, toy_data, runs, resume=True)


def test_short_texts_may_be_left_out(recipe, splits, tmp_path):
    bound = sorted(len(one.text.split()) for one in splits.train)[-20]
    settings = replace(recipe.bag_of_words, shortest=bound)
    config = replace(recipe, bag_of_words=settings)
    fitted = fit_words(config, splits, tmp_path / "long")
    assert 20 <= fitted.examples < len(splits.train)
    none = replace(recipe, bag_of_words=replace(settings, shortest=10_000))
    with pytest.raises(DataError, match="shortest = 10000 words do not count"):
        fit_words(none, splits, tmp_path / "none")


def test_a_text_that_could_not_be_neutral_does_not_speak_against_it(
    recipe, splits, tmp_path
):
    """Else a source's style would tell that its texts are never neutral."""
    style = [
        replace(one, text=f"{one.text} zzz", two_class=True)
        for one in splits.train
        if one.label != 1
    ]
    known = replace(splits, train=[*splits.train, *style])
    words = load_words(fit_words(recipe, known, tmp_path / "style").folder)
    plain, styled = words.probabilities(["quite so", "quite so zzz"])
    assert styled[1] == pytest.approx(plain[1], abs=0.02)


def test_a_text_without_a_known_word_gets_what_is_likely(folder):
    ((negative, neutral, positive),) = load_words(folder).probabilities(["zzz"])
    assert 0 < max(negative, neutral, positive) < 0.7


def test_a_label_that_no_text_had_gets_nothing(recipe, splits, tmp_path):
    two = Splits(
        train=[one for one in splits.train if one.label != 1],
        validation=[one for one in splits.validation if one.label != 1],
        test=[],
    )
    fitted = fit_words(recipe, two, tmp_path / "two")
    given = load_words(fitted.folder).probabilities(UNSEEN)
    assert given[:, 1].tolist() == [0, 0]
    assert given.sum(axis=1) == pytest.approx(1)


def test_a_bag_of_words_needs_two_labels(recipe, splits, tmp_path):
    one = replace(splits, train=[one for one in splits.train if one.label == 0])
    with pytest.raises(DataError, match="two labels at least"):
        fit_words(recipe, one, tmp_path / "one")


def test_the_cost_with_the_lowest_loss_is_kept(recipe, splits, tmp_path, monkeypatch):
    kept = fit_words(recipe, splits, tmp_path / "kept")
    losses = {}
    for cost in cross_fitting._COSTS:
        monkeypatch.setattr(cross_fitting, "_COSTS", (cost,))
        fitted = fit_words(recipe, splits, tmp_path / str(cost))
        losses[cost] = fitted.validation_loss
    assert len(set(losses.values())) == len(losses) > 1
    assert kept.cost == min(losses, key=losses.get)
    assert kept.validation_loss == min(losses.values())


def test_the_same_texts_give_the_same_bag_of_words(folder, recipe, splits, tmp_path):
    again = fit_words(recipe, splits, tmp_path / "again")
    card = json.loads((folder / CARD).read_text())
    assert (card["cost"], card["validation_loss"]) == (
        again.cost,
        again.validation_loss,
    )
    assert (
        load_ensemble([TeacherUse(path="again")], tmp_path)
        .probabilities(UNSEEN)
        .tolist()
        == load_words(folder).probabilities(UNSEEN).tolist()
    )


def test_changed_weights_are_noticed(folder):
    weights = load_file(folder / WEIGHTS)
    weights["biases"] = weights["biases"] + 1
    save_file(weights, folder / WEIGHTS)
    with pytest.raises(
        ConfigError, match=r"weights\.safetensors is missing or not what"
    ):
        load_words(folder)


def test_another_format_is_refused(folder):
    card = json.loads((folder / CARD).read_text())
    (folder / CARD).write_text(json.dumps({**card, "format": FORMAT + 1}))
    with pytest.raises(ConfigError, match="its format is"):
        load_words(folder)


def test_the_command_fits_one_to_a_recipe(toy_data, tmp_path):
    (tmp_path / "toy.toml").write_text(
        """
        name = "toy"
        [[sources]]
        name = "toy"
        path = "toy.csv"
        [split]
        validation = 0.2
        test = 0.2
        """
    )
    said = CliRunner().invoke(
        cli,
        [
            "teacher",
            str(tmp_path / "toy.toml"),
            "--bag-of-words",
            "--data",
            str(toy_data),
        ]
        + ["--runs", str(tmp_path / "runs")],
    )
    assert said.exit_code == 0, said.output
    assert "validation loss" in said.output
    assert load_words(tmp_path / "runs" / "teachers" / "toy-words").terms
