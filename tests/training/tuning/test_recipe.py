"""The best recipe as a file: read back equal, and still its writer's own."""

import tomllib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sentiment.errors import ConfigError
from training.disk.files import write_text
from training.recipes.config import RECIPES, TrainingConfig, read_recipe
from training.tuning.recipe import BestSettings, recipe_text, tuned
from training.tuning.space import search_space, settings_of

FOUND = BestSettings(
    settings={
        "model.cell": "gru",
        "model.layers": 2,
        "model.dropout": 0.123,
        "training.learning_rate": 1e-05,
        "training.weight_decay": 0.0,
        "vocabulary.max_size": 777,
    },
    sentence="Its settings are the best of 3 trials.",
    story=("Found by: sentiment-train tune x", "Trial 2 of 3"),
)
SMALL = """\
# Why this recipe is.
name = "small"   # its name
[[sources]]
name = "reviews"
path = ["a.csv", "b-*.csv"] # two files
labels = { good = "positive" }

[training]
learning_rate = 2e-3 # found by hand
epochs = 3
"""


def read_back(text):
    return TrainingConfig.from_dict(tomllib.loads(text))


@pytest.mark.parametrize("path", sorted(RECIPES.glob("*.toml")), ids=lambda p: p.stem)
def test_a_shipped_recipe_with_new_settings_reads_back_equal(path):
    text = recipe_text(path.read_text(encoding="utf-8"), FOUND)
    assert read_back(text) == tuned(read_recipe(path), FOUND)
    assert text.startswith("# Found by: sentiment-train tune x\n# Trial 2 of 3\n\n")


@pytest.mark.parametrize(
    "original",
    [
        SMALL,
        SMALL.replace("[training]", "[model]\ncell = 'lstm'\n[training]"),
        'name = "x"\nmodel = { cell = "lstm" }\nsources = [{ name = "a", path = "b" }]',
        'name = "x"\nmodel.cell = "lstm"\nsources = [{ name = "a", path = "b" }]',
        "description = '''\nIts \"\"\"words\"\"\" \\ here.'''\n" + SMALL,
    ],
)
def test_every_way_to_write_a_recipe_reads_back_equal(original):
    assert read_back(recipe_text(original, FOUND)) == tuned(read_back(original), FOUND)


def test_comments_and_what_was_not_searched_stay_as_written():
    text = recipe_text(SMALL, FOUND)
    for line in (
        "# Why this recipe is.",
        'path = ["a.csv", "b-*.csv"] # two files',
        'labels = { good = "positive" }',
        "epochs = 3",
    ):
        assert line in text.splitlines()
    assert "learning_rate = 1e-05 # found by hand" in text
    assert 'name = "small-tuned"   # its name' in text


def test_a_value_that_stays_keeps_its_form():
    config = read_back(SMALL)
    own = settings_of(config, search_space(config))
    text = recipe_text(SMALL, BestSettings(settings=own, sentence="", story=()))
    assert "learning_rate = 2e-3 # found by hand" in text
    assert "hidden_dim = 128" in text


def test_a_recipe_that_was_tuned_is_not_named_so_twice():
    once = recipe_text(SMALL, FOUND)
    assert read_back(recipe_text(once, FOUND)).name == "small-tuned"


@example(rate=0.1, size=9, text="one\r\nother\r")
@given(
    rate=st.floats(1e-12, 1e6, allow_nan=False),
    size=st.integers(3, 10**12),
    text=st.text(st.characters(exclude_categories=["Cs"])),
)
def test_no_number_and_no_text_breaks_the_file(rate, size, text):
    found = BestSettings(
        settings={"training.learning_rate": rate, "vocabulary.max_size": size},
        sentence=text,
        story=(f"Found by: {text}",),
    )
    config = read_back(recipe_text(SMALL, found))
    assert config.training.learning_rate == rate
    assert config.vocabulary.max_size == size
    assert text.strip() in config.description


def test_a_recipe_that_says_what_cannot_be_is_refused():
    with pytest.raises(ConfigError, match="must be above 0"):
        recipe_text(
            SMALL,
            BestSettings(
                settings={"training.learning_rate": 0.0}, sentence="", story=()
            ),
        )


def test_a_file_is_replaced_whole(tmp_path):
    path = tmp_path / "new" / "best.toml"
    for text in ("one", "other"):
        write_text(path, text)
        assert path.read_text() == text
    assert list(path.parent.iterdir()) == [path]
