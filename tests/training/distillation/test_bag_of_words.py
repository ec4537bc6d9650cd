"""A bag of words as a teacher: it knows words, and is silent on the texts it saw."""

import json
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner
from safetensors.numpy import load_file, save_file
from toy_recipes import label_with, toy_recipe

from sentiment.errors import ConfigError, DataError
from training.cli import cli
from training.data.gathering import read
from training.data.splitting import Splits
from training.distillation.bag_of_words import CARD, WEIGHTS, fit_words, load_words
from training.distillation.config import TeacherUse
from training.distillation.soft_labels import SoftLabels, key_of
from training.distillation.teachers import load_ensemble, load_teacher

UNSEEN = ["the food here was awful, awful", "wonderful food, it was great"]


@pytest.fixture
def recipe():
    return toy_recipe(
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


def test_it_knows_what_words_say(folder):
    given = load_teacher(TeacherUse(path="x"), folder).probabilities(UNSEEN)
    assert given.sum(axis=1) == pytest.approx(1)
    assert given.argmax(axis=1).tolist() == [0, 2]


def test_a_text_is_answered_alike_in_any_company(folder):
    teacher = load_words(folder)
    together = teacher.probabilities(UNSEEN)
    for text, row in zip(UNSEEN, together, strict=True):
        assert teacher.probabilities([text])[0].tolist() == row.tolist()


def test_of_texts_that_it_was_fitted_to_it_says_nothing(folder, splits):
    texts = [*(one.text.upper() for one in splits.train[:3]), *UNSEEN]
    given = load_words(folder).probabilities(texts)
    assert np.isnan(given).all(axis=1).tolist() == [True] * 3 + [False] * 2


def test_so_only_texts_without_a_label_get_its_soft_labels(
    recipe, toy_data, splits, folder, tmp_path
):
    runs = tmp_path / "runs"
    label_with(recipe, splits, toy_data, runs)
    keys = SoftLabels(runs / "soft").keys()
    assert keys
    assert not keys & {key_of(one.text) for one in splits.train}


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


def test_one_label_is_too_few(recipe, splits, tmp_path):
    one = replace(splits, train=[one for one in splits.train if one.label == 0])
    with pytest.raises(DataError, match="two labels at least"):
        fit_words(recipe, one, tmp_path / "one")


def test_the_cost_with_the_lowest_loss_is_kept(folder, recipe, splits, tmp_path):
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
    (folder / CARD).write_text(json.dumps({**card, "format": 2}))
    with pytest.raises(ConfigError, match="its format is 2"):
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
