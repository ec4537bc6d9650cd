"""The model card: what its tables hold, whatever the sources are called."""

import re

import numpy as np

from training.commands.evaluate import summary
from training.data.examples import Example
from training.data.splitting import Splits
from training.evaluation.evaluate import evaluate
from training.evaluation.gains import gains_over
from training.recipes.config import TrainingConfig, read_recipe
from training.reporting.card import write_card

SOURCE = {
    "name": "shop|eu",
    "path": "shop.csv",
    "domain": "products",
    "unit": "reviews",
}


def card_of(artifact, source, *, started_from="", pretrained_on=(), **settings):
    """Return the card of a model of one source."""
    examples = [
        Example(text=f"thing {at}", target=tuple(np.eye(3)[at % 2]), source="shop")
        for at in range(30)
    ]
    return write_card(
        artifact,
        TrainingConfig.from_dict(
            {
                "name": "shop",
                "sources": [{"name": "shop", "path": "shop.csv", **source}],
                **settings,
            }
        ),
        Splits(examples[:10], examples[10:15], examples[15:]),
        evaluate(np.full((30, 3), 1 / 3), examples),
        {},
        {},
        started_from=started_from,
        pretrained_on=pretrained_on,
    )


def test_what_nobody_checked_is_not_claimed(artifact):
    for source in ({}, {"two_class": True}, {"stars_column": "stars"}):
        card = card_of(artifact, source)
        for claim in ("English", "tweet", "survey", "irony", "0.6", "read once"):
            assert claim not in card
        assert "## What it is not for" in card
        assert "## What it gets wrong" not in card


def test_a_kind_of_text_that_is_a_domain_of_its_own_is_named_once(artifact):
    # The bundled model was trained on "tweets tweets".
    card = card_of(artifact, {"domain": "tweets", "unit": "tweets"})
    assert "| shop | tweets | 10 | 5 | 15 |" in card
    card = card_of(artifact, {"domain": "films", "unit": "phrases"})
    assert "| shop | films phrases | 10 |" in card


def test_the_only_source_has_no_mean_of_sources(artifact):
    card = card_of(artifact, {})
    assert "\n| shop | 30 | **" in card
    assert "mean of sources" not in card


def test_the_mean_of_sources_is_a_mean_and_pooled_figures_have_a_row(artifact):
    # "shop" is always right, "films" always wrong: pooled, they make up for each other.
    examples = [
        Example(text=f"{source} {at}", target=tuple(np.eye(3)[at % 3]), source=source)
        for source, count in (("shop", 60), ("films", 30))
        for at in range(count)
    ]
    truth = np.array([example.target for example in examples])
    wrong = np.roll(truth, 1, axis=1)
    at_shop = np.arange(90)[:, None] < 60
    found = evaluate(np.where(at_shop, truth, wrong) * 0.7 + 0.1, examples)
    config = TrainingConfig.from_dict(
        {
            "name": "two",
            "sources": [{"name": one, "path": "a.csv"} for one in ("shop", "films")],
        }
    )
    card = write_card(
        artifact, config, Splits(examples, [], examples), found, {"tfidf": found}, {}
    )
    # Confidence 0.8: ECE is 0.2 where all are right, 0.8 where none is.
    assert "| mean of sources |  | **50.0** |  | 0.500 |  | 50.0 |\n" in card
    (pooled,) = re.findall(r"^[|] all texts [|].*$", card, re.MULTILINE)
    assert pooled.startswith("| all texts | 90 | 66.7 (")
    assert pooled.endswith(") | 66.7 | 0.133 |  | 66.7 |")
    lines = summary(found, "test").splitlines()
    assert lines[-2].split() == "mean of sources macro-F1 50.0 ECE 0.500".split()
    assert lines[-1].split() == "all texts 90 texts macro-F1 66.7 ECE 0.133".split()


def test_neutral_means_what_the_sources_say(artifact):
    assert "What its sources label neutral.\n" in card_of(artifact, {})
    starred = card_of(artifact, {"stars_column": "stars"})
    assert "label neutral. Of texts with stars: the middle of the scale.\n" in starred
    two_class = card_of(artifact, {"two_class": True})
    assert "No source has neutral texts" in two_class
    assert "the middle of the scale" not in two_class
    assert "is called neutral.\n" in two_class
    on = card_of(artifact, {"two_class": True}, started_from="old-1")
    assert "is called neutral: it stands for what it did in `old-1`.\n" in on


def test_what_a_recipe_says_of_its_model_stands_in_the_card(artifact):
    said = {
        "neutral": "Weder gut noch schlecht.",
        "purpose": "- Deutsche Rezensionen.",
        "limits": "- Andere Sprachen.",
        "failures": "- Ironie.",
    }
    card = card_of(artifact, {}, **said)
    titles = ("neutral means", "it is for", "it is not for", "it gets wrong")
    for title, text in zip(titles, said.values(), strict=True):
        assert f"## What {title}\n\n{text}\n" in card
    assert "in their language" not in card


def test_the_bundled_card_says_what_the_model_is_for():
    recipe = read_recipe("bundled")
    assert "tweets in English" in recipe.purpose
    assert "Languages other than English" in recipe.limits
    assert "It arrived on Tuesday." in recipe.neutral


def test_the_card_says_what_a_start_may_have_seen_before(artifact):
    left_out = "Texts equal to a test text were left out of training."
    assert f"{left_out}\n" in card_of(artifact, {})
    on = card_of(artifact, {}, started_from="old-1")
    assert f"{left_out} `old-1`, from which it started, may have been trained" in on
    own = card_of(artifact, {}, pretrained="language-models/shop")
    assert f"{left_out}\n" in own
    other = card_of(artifact, {}, pretrained="language-models/web")
    assert f"{left_out} The language model may have read some of them" in other


def test_the_card_says_what_a_language_model_read_if_that_is_known(artifact):
    # It was said to be of the same texts, whosever it was.
    card = card_of(artifact, {}, pretrained="language-models/web")
    said = "It started from the next-word language model `language-models/web`"
    assert f"{said}: its vocabulary" in card
    named = ("forum", "news")
    card = card_of(artifact, {}, pretrained="language-models/web", pretrained_on=named)
    assert f"{said}, of texts of forum, news: its vocabulary" in card


def test_the_share_of_the_teachers_is_one_of_the_loss(artifact):
    card = card_of(
        artifact, {}, distillation={"soft_labels": "soft-labels/shop", "weight": 0.7}
    )
    assert "the soft labels of `teachers/shop`" in card
    assert "count 70 %, its own label the rest." in card


def test_a_teacher_of_short_and_of_long_texts_is_named_once_with_its_terms(artifact):
    uses = [{"longest": 70}, {"shortest": 145}]
    card = card_of(
        artifact,
        {},
        distillation={"soft_labels": "soft-labels/shop"},
        teachers=[{"path": "teachers/shop", **use} for use in uses],
        teacher={"base": "mini", "terms": "MIT"},
    )
    assert card.count("`teachers/shop` (a transformer of `mini`, MIT, fitted") == 1


def test_it_is_said_which_teachers_the_recipe_fitted_itself(artifact):
    names = ("shop", "shop-seed8", "shop-words", "shop-old", "other")
    card = card_of(
        artifact,
        {},
        distillation={"soft_labels": "soft-labels/shop"},
        teachers=[{"path": f"teachers/{name}"} for name in names],
        teacher={"base": "mini"},
    )
    same = "fitted to the same train texts)"
    transformer = f"(a transformer of `mini`, {same}"
    assert (
        f"`teachers/shop` {transformer}, `teachers/shop-seed8` {transformer}, "
        f"`teachers/shop-words` (a bag of words, {same}, `teachers/shop-old`, "
        "`teachers/other` count"
    ) in card


def test_each_row_of_a_table_has_as_many_cells_as_its_header(artifact):
    examples = [
        Example(
            text=f"thing {at}",
            target=tuple(np.eye(3)[at % 3]),
            source="shop|eu",
            unit="reviews",
        )
        for at in range(30)
    ]
    evaluation = evaluate(np.full((30, 3), 1 / 3), examples)
    card = write_card(
        artifact,
        TrainingConfig.from_dict({"name": "shop", "sources": [SOURCE]}),
        Splits(examples[:10], examples[10:15], examples[15:]),
        evaluation,
        {"majority": evaluation},
        {"majority": gains_over(*[np.full((30, 3), 1 / 3)] * 2, examples)},
    )
    assert "| reviews of sources with neutral ones, pooled | 30 | +0.0 (" in card
    assert "Sources on which it is worse beyond chance: than majority none." in card
    rows = [line.replace("\\|", "/") for line in card.splitlines() if line[:1] == "|"]
    assert {row.count("|") for row in rows if "shop/eu" in row} == {4, 7, 8}
    assert (
        "| shop/eu | products reviews | 10 | 5 | 15 | not stated in the recipe |"
        in (rows)
    )
