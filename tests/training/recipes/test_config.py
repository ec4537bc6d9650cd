"""Recipes: what they may say, and how a slip of the pen is answered."""

from dataclasses import replace

import pytest

from sentiment.config import ModelConfig
from sentiment.errors import ConfigError
from training.recipes.config import RECIPES, TrainingConfig, read_recipe
from training.recipes.names import VERSION

SOURCE = {"name": "mine", "path": "mine.csv"}


def recipe(**tables):
    return {"name": "mine", "sources": [SOURCE], **tables}


@pytest.mark.parametrize("path", sorted(RECIPES.glob("*.toml")), ids=lambda p: p.stem)
def test_every_recipe_that_ships_can_be_read(path):
    config = read_recipe(path)
    assert config.name == path.stem
    assert config == read_recipe(path.stem)
    assert config.description


def test_what_a_recipe_leaves_out_has_a_default():
    config = TrainingConfig.from_dict(recipe())
    assert config.model == ModelConfig()
    assert config.training.epochs >= 1


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        ({"modle": {}}, r"no 'modle': did you mean 'model'\?"),
        ({"model": {"cells": "gru"}}, r"\[model\] has no 'cells': did you mean 'cell'"),
        ({"model": {"cell": "lsmt"}}, r"\[model\] cell is 'lsmt': did you mean 'lstm'"),
        ({"model": {"hidden_dim": 0}}, "hidden_dim must be at least 1, not 0"),
        ({"model": {"dropout": 1.0}}, r"dropout must be in \[0, 1\), not 1.0"),
        ({"model": {"max_tokens": 9_999}}, "max_tokens must be from 1 to 2,000"),
        ({"training": {"epochs": 0}}, r"\[training\] epochs must be at least 1, not 0"),
        ({"training": {"learning_rate": 0}}, "learning_rate must be above 0"),
        ({"training": {"adversarial": -0.1}}, "adversarial must be at least 0, not -"),
        (
            {"training": {"virtual_adversarial": -0.1}},
            r"\[training\] virtual_adversarial must be at least 0, not -0.1",
        ),
        (
            {"training": {"virtual_adverserial": 0.1}},
            "did you mean 'virtual_adversarial'",
        ),
        ({"training": {"clip_norm": float("nan")}}, "clip_norm must be at least 0"),
        ({"training": {"device": "cdua"}}, "did you mean 'cuda'"),
        (
            {"training": {"epochs": "three"}},
            "epochs must be a whole number, not 'three'",
        ),
        ({"training": {"clip_norm": "no"}}, "clip_norm must be a number, not 'no'"),
        ({"model": {"bidirectional": 1}}, "bidirectional must be true or false, not 1"),
        ({"language_model": {"cutoffs": 9}}, "cutoffs must be a list, not 9"),
        ({"language_model": {"cutoffs": ["9"]}}, "must hold whole numbers, not '9'"),
        ({"distillation": {"weight": 1.1}}, r"weight must be in \[0, 1\], not 1.1"),
        ({"teachers": [{"path": "t", "weight": 0}]}, r"\] t: weight must be above 0"),
        ({"teacher": {"learning_rate": 0}}, r"\[teacher\] learning_rate must be above"),
        (
            {"teacher": {"dropout": 1.5}},
            r"\[teacher\] dropout must be in \[0, 1\), not",
        ),
        ({"teacher": {"weight_decay": -1.0}}, r"weight_decay must be at least 0, not"),
        ({"teacher": {"batch_tokens": 0}}, "batch_tokens must be at least 1, not 0"),
        ({"teacher": {"batch_texts": 0}}, "batch_texts must be at least 1, not 0"),
        (
            {"language_model": {"max_vocabulary": 2}},
            "max_vocabulary must be at least 3",
        ),
        ({"language_model": {"clip_norm": -1.0}}, "clip_norm must be at least 0, not"),
        ({"language_model": {"warmup_share": 1.0}}, "warmup_share must be in"),
        ({"teacher": {"examples": {"a": 0}}}, "be a table of whole numbers from 1"),
        (
            {"teacher": {"examples": {"mime": 5}}},
            r"\[teacher\] examples bounds 'mime', .* did you mean 'mine'",
        ),
        ({"training": {"threads": 0}}, "threads must be from 1 to 1,024, not 0"),
        # So many threads ended the process without a word.
        ({"training": {"threads": 100_000}}, "threads must be from 1 to 1,024, not"),
        ({"seed": -1}, "recipe's seed must be from 0 to 4,294,967,295, not -1"),
        ({"seed": 2**32}, "seed must be from 0 to 4,294,967,295, not 4294967296"),
        ({"language_model": {"cutoffs": [0]}}, r"rising numbers from 1, not \[0\]"),
        ({"language_model": {"cutoffs": [9, 9]}}, r"rising numbers from 1, not \[9, 9"),
        ({"seed": True}, "seed must be a whole number, not True"),
        ({"split": {"validation": 0.6, "test": 0.5}}, "nothing is left to train on"),
        ({"vocabulary": {"max_size": 2}}, "max_size must be at least 3"),
        ({"bad_rows": "skp"}, "did you mean 'skip'"),
        ({"name": "a/b"}, "name is 'a/b': use at most 84 letters a to z, digits"),
        # Publishing would refuse these, after all the training.
        ({"name": "größe"}, "name is 'größe': use at most 84 letters a to z"),
        ({"name": "-x"}, "beginning with a letter or digit"),
        ({"name": "x" * 85}, "use at most 84 letters"),
        ({"baselines": ["tfdif"]}, "baselines has 'tfdif': did you mean 'tfidf'"),
        ({"baselines": "tfidf"}, "baselines must be a list, not 'tfidf'"),
        ({"model": 5}, r"\[model\] must be a table, not 5"),
        ({"sources": []}, r"has no \[\[sources\]\]: name at least one file"),
        ({"sources": SOURCE}, r"sources must be a list of tables: write \[\[sources"),
        ({"sources": "mine.csv"}, r"must be a list of tables: write \[\[sources\]\]"),
        ({"teachers": ["t"]}, r"\[\[teachers\]\] must be a table, not 't'"),
        ({"sources": [SOURCE, SOURCE]}, "same name"),
        ({"sources": [{"name": "x"}]}, "source 'x': it names no file: give it a path"),
    ],
)
def test_a_slip_is_answered_with_the_word_that_was_meant(tables, message):
    with pytest.raises(ConfigError, match=message):
        TrainingConfig.from_dict(recipe(**tables))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"name": 7}, "the recipe's name must be a text, not 7"),
        ({"seed": True}, "the recipe's seed must be a whole number, not True"),
    ],
)
def test_a_recipe_made_in_python_is_checked_as_one_from_a_file(values, message):
    """A name that is not a text was a traceback."""
    config = TrainingConfig.from_dict(recipe())
    with pytest.raises(ConfigError, match=message):
        replace(config, **values)


def test_the_longest_name_still_gives_a_version_that_can_be_published():
    name = TrainingConfig.from_dict(recipe(name="x" * 84)).name
    assert VERSION.fullmatch(f"{name}-20261125-174203")


def test_a_recipe_may_name_no_baseline():
    assert not TrainingConfig.from_dict(recipe(baselines=[])).baselines


def test_a_file_that_is_no_toml_is_named_with_its_line(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text('name = "mine\n')
    with pytest.raises(ConfigError, match=r"mine\.toml is not valid TOML: .*line 1"):
        read_recipe(path)


def test_a_wrong_kind_of_value_is_an_answer_not_a_traceback(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(
        'name = "mine"\n[[sources]]\nname = "a"\npath = "a.csv"\n'
        '[training]\nepochs = "three"\n'
    )
    with pytest.raises(ConfigError, match=r"mine\.toml: .*epochs"):
        read_recipe(path)


def test_a_recipe_that_does_not_exist_names_those_that_ship():
    with pytest.raises(ConfigError, match="did you mean 'default'"):
        read_recipe("defualt")


def test_a_file_that_is_not_there_is_no_recipe_that_ships(tmp_path):
    """The shipped recipe was trained in the place of ``recipes/default.toml``."""
    with pytest.raises(ConfigError, match=r"there is no recipe .*/default\.toml$"):
        read_recipe(tmp_path / "default.toml")


def test_a_recipe_may_begin_with_a_byte_order_mark(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(
        'name = "mine"\n[[sources]]\nname = "a"\npath = "a.csv"\n', "utf-8-sig"
    )
    assert read_recipe(path).name == "mine"


@pytest.mark.parametrize("name", ["reviews.csv", "reviews.parquet", "reviews.jsonl"])
def test_a_table_that_is_given_as_a_recipe_is_told_how_to_write_one(tmp_path, name):
    table = tmp_path / name
    table.write_bytes(b"text,label\nfine,positive\n\xff")
    with pytest.raises(ConfigError, match="a recipe is a TOML file") as refused:
        read_recipe(table)
    assert str(refused.value).endswith(f"sentiment-train recipe {table} > mine.toml")
