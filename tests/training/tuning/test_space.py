"""The space: around the recipe, with the recipe in it, and nothing that cannot be."""

import pytest
from optuna.distributions import CategoricalDistribution
from toy import recipe

from sentiment.errors import ConfigError
from training.recipes.changes import with_settings
from training.recipes.config import RECIPES, read_recipe
from training.tuning.space import search_space, settings_of, tidied

SHIPPED = sorted(path.stem for path in RECIPES.glob("*.toml"))


def edges(range_):
    if isinstance(range_, CategoricalDistribution):
        return range_.choices
    return (range_.low, range_.high)


def recipes():
    yield from (read_recipe(name) for name in SHIPPED)
    yield recipe(model={"embedding_dim": 1, "hidden_dim": 9, "bidirectional": True})
    yield recipe(training={"weight_decay": 0.0, "batch_texts": 1, "max_tokens": 1})
    yield recipe(model={"cell": "rnn-relu", "layers": 4, "dropout": 0.9})
    yield recipe(vocabulary={"max_size": 3})


@pytest.mark.parametrize("config", [*recipes()])
def test_the_recipe_lies_in_its_own_space(config):
    space = search_space(config)
    for name, value in settings_of(config, space).items():
        assert space[name]._contains(space[name].to_internal_repr(value)), name
    assert with_settings(config, settings_of(config, space)) == config


@pytest.mark.parametrize("config", [*recipes()])
def test_a_recipe_accepts_both_ends_of_every_range(config):
    space = search_space(config)
    for name, range_ in space.items():
        for value in edges(range_):
            found = with_settings(config, {name: value})
            assert settings_of(found, space)[name] == value


def test_one_direction_is_not_made_two():
    assert "model.bidirectional" not in search_space(recipe())
    both = search_space(recipe(model={"bidirectional": True}))
    assert set(edges(both["model.bidirectional"])) == {True, False}


def test_what_a_recipe_starts_from_decides_some_settings():
    whole = set(search_space(recipe()))
    words = set(search_space(recipe(embeddings="words.txt")))
    assert whole - words == {"model.embedding_dim", "vocabulary.max_size"}
    pretrained = set(search_space(recipe(pretrained="language-models/toy")))
    assert not pretrained & {"model.cell", "model.hidden_dim", "model.layers"}
    assert {"model.dropout", "training.learning_rate"} <= pretrained


def test_a_setting_can_be_kept_as_it_is():
    whole = search_space(recipe())
    assert set(whole) - set(search_space(recipe(), ["model.cell"])) == {"model.cell"}
    with pytest.raises(ConfigError, match=r"did you mean 'model.cell'"):
        search_space(recipe(), ["model.cel"])
    with pytest.raises(ConfigError, match="nothing is left"):
        search_space(recipe(), whole)


def test_numbers_are_short_and_the_recipes_own_are_its_own():
    own = {"training.learning_rate": 0.0012345, "model.hidden_dim": 16}
    assert tidied(own, own) == own
    found = {"training.learning_rate": 0.00543219, "model.hidden_dim": 24}
    assert tidied(found, own) == {**found, "training.learning_rate": 0.00543}
