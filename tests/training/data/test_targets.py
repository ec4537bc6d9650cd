"""Labels, ratings and shares become targets, or say why they cannot."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment.labels import LABELS
from training.data.targets import (
    one_hot,
    target_of_label,
    target_of_shares,
    target_of_stars,
)


@pytest.mark.parametrize(
    ("scale", "stars", "label"),
    [
        (5, 1, "negative"),
        (5, "2", "negative"),
        (5, "2.5", "neutral"),
        (5, 3.0, "neutral"),
        (5, 3.9, "neutral"),
        (5, "4.0", "positive"),
        (5, " 5 ", "positive"),
        (10, 0, "negative"),
        (10, "4", "negative"),
        (10, 4.5, "neutral"),
        (10, 5, "neutral"),
        (10, "6", "neutral"),
        (10, 7, "positive"),
        (10, "10", "positive"),
        (5, "5 stars", "positive"),
        (None, "★★☆☆☆", "negative"),
        (5, "⭐⭐⭐", "neutral"),
        (10, "4/10", "negative"),
        (5, "4.0 out of 5 stars", "positive"),
    ],
)
def test_a_rating_becomes_a_label(scale, stars, label):
    assert target_of_stars(stars, scale) == one_hot(LABELS.index(label))


@pytest.mark.parametrize(
    ("given_rating", "scale", "message"),
    [
        ("", 5, "rating '' is not a number"),
        (None, 5, "rating None is not a number"),
        ("five", 5, "rating 'five' is not a number"),
        ("4,", 5, "rating '4,' is not a number"),
        ("1,2,3", 5, "rating '1,2,3' is not a number"),
        ("nan", 5, "rating 'nan' is not between 1 and 5"),
        ("0", 5, "not between 1 and 5"),
        ("8", 5, r"not between 1 and 5 \(star_scale says"),
        ("11", 10, "not between 0 and 10"),
        ("-1", 10, "not between 0 and 10"),
        ("inf", 10, "not between 0 and 10"),
        ("4/10", 5, r"rating '4/10' is out of 10, not 5 \(star_scale"),
        ("4/7", 5, "rating '4/7' is not a number"),
        ("5 stern words", 5, "is not a number"),
        ("☆☆☆☆☆", 5, "not between 1 and 5"),
    ],
)
def test_a_rating_off_its_scale_is_refused(given_rating, scale, message):
    with pytest.raises(ValueError, match=message):
        target_of_stars(given_rating, scale)


@pytest.mark.parametrize(
    ("given_label", "names", "label"),
    [
        ("positive", {}, "positive"),
        (" Negative ", {}, "negative"),
        ("NEUTRAL", {}, "neutral"),
        ("pos", {"pos": "positive"}, "positive"),
        (1, {"1": "positive"}, "positive"),
        ("good", {"good": "positive", "bad": "negative"}, "positive"),
        # A file may call things otherwise than we do.
        ("positive", {"positive": "neutral"}, "neutral"),
    ],
)
def test_a_label_is_known_by_its_name_or_the_recipes(given_label, names, label):
    assert target_of_label(given_label, names) == one_hot(LABELS.index(label))


@pytest.mark.parametrize(
    ("given_label", "message"),
    [
        ("", "the label is empty"),
        (None, "the label is empty"),
        ("  ", "the label is empty"),
        ("postive", "no label 'postive': did you mean 'positive'"),
        ("1", "no label '1': known are: negative, neutral, positive"),
        ("1", "for a rating name its column as stars_column; a recipe's `labels` can"),
        ("4,0", "for a rating name its column as stars_column"),
        ("4.5", "for a rating name its column as stars_column"),
        ("mixed", "a recipe's `labels` can map it"),
    ],
)
def test_an_unknown_label_is_refused_with_the_nearest_name(given_label, message):
    with pytest.raises(ValueError, match=message):
        target_of_label(given_label, {})


@pytest.mark.parametrize(
    "shares",
    [
        ["0", "0", "0"],
        ["0.5", "-0.1", "0.6"],
        ["nan", "0", "1"],
        ["inf", "0", "1"],
        ["1e308", "1e308", "0"],
    ],
)
def test_shares_of_nothing_are_refused(shares):
    with pytest.raises(ValueError, match="not three shares of a whole"):
        target_of_shares(shares)


@pytest.mark.parametrize("shares", [["", "0", "1"], [None, 0, 1], ["a", "b", "c"]])
def test_shares_that_are_no_numbers_are_refused(shares):
    with pytest.raises(ValueError, match="not three numbers"):
        target_of_shares(shares)


@given(st.tuples(*[st.integers(0, 10_000)] * 3).filter(any))
def test_votes_become_shares_in_proportion(votes):
    target = target_of_shares(votes)
    assert sum(target) == pytest.approx(1)
    assert [share * sum(votes) for share in target] == pytest.approx(list(votes))


def test_numbers_may_have_a_decimal_comma():
    assert target_of_stars(" 4,5 ", 5) == one_hot(LABELS.index("positive"))
    assert target_of_stars("2,5", 5) == one_hot(LABELS.index("neutral"))
    assert target_of_shares(["0,5", "0", "0,5"]) == (0.5, 0.0, 0.5)


def test_only_of_numbers_a_message_names_the_column_of_stars():
    with pytest.raises(ValueError, match="no label 'bad'") as refused:
        target_of_label("bad", {})
    assert "stars_column" not in str(refused.value)
