"""The printed recipe: every setting, with a sentence and the default that is used."""

import json
import re
import tomllib
from dataclasses import asdict, fields

import pytest

from training.data.source import SourceConfig
from training.data.unlabelled import UnlabelledConfig
from training.distillation.config import TeacherUse
from training.new_recipe.recipe import recipe_text
from training.new_recipe.settings import settings_of, summary_of
from training.recipes.config import TABLES, TrainingConfig

SAID = {"name": "mine", "sources": [{"name": "reviews", "path": "reviews.csv"}]}
CLASSES = [TrainingConfig, *TABLES.values()]


@pytest.fixture
def printed():
    return recipe_text(SAID)


def as_json(config):
    """Return all of it, lists and tuples alike."""
    return json.loads(json.dumps(asdict(config)))


def test_as_it_is_printed_it_says_what_was_said_and_no_more(printed):
    config = TrainingConfig.from_dict(tomllib.loads(printed))
    assert config == TrainingConfig(
        name="mine", sources=(SourceConfig(name="reviews", path="reviews.csv"),)
    )


def test_what_is_printed_behind_a_mark_are_the_defaults(printed):
    taken = re.sub(r"^#(?=\S)", "", printed, flags=re.MULTILINE)
    # What a table must say, and what has no default.
    taken = re.sub(r"^(name|path) = \.\.\.", r'\1 = "x"', taken, flags=re.MULTILINE)
    taken = re.sub(r"^\w+ = \.\.\.", "", taken, flags=re.MULTILINE)
    config = TrainingConfig.from_dict(tomllib.loads(taken))
    assert as_json(config) == as_json(
        TrainingConfig(
            name="mine",
            sources=(SourceConfig(name="reviews", path="reviews.csv"),),
            unlabelled=(UnlabelledConfig(name="x", path="x"),),
            teachers=(TeacherUse(path="x"),),
        )
    )


def test_every_setting_stands_in_its_table(printed):
    parts = re.split(r"^#?\[+(\w+)\]+$", printed, flags=re.MULTILINE)
    shown = dict(zip(["", *parts[1::2]], parts[::2], strict=True))
    assert set(shown) == {"", *TABLES}
    for table, text in shown.items():
        held = fields(TABLES[table] if table else TrainingConfig)
        names = [one.name for one in held if table or one.name not in TABLES]
        assert re.findall(r"^#?(\w+) = ", text, re.MULTILINE) == names


@pytest.mark.parametrize("table", CLASSES, ids=lambda one: one.__name__)
def test_no_setting_lacks_a_sentence(table):
    assert summary_of(table).endswith(".")
    for setting in settings_of(table):
        if setting.name not in TABLES or table is not TrainingConfig:
            assert re.fullmatch(r"[A-Z].*[.]", setting.doc, re.DOTALL), setting.name


def test_bounds_and_choices_stand_beside_the_setting(printed):
    assert "\n#epochs = 5  # at least 1\n" in printed
    assert '\n#cell = "lstm"  # "rnn-tanh", "rnn-relu", "gru", "lstm"\n' in printed
    assert "\n#star_scale = ...  # 5 or 10\n" in printed


def test_without_every_only_what_is_said_is_printed():
    text = recipe_text({**SAID, "training": {"epochs": 3}}, every=False)
    assert tomllib.loads(text) == {**SAID, "training": {"epochs": 3}}
    assert "#seed" not in text
    assert "# How often the train split is read at most" in text
