"""The recipes that ship say what can be read, and keep to the sets' own rules."""

from training.data.source import SourceConfig
from training.data.vader_gold import SETS
from training.recipes.config import RECIPES, read_recipe

NAMES = sorted(path.stem for path in RECIPES.glob("*.toml"))


def sources(name: str) -> dict[str, SourceConfig]:
    return {source.name: source for source in read_recipe(name).sources}


def test_the_default_recipe_needs_nothing_but_pip():
    recipe = read_recipe("default")
    assert {source.kind for source in recipe.sources} == {"vader-gold"}
    assert {path for source in recipe.sources for path in source.paths} == set(SETS)


def test_sst_and_the_film_snippets_of_vader_are_never_in_one_recipe():
    # They are the same sentences: 80 % of SST's test split is among the snippets.
    for name in NAMES:
        paths = {path for one in read_recipe(name).sources for path in one.paths}
        assert not ("films" in paths and any(path.startswith("sst") for path in paths))


def test_sources_with_an_official_split_keep_it():
    official = ("imdb", "sst5", "dynasent", "semeval2017", "fdu_mtl")
    for recipe in ("bundled", "imdb", "imdb-first", "imdb-large"):
        for name, source in sources(recipe).items():
            if name.startswith(official):
                assert source.split_column == "split", name
                assert "test" in source.official, name
    assert set(sources("bundled")["sst5"].official) == {"validation", "test"}


def test_sources_without_neutral_texts_are_masked():
    assert {name for name, one in sources("bundled").items() if one.two_class} == {
        "imdb",
        "blitzer",
        "fdu_mtl_amazon",
        "polarity_films",
        "pros_cons",
    }
