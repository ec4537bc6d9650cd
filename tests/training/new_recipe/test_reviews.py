"""Which column of a file is what, found out as a person would."""

import csv

import pytest

from sentiment.errors import DataError
from training.new_recipe.reviews import (
    ColumnChoices,
    DetectedSource,
    look_into,
    values_for,
)

GOOD, BAD, SO = "a very good thing", "it broke at once", "it came on a Tuesday"
TEXTS = [GOOD, BAD, SO]


def look(folder, header, rows, said=None, name="shop.csv", **written):
    file = folder / name
    with file.open("w", newline="", encoding=written.pop("encoding", "utf-8")) as out:
        csv.writer(out, **written).writerows([header, *rows])
    return look_into(file, said or ColumnChoices())


def labelled(folder, values, header=("text", "label"), **more):
    rows = [(TEXTS[at % 3], value) for at, value in enumerate(values)]
    source = look(folder, header, rows, **more).source
    for known in ("name", "path", "text_column"):
        source.pop(known)
    return source


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["Positive", "NEGATIVE", "neutral"], {}),
        (
            ["pos", "neg", "neu"],
            {"labels": {"pos": "positive", "neg": "negative", "neu": "neutral"}},
        ),
        (
            ["1", "0"],
            {"labels": {"1": "positive", "0": "negative"}, "two_class": True},
        ),
        (
            ["1", "-1", "0"],
            {"labels": {"1": "positive", "-1": "negative", "0": "neutral"}},
        ),
        (["positive", "negative"], {"two_class": True}),
    ],
)
def test_labels_in_other_words_are_mapped_to_ours(tmp_path, values, expected):
    assert labelled(tmp_path, values) == {"label_column": "label", **expected}


@pytest.mark.parametrize(
    ("values", "scale"),
    [
        (["1", "5", "3"], 5),
        (["1,0", "4,5", "3,5"], 5),
        (["0", "5", "3"], 5),
        (["2", "9", "6"], 10),
    ],
)
@pytest.mark.parametrize("column", ["stars", "Rating", "label"])
def test_ratings_are_told_from_labels_by_their_values(tmp_path, values, scale, column):
    found = labelled(tmp_path, values, header=("text", column))
    assert found == {"stars_column": column, "star_scale": scale}


def test_the_texts_are_the_column_of_that_name_or_of_the_most_words(tmp_path):
    rows = [("x", text, "positive" if text == GOOD else "negative") for text in TEXTS]
    found = look(tmp_path, ("title", "what was said", "sentiment"), rows)
    assert found.source["text_column"] == "what was said"
    assert found.source["label_column"] == "sentiment"
    found = look(tmp_path, ("Text", "what was said", "sentiment"), rows)
    assert found.source["text_column"] == "Text"


def test_a_column_of_labels_needs_no_known_name(tmp_path):
    rows = [(GOOD, "7", "pos"), (BAD, "8", "neg")]
    found = look(tmp_path, ("review", "votes", "verdict"), rows)
    assert found.source["label_column"] == "verdict"


def test_a_file_as_a_spreadsheet_writes_it_is_understood(tmp_path):
    rows = [("Größe passt, schön", "5"), ("leider kaputt und müde", "1")]
    for encoding in ("cp1252", "utf-8-sig"):
        found = look(
            *(tmp_path, ("Text", "Stars"), rows), encoding=encoding, delimiter=";"
        )
        assert found.source["stars_column"] == "Stars"
        assert found.rows == 2


def test_what_labels_mean_can_be_said(tmp_path):
    values = ["gut", "schlecht", "geht so"]
    meanings = {"gut": "positive", "schlecht": "negative"}
    with pytest.raises(DataError, match="'schlecht', 'geht so': say what at least two"):
        labelled(tmp_path, values)
    said = ColumnChoices(meanings=meanings)
    assert labelled(tmp_path, values, said=said)["labels"] == meanings
    rows = [(GOOD, "gut"), (BAD, "schlecht"), (SO, "geht so")]
    lines = look(tmp_path, ("text", "label"), rows, said=said).lines
    assert lines[-1] == "  of unknown meaning, and skipped: 'geht so'; --label says it"
    assert "  gut is positive: 1 row" in lines


@pytest.mark.parametrize(
    ("said", "message"),
    [
        (ColumnChoices(label="lable"), "has no column 'lable': did you mean 'label'"),
        (ColumnChoices(text="txt"), "has no column 'txt': did you mean 'text'"),
        (
            ColumnChoices(stars="label"),
            "holds no ratings from 1 to 5, or 0 to 10: 'good'",
        ),
        (
            ColumnChoices(meanings={"god": "positive"}),
            "has no 'god': did you mean 'good'",
        ),
    ],
)
def test_what_is_not_there_is_named(tmp_path, said, message):
    rows = [(GOOD, "good"), (BAD, "bad")]
    with pytest.raises(DataError, match=message):
        look(tmp_path, ("text", "label"), rows, said=said)


def test_where_no_column_can_hold_labels_the_columns_are_named(tmp_path):
    rows = [(text, f"c{at}") for at, text in enumerate(TEXTS)]
    with pytest.raises(DataError, match=r"--stars-column .* there is 'customer'\)"):
        look(tmp_path, ("text", "customer"), rows)


@pytest.mark.parametrize("said", [ColumnChoices(), ColumnChoices(label="text")])
def test_a_file_of_one_column_is_refused_without_advice_to_name_another(tmp_path, said):
    """It was to name a column of labels beside the texts: there was none."""
    rows = [(text,) for text in TEXTS]
    with pytest.raises(DataError, match="has one column only, 'text'") as refused:
        look(tmp_path, ("text",), rows, said)
    assert "--label-column" not in str(refused.value)


def test_a_file_without_a_text_is_refused(tmp_path):
    with pytest.raises(DataError, match="has no row with a text"):
        look(tmp_path, ("text", "label"), [("", "positive")])


def test_two_numbers_may_be_labels_or_ratings_and_are_not_guessed(tmp_path):
    with pytest.raises(DataError, match="holds '1', '2': say what at least two"):
        labelled(tmp_path, ["1", "2"])
    found = labelled(tmp_path, ["1", "2"], said=ColumnChoices(stars="label"))
    assert found["star_scale"] == 5


@pytest.mark.parametrize(
    ("values", "held"),
    [
        (["positive"], "holds only 'positive'"),
        (["good", "Pos"], "holds only 'good', 'Pos', positive each time"),
        (["other"], "holds only 'other'"),
        ([""], "is empty"),
    ],
)
def test_a_file_of_one_label_is_refused_without_advice_that_cannot_help(
    tmp_path, values, held
):
    """It was to say what two values mean, of which there is one."""
    said = ColumnChoices(label="label")
    with pytest.raises(DataError, match=f"{held}: a model needs") as refused:
        labelled(tmp_path, values * 10, said=said)
    assert "--label " not in str(refused.value)
    assert "two labels" in str(refused.value)


def test_a_file_of_stars_of_one_label_is_described_and_told(tmp_path):
    # Another file, which the recipe's path may match, too, can have the others.
    lines = look(tmp_path, ("text", "stars"), [(GOOD, "5"), (SO, "4")]).lines
    assert "  all have one label, and a model needs texts of at least two" in lines
    lines = look(tmp_path, ("text", "stars"), [(GOOD, "5"), (BAD, "1")]).lines
    assert not any("all have one label" in line for line in lines)


def test_one_label_among_values_of_unknown_meaning_asks_what_they_mean(tmp_path):
    with pytest.raises(DataError, match="holds 'positive', 'bäh': say what at least"):
        labelled(tmp_path, ["positive", "bäh"])


def test_numbers_up_to_three_are_not_said_to_be_stars(tmp_path):
    """Who followed the advice got a 3, which meant positive, trained on as neutral."""
    with pytest.raises(DataError, match="holds '1', '2', '3': say what") as refused:
        labelled(tmp_path, ["1", "2", "3"])
    assert "--stars-column" not in str(refused.value)


def test_ratings_of_which_none_is_positive_are_told(tmp_path):
    rows = [(TEXTS[at % 3], str(at % 3 + 1)) for at in range(30)]
    said = ColumnChoices(stars="label")
    lines = look(tmp_path, ("text", "label"), rows, said=said).lines
    assert lines[-2:] == [
        "  a scale of 5 is assumed, though the best rating is 3; neutral there: '3'",
        "  no rating is positive on it: if '3' is, say so with --label-column 'label' "
        "--label '3'=positive, and what the others mean likewise",
    ]
    rows += [(GOOD, "4")]
    lines = look(tmp_path, ("text", "label"), rows, said=said).lines
    assert "though the best rating is 4" in lines[-1]
    rows += [(GOOD, "5")]
    lines = look(tmp_path, ("text", "label"), rows, said=said).lines
    assert lines[-1] == "  positive: 2 rows"


def test_a_file_of_stars_without_neutral_ones_has_two_classes(tmp_path):
    found = labelled(tmp_path, ["1", "2", "4", "5"])
    assert found == {"stars_column": "label", "star_scale": 5, "two_class": True}
    # 2.5 lies between negative and positive.
    assert "two_class" not in labelled(tmp_path, ["1", "2.5", "4"])


@pytest.mark.parametrize("column", ["label", "stars"])
def test_it_is_told_where_neutral_will_not_be_learned(tmp_path, column):
    """It stood in the recipe alone, which not everyone reads."""
    values = {"label": ["pos", "neg"], "stars": ["5", "1"]}[column]
    rows = [*zip([GOOD, BAD], values, strict=True)]
    told = "  no row is neutral: two_class = true, and neutral is not learned"
    assert told in look(tmp_path, ("text", column), rows).lines
    rows += [(SO, {"label": "neutral", "stars": "3"}[column])]
    assert told not in look(tmp_path, ("text", column), rows).lines


def test_stars_are_told_by_label(tmp_path):
    rows = [(GOOD, "5"), (GOOD, "4"), (BAD, "1"), (SO, "3")]
    assert look(tmp_path, ("text", "stars"), rows).lines[1:] == [
        "stars: column 'stars', 5 the best",
        "  negative: 1 row",
        "  neutral: 1 row",
        "  positive: 2 rows",
    ]


def test_labels_behind_many_others_are_seen(tmp_path):
    values = [f"odd {at}" for at in range(55)] + ["pos", "neg", "neutral"]
    found = labelled(tmp_path, values, said=ColumnChoices(text="text", label="label"))
    assert found["labels"] == {"pos": "positive", "neg": "negative"}
    assert "two_class" not in found


def test_the_best_of_many_ratings_is_seen(tmp_path):
    values = [f"{at / 100:.2f}" for at in range(100, 998)]
    found = labelled(tmp_path, values, said=ColumnChoices(stars="label"))
    assert found == {"stars_column": "label", "star_scale": 10}


@pytest.mark.parametrize(
    "said", [ColumnChoices(label="label"), ColumnChoices(stars="label")]
)
def test_nothing_is_derived_from_values_that_were_not_all_counted(tmp_path, said):
    values = [str(1 + at / 10_000) for at in range(10_001)]
    with pytest.raises(DataError, match="more than 10,000 different values"):
        labelled(tmp_path, values, said=said)


@pytest.mark.parametrize("junk", ["n/a", "nan", "inf", "-"])
@pytest.mark.parametrize("said", [ColumnChoices(), ColumnChoices(stars="stars")])
def test_a_cell_that_is_no_rating_is_passed_over_and_told(tmp_path, junk, said):
    rows = [(TEXTS[at % 3], str(at % 5 + 1)) for at in range(300)] + [(SO, junk)]
    found = look(tmp_path, ("text", "stars"), rows, said=said)
    assert found.source["star_scale"] == 5
    assert found.lines[-1] == f"  skipped: {junk!r}: 1 row"


def test_a_cell_that_is_no_label_leaves_numbers_labels(tmp_path):
    found = labelled(tmp_path, [*["0", "1"] * 20, "n/a"])
    assert found["labels"] == {"0": "negative", "1": "positive"}


def test_of_a_column_named_as_stars_only_some_must_be_ratings(tmp_path):
    values = ["5", "1", "n/a", "none", "later"]
    with pytest.raises(DataError, match="or name it with --stars-column"):
        labelled(tmp_path, values)
    assert (
        labelled(tmp_path, values, said=ColumnChoices(stars="label"))["star_scale"] == 5
    )


def test_numbers_on_another_scale_are_told_by_their_range(tmp_path):
    with pytest.raises(DataError, match="its numbers go from 3 to 100"):
        labelled(tmp_path, ["3", "100"], said=ColumnChoices(stars="label"))


def test_an_assumed_scale_is_told_with_what_is_neutral_on_it(tmp_path):
    rows = [(TEXTS[at % 3], str(at)) for at in range(7, 0, -1)]
    line = look(tmp_path, ("text", "stars"), rows).lines[-1]
    assert line == (
        "  a scale of 10 is assumed, though the best rating is 7; neutral there: "
        "'5', '6'"
    )
    rows.append((GOOD, "9"))
    told = look(tmp_path, ("text", "stars"), rows).lines
    assert told[-1] == "  positive: 2 rows"


def test_what_labels_mean_tells_their_column(tmp_path):
    rows = [(GOOD, "7", "gut"), (BAD, "8", "schlecht")]
    header = ("Kommentar", "Stimmen", "Bewertung")
    meanings = {"gut": "positive", "schlecht": "negative"}
    found = look(
        tmp_path, header, rows, said=ColumnChoices(meanings=meanings), delimiter=";"
    )
    assert found.source["label_column"] == "Bewertung"
    # Also where one of them is misspelt, which can then be said.
    wrong = ColumnChoices(meanings={"gut": "positive", "schlect": "negative"})
    with pytest.raises(DataError, match="has no 'schlect': did you mean 'schlecht'"):
        look(tmp_path, header, rows, said=wrong)


def test_of_two_columns_that_hold_the_said_labels_the_likelier_name_is_taken(tmp_path):
    rows = [(GOOD, "1", "1"), (BAD, "2", "2")]
    said = ColumnChoices(meanings={"2": "negative", "1": "positive"})
    found = look(tmp_path, ("text", "page", "label"), rows, said=said)
    assert found.source["label_column"] == "label"


@pytest.mark.parametrize(("rows", "starts"), [(199_999, True), (200_000, False)])
def test_a_recipe_for_few_texts_starts_from_a_model(rows, starts):
    found = DetectedSource(source={"name": "Shop"}, lines=[], rows=rows)
    values = values_for(found)
    assert values["name"] == "Shop"
    assert ("start_from" in values) == ("training" in values) == starts


@pytest.mark.parametrize(
    ("values", "scale"),
    [
        (["5 stars", "1 star", "3 stars"], 5),
        (["★★★★★", "★☆☆☆☆", "★★★☆☆"], 5),
        (["⭐️⭐️⭐️⭐️⭐️", "⭐️", "⭐️⭐️"], 5),
        (["5/5", "1/5", "3/5"], 5),
        (["3/5", "1/5", "2/5"], 5),
        (["4.0 out of 5 stars", "1,0 out of 5 stars", "3.0 out of 5 stars"], 5),
        (["5 Sterne", "1 Stern", "2 Sterne"], 5),
        (["2/10", "4/10", "3/10"], 10),
    ],
)
def test_ratings_are_read_as_shops_export_them(tmp_path, values, scale):
    """None of these was taken for a rating."""
    found = labelled(tmp_path, values, header=("text", "rating"))
    assert (found["stars_column"], found["star_scale"]) == ("rating", scale)


def test_a_scale_that_is_written_is_not_called_assumed(tmp_path):
    rows = [(TEXTS[at % 3], value) for at, value in enumerate(["3/5", "1/5", "2/5"])]
    found = look(tmp_path, ("text", "rating"), rows)
    assert not any("assumed" in line for line in found.lines)
    assert found.source["star_scale"] == 5


@pytest.mark.parametrize(("name", "best"), [("Sterne", 5), ("NPS", 10)])
def test_ratings_are_found_without_a_name_that_says_it(tmp_path, name, best):
    rows = [(TEXTS[n % 3], str(n), str(1 + n % best)) for n in range(60)]
    found = look(tmp_path, ("answer", "id", name), rows)
    assert found.source["stars_column"] == name
    with pytest.raises(DataError, match="it is not clear which column"):
        look(tmp_path, ("answer", "id", "n"), [(GOOD, "1", "4"), (BAD, "2", "5")])
    rows = [(*row, row[2]) for row in rows]
    with pytest.raises(DataError, match="it is not clear which column"):
        look(tmp_path, ("answer", "id", name, "other"), rows)


def test_blank_labels_are_told(tmp_path):
    """75 of 300 rows said nothing, which only `check` reported."""
    for values in (["pos", "neg", "", "  "], ["5", "1", "", "  "]):
        rows = [(TEXTS[at % 3], value) for at, value in enumerate(values)]
        lines = look(tmp_path, ("text", "label"), rows).lines
        assert lines[-1] == "  blank, and skipped: 2 rows"
