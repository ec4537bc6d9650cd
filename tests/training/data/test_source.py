"""A recipe's source says what can be meant, or is refused with a way out."""

import re

import pytest

from sentiment.errors import ConfigError
from training.data.source import SourceConfig


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"path": ""}, "names no file"),
        ({"path": []}, "names no file"),
        ({"path": 7}, "path must be a text or a list, not 7"),
        ({"path": ["a.csv", 7]}, "path must hold texts, not 7"),
        ({"name": ""}, "a source has no name"),
        ({"kind": "vader"}, "kind is 'vader': did you mean 'vader-gold'?"),
        ({"style": "ptp"}, "style is 'ptp': did you mean 'ptb'?"),
        ({"class_weights": "balance"}, "did you mean 'balanced'?"),
        ({"text_column": 3}, "text_column must be a text, not 3"),
        ({"two_class": "yes"}, "two_class must be true or false, not 'yes'"),
        ({"star_scale": 7}, "star_scale must be 5 or 10, not 7"),
        (
            {"star_scale": True},
            "star_scale must be a whole number or left out, not True",
        ),
        ({"weight": 0}, "weight must be above 0, not 0"),
        ({"weight": float("nan")}, "weight must be above 0, not nan"),
        ({"weight": "2"}, "weight must be a number, not '2'"),
        ({"max_train_examples": 0}, "max_train_examples must be at least 1, not 0"),
        ({"labels": {"pos": "positiv"}}, "did you mean 'positive'?"),
        ({"labels": {"1": 2}}, "labels maps '1' to 2"),
        ({"labels": ["positive"]}, "labels must be a table"),
        ({"splits": {"dev": "validate"}}, "did you mean 'validation'?"),
        ({"official": ["tests"]}, "official has 'tests': did you mean 'test'?"),
        ({"official": ["train"]}, "official has 'train': "),
        ({"soft_label_columns": ["a", "b"]}, "names 2 columns, not one for each"),
        ({"soft_label_columns": ["a", "b", "a"]}, "names one column twice"),
        (
            {"label_column": "y", "stars_column": "stars"},
            "label_column and stars_column exclude each other: name one",
        ),
        ({"held_out": True, "train_only": True}, "exclude each other"),
        ({"url_from": "A"}, 'url_from is not for kind = "file", only for feedback'),
        *(
            (
                {"kind": "vader-gold", "path": "news", **ignored},
                f'{next(iter(ignored))} is not for kind = "vader-gold", only for file',
            )
            for ignored in (
                {"two_class": True},
                {"split_column": "split"},
                {"splits": {"dev": "train"}},
                {"stars_column": "stars"},
                {"style": "ptb"},
                {"encoding": "latin-1"},
                {"text_column": "body"},
            )
        ),
        *(
            (
                {"kind": "feedback", "path": "f.db", **ignored},
                f'{next(iter(ignored))} is not for kind = "feedback", only for file',
            )
            for ignored in (
                {"style": "ptb"},
                {"text_column": "body"},
                {"star_scale": 10},
                {"held_out": True},
                {"train_only": True},
            )
        ),
    ],
)
def test_what_cannot_be_meant_is_refused_with_the_way_out(wrong, message):
    with pytest.raises(ConfigError, match=re.escape(message)):
        SourceConfig(**{"name": "shop", "path": "reviews.csv", **wrong})


@pytest.mark.parametrize("kind", ["file", "vader-gold", "feedback"])
def test_every_kind_takes_what_is_for_all_of_them(kind):
    source = SourceConfig(
        name="shop",
        kind=kind,
        path="news",
        weight=2.0,
        class_weights="none",
        max_train_examples=9,
        domain="news",
        unit="sentences",
        terms="MIT",
    )
    assert source.weight == 2.0


def test_a_default_that_is_written_out_is_no_fault():
    assert SourceConfig(name="gold", kind="vader-gold", text_column="text", labels={})


def test_a_message_names_its_source():
    with pytest.raises(ConfigError, match="source 'shop': "):
        SourceConfig(name="shop", path="reviews.csv", star_scale=3)


def test_one_path_and_several_read_alike():
    assert SourceConfig(name="a", path="x.csv").paths == ["x.csv"]
    assert SourceConfig(name="a", path=["x.csv", "y.csv"]).paths == ["x.csv", "y.csv"]


def test_the_gold_standard_needs_no_path():
    assert SourceConfig(name="gold", kind="vader-gold").paths == []
