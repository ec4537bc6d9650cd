"""What makes two texts the same, and what becomes of texts that come twice."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment.labels import LABELS
from sentiment.text.markup import strip_markup
from training.data.cleaning import deduplicate, normalised
from training.data.examples import Example, SplitName
from training.data.targets import one_hot

NEGATIVE, NEUTRAL, POSITIVE = range(3)


def example(
    text: str,
    label: int = POSITIVE,
    source: str = "shop",
    split: SplitName | None = None,
    line: int = 0,
) -> Example:
    return Example(
        text=text,
        target=one_hot(label),
        source=source,
        split=split,
        file=f"{source}.csv" if line else "",
        line=line,
    )


def texts(examples: list[Example]) -> list[str]:
    return [one.text for one in examples]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Good film!", "good FILM"),
        ("isn't it", "is n't it"),
        ("so<br /><br />good", "so good"),
        ("a &quot;classic&quot;", 'a "classic"'),
        ("ｆｕｌｌ　ｗｉｄｔｈ", "full width"),
        ("cafe\u0301", "café"),
        ("ﬁne", "fine"),
        ("  :) ", ":)"),
    ],
)
def test_texts_that_differ_in_case_signs_and_markup_alone_are_the_same(one, other):
    assert normalised(one) == normalised(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [(":)", ":("), ("7/10", "7/1"), ("good", "goods"), ("!", "?"), ("👍", "👎")],
)
def test_texts_with_other_letters_digits_or_only_signs_differ(one, other):
    assert normalised(one) != normalised(other)


@given(st.text())
def test_an_identity_is_its_own_identity(text):
    assert normalised(normalised(text)) == normalised(text)


@given(st.text())
def test_an_identity_is_letters_and_digits_or_what_there_was_instead(text):
    identity = normalised(text)
    plain = unicodedata.normalize("NFKC", strip_markup(text)).lower()
    if any(map(str.isalnum, plain)):
        assert identity.isalnum()
    else:
        assert identity == plain.strip()


def test_the_first_of_equal_texts_stays():
    given_twice = [example("Good film"), example("other"), example("good film!")]
    kept, report = deduplicate(given_twice)
    assert texts(kept) == ["Good film", "other"]
    assert report.repeated == {"shop": 1}
    assert report.total == 1


def test_a_text_equal_to_a_test_text_of_any_source_is_not_trained_on():
    kept, report = deduplicate(
        [
            example("Fine.", source="shop"),
            example("fine", source="films", split="validation"),
            example("fine", NEGATIVE, source="films", split="train"),
            example("FINE", source="papers", split="test"),
        ]
    )
    assert texts(kept) == ["FINE"]
    assert report.equal_to_test == {"shop": 1, "films": 2}


def test_duplicates_inside_an_official_test_split_stay():
    official = [example("fine", split="test"), example("fine", NEGATIVE, split="test")]
    kept, report = deduplicate(official)
    assert kept == official
    assert report.total == 0


def test_a_source_that_contradicts_itself_loses_the_text():
    kept, report = deduplicate(
        [
            example("it is okay", NEUTRAL, line=2),
            example("fine", line=3),
            example("It is okay.", POSITIVE, line=9),
            example("It is okay!", NEUTRAL, line=12),
        ]
    )
    assert texts(kept) == ["fine"]
    assert report.conflicting == {"shop": 3}
    assert report.conflicts == ["shop.csv:2 says neutral, shop.csv:9 says positive"]


def test_of_sources_that_contradict_each_other_the_first_is_believed():
    kept, report = deduplicate(
        [
            example("it works", POSITIVE, source="people"),
            example("it works", NEUTRAL, source="derived"),
            example("it works", POSITIVE, source="stars"),
        ]
    )
    assert [(one.source, one.label) for one in kept] == [("people", POSITIVE)]
    assert report.conflicting == {"derived": 1}
    assert report.repeated == {"stars": 1}
    assert report.conflicts == ["derived says neutral, people says positive"]


def test_a_source_torn_within_itself_does_not_take_the_text_from_another():
    kept, report = deduplicate(
        [
            example("well", NEUTRAL, source="torn"),
            example("well", NEGATIVE, source="torn"),
            example("well", POSITIVE, source="sure"),
        ]
    )
    assert [one.source for one in kept] == ["sure"]
    assert report.conflicting == {"torn": 2}


def test_a_text_that_its_hash_places_comes_before_one_with_an_official_split():
    official = example("fine", source="papers", split="train")
    own = example("fine", source="shop")
    kept, _ = deduplicate([official, own])
    assert kept == [own]


def test_conflicts_to_show_are_bounded_and_all_are_counted():
    torn = [
        example(f"text {number}", label)
        for number in range(50)
        for label in (NEGATIVE, POSITIVE)
    ]
    kept, report = deduplicate(torn)
    assert kept == []
    assert len(report.conflicts) == 20
    assert report.conflicting == {"shop": 100}


def test_the_report_holds_no_text():
    _, report = deduplicate([example("a secret", 0), example("a secret", 2)])
    assert "secret" not in repr(report)


examples_of_few_texts = st.lists(
    st.builds(
        example,
        text=st.sampled_from(["good", "Good!", "bad", "BAD", "so so", ":)"]),
        label=st.integers(0, len(LABELS) - 1),
        source=st.sampled_from(["shop", "films"]),
        split=st.sampled_from([None, "train", "validation", "test"]),
    )
)


@given(examples_of_few_texts)
def test_what_was_cleaned_is_clean(examples):
    once, report = deduplicate(examples)
    twice, nothing = deduplicate(once)
    assert twice == once
    assert nothing.total == 0
    assert report.total == len(examples) - len(once)


@given(examples_of_few_texts)
def test_no_text_is_left_twice_outside_official_test_splits(examples):
    kept, _ = deduplicate(examples)
    tested = {normalised(one.text) for one in kept if one.split == "test"}
    others = [normalised(one.text) for one in kept if one.split != "test"]
    assert len(set(others)) == len(others)
    assert tested.isdisjoint(others)
