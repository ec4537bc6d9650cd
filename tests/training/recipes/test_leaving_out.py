"""A domain that is left out is in nothing that the network learns from."""

import pytest

from sentiment.errors import ConfigError
from training.recipes.config import TrainingConfig, read_recipe
from training.recipes.leaving_out import leave_out
from training.recipes.names import names_a_recipe

SOURCES = [
    {"name": "a", "path": "a.csv", "domain": "films"},
    {"name": "b", "path": "b.csv", "domain": "online shops"},
]


def recipe(name="mine", **settings):
    return TrainingConfig.from_dict({"name": name, "sources": SOURCES, **settings})


def paths_without_films(name, path):
    left = leave_out(
        recipe(
            name,
            pretrained=path,
            teachers=[{"path": path}],
            distillation={"soft_labels": path},
        ),
        "films",
    )
    return {left.pretrained, left.teachers[0].path, left.distillation.soft_labels}


@pytest.mark.parametrize(
    ("name", "path", "renamed"),
    [
        ("mine", "teachers/mine", "teachers/mine-without-films"),
        ("mine", "teachers/mine-words", "teachers/mine-without-films-words"),
        ("mine", "teachers/mine/current", "teachers/mine-without-films/current"),
        # By substring these became "language-model-without-filmss/…" and the like.
        ("model", "language-models/model", "language-models/model-without-films"),
        ("s", "soft-labels/s", "soft-labels/s-without-films"),
    ],
)
def test_what_bears_the_recipes_name_is_made_anew_without_the_domain(
    name, path, renamed
):
    assert paths_without_films(name, path) == {renamed}


@pytest.mark.parametrize(
    "path",
    [
        # What another recipe learned, whose name only begins alike.
        "language-models/imdb",
        "language-models/imdb-firsts",
        "elsewhere/not-imdb-first",
        # A published version: it learned from all domains.
        "teachers/imdb-first-20261125-174203",
    ],
)
@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            lambda path: {"pretrained": path},
            "'language-models/imdb-first', made by `sentiment-train pretrain "
            "imdb-first --leave-out films`",
        ),
        (
            lambda path: {
                "teachers": [{"path": "teachers/imdb-first"}, {"path": path}]
            },
            "'teachers/imdb-first', made by `sentiment-train teacher",
        ),
        (
            lambda path: {"distillation": {"soft_labels": path}},
            "'soft-labels/imdb-first', made by `sentiment-train distill",
        ),
    ],
)
def test_what_may_have_learned_from_the_domain_is_refused(path, settings, message):
    config = recipe("imdb-first", **settings(path))
    with pytest.raises(ConfigError, match=message) as refused:
        leave_out(config, "films")
    assert f"{path!r} does not bear the recipe's name" in str(refused.value)


def test_the_bundled_models_teacher_has_read_every_domain():
    with pytest.raises(ConfigError, match=r"teachers/bundled-2026.*learned from films"):
        leave_out(read_recipe("bundled"), "films")


def test_a_recipe_that_uses_no_models_only_changes_its_sources():
    left = leave_out(recipe(), "films")
    assert [(one.name, one.held_out) for one in left.sources] == [
        ("a", True),
        ("b", False),
    ]
    assert (left.pretrained, left.distillation.soft_labels) == ("", "")


def test_bounds_of_the_teacher_go_with_the_sources_that_they_bound():
    sent = {"name": "sent", "kind": "feedback", "domain": "films"}
    bounded = {
        "sources": [*SOURCES, sent],
        "teacher": {"examples": {"sent": 5, "b": 7}},
    }
    left = leave_out(recipe(**bounded), "films")
    assert left.teacher.examples == {"b": 7}


def test_the_only_domain_cannot_be_left_out():
    # It ended with an empty train split, and advice to give it a share in [split].
    held_out = {"name": "c", "path": "c.csv", "held_out": True}
    for sources in (SOURCES[:1], [SOURCES[0], held_out]):
        with pytest.raises(ConfigError, match="--leave-out films leaves nothing to"):
            leave_out(recipe(sources=sources), "films")


def test_a_domain_of_several_words_can_be_left_out():
    left = leave_out(recipe(), "online shops")
    assert left.name == "mine-without-online-shops"
    assert names_a_recipe(left.name)


def test_a_domain_that_no_source_is_of_is_answered_with_the_nearest():
    with pytest.raises(ConfigError, match="did you mean 'films'"):
        leave_out(recipe(), "film")
