"""Templates are one more source to learn from, and are never held out."""

from collections import Counter
from itertools import islice

import pytest
from toy import recipe, reviews, write

from sentiment.errors import ConfigError, DataError
from sentiment.labels import LABELS
from training.data import gathering
from training.data.source import SourceConfig
from training.data.splitting import Splits
from training.data.templates import PACKAGED, load_templates, read_templates
from training.distillation.texts import labelled_texts
from training.recipes.leaving_out import leave_out

TOML = """
[slots]
good = ["great", "{very} good"]
very = ["very", "really"]

[[templates]]
label = "positive"
texts = ["The soup was {good}.", "{good}"]

[[templates]]
label = "negative"
texts = ["I can't say that the soup was {good}.", "1 star"]
"""


def source(**fields: object) -> SourceConfig:
    return SourceConfig(
        **{"name": "made", "kind": "templates", "path": "made.toml", **fields}
    )


def read(tmp_path, toml: str = TOML, **fields: object) -> list[tuple[str, str]]:
    (tmp_path / "made.toml").write_text(toml, encoding="utf-8")
    examples = list(read_templates(source(**fields), tmp_path))
    assert all(one.split == "train" for one in examples)
    return [(one.text, LABELS[one.label]) for one in examples]


def test_slots_are_filled_and_the_label_stays(tmp_path):
    assert set(read(tmp_path, copies=50)) == {
        ("The soup was great.", "positive"),
        ("The soup was very good.", "positive"),
        ("The soup was really good.", "positive"),
        ("Great", "positive"),
        ("Very good", "positive"),
        ("Really good", "positive"),
        ("I can't say that the soup was great.", "negative"),
        ("I can't say that the soup was very good.", "negative"),
        ("I can't say that the soup was really good.", "negative"),
        ("1 star", "negative"),
    }


def test_a_slot_with_a_capital_is_filled_as_the_one_without(tmp_path):
    toml = TOML.replace('"1 star"', '"So sad. {Good} it was not, {very}."')
    made = {text for text, _ in read(tmp_path, toml, copies=50) if "sad" in text}
    assert {text.partition(" it")[0] for text in made} == {
        "So sad. Great",
        "So sad. Very good",
        "So sad. Really good",
    }


def test_a_template_without_slots_is_repeated_behind_each_opening(tmp_path):
    opened = 'openings = ["OK: ", "Note: "]\n' + TOML
    texts = [text for text, _ in read(tmp_path, opened, copies=50)]
    assert [one for one in texts if "star" in one] == [
        "1 star",
        "OK: 1 star",
        "Note: 1 star",
    ]
    assert "OK: Great" not in texts
    assert sum("star" in text for text, _ in read(tmp_path, opened, copies=2)) == 2


def test_a_template_gives_the_same_texts_whatever_stands_beside_it(tmp_path):
    alone = read(tmp_path, copies=2)
    more = TOML.replace('"1 star"', '"no {good} soup", "1 star"')
    assert set(alone) <= set(read(tmp_path, more, copies=2))
    for count in Counter(label for _, label in alone).values():
        assert count <= 4


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("{very} good", "{vary} good", "'vary': did you mean 'very'"),
        ('["very", "really"]', "[]", "nothing fills the slot 'very'"),
        ('"really"]', '"{good}"]', "holds itself"),
        ('"positive"', '"posetive"', "no label 'posetive': did you mean 'positive'"),
        ("[slots]", "[slot]", "not a file of templates"),
        ('"1 star"', "1", "not a file of templates"),
        ('"1 star"', '"1 star', "not a file of templates"),
    ],
)
def test_what_is_wrong_with_a_file_is_reported(tmp_path, old, new, complaint):
    with pytest.raises(DataError, match=r"made\.toml") as refused:
        read(tmp_path, TOML.replace(old, new, 1))
    assert complaint in str(refused.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(DataError, match=r"source 'made': there is no .*made\.toml"):
        list(read_templates(source(), tmp_path))


def test_settings_of_other_sources_are_refused():
    for fields in ({"stars_column": "n"}, {"held_out": True}, {"path": ""}):
        with pytest.raises(ConfigError, match="source 'made'"):
            source(**fields)
    with pytest.raises(ConfigError, match="copies is not for kind"):
        SourceConfig(name="a", path="a.csv", copies=3)


def test_templates_are_trained_on_beside_other_sources_and_never_held_out(tmp_path):
    write(tmp_path / "reviews.csv", reviews(60))
    sources = [
        {"name": "reviews", "path": "reviews.csv"},
        {"name": "made", "kind": "templates", "path": "constructions", "copies": 1},
    ]
    splits = gathering.read(recipe(sources=sources), tmp_path).splits
    assert Counter(one.source for one in splits.train)["made"] > 1_000
    for held_out in (splits.validation, splits.test):
        assert {one.source for one in held_out} == {"reviews"}


def test_templates_are_not_labelled_by_teachers(tmp_path):
    made = list(islice(read_templates(source(path="constructions"), tmp_path), 5))
    config = recipe(sources=[{"name": "made", "kind": "templates", "path": "x.toml"}])
    assert labelled_texts(config, Splits(train=made, validation=[], test=[])) == []


def test_a_left_out_domain_takes_its_templates_along():
    config = recipe(
        sources=[
            {"name": "films", "path": "films.csv", "domain": "films"},
            {"name": "food", "path": "food.csv", "domain": "food"},
            {**vars(source(domain="films"))},
        ]
    )
    assert [one.name for one in leave_out(config, "films").sources] == ["films", "food"]


def test_the_packaged_constructions_are_balanced_and_whole():
    templates = load_templates(PACKAGED["constructions"], "made")
    made = list(templates.texts(12))
    counts = Counter(label for _, label in made)
    assert len(made) > 10_000
    assert min(counts.values()) > 0.7 * max(counts.values())
    labels: dict[str, str] = {}
    for text, label in made:
        assert labels.setdefault(text, label) == label, text
        assert "{" not in text
        assert "  " not in text
        assert len(text.split()) < 60
