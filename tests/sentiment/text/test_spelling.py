import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment.text.spelling import Speller

LETTERS = st.text("abeit", min_size=5, max_size=12)


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("booring", "boring"),
        ("veery", "very"),
        ("awwesoomee", "awesome"),
        ("reallyy", "really"),
        ("occassion", "occasion"),
        ("terible", "terrible"),
        ("profesional", "professional"),
        ("quailty", "quality"),
        ("freindly", "friendly"),
        ("servce", "service"),
        ("beautful", "beautiful"),
        ("complet", "complete"),
    ],
)
def test_a_slip_of_the_pen_is_read_as_what_was_meant(word, meant):
    assert Speller(["film", meant, "food"]).meant_by(word) == meant


@pytest.mark.parametrize(
    ("word", "other"),
    [
        ("carpet", "carpel"),  # another letter
        ("banked", "baked"),  # a letter too many
        ("thrilling", "trilling"),
        ("trilling", "thrilling"),  # a consonant left out
        ("untrue", "true"),
        ("amoral", "moral"),  # another first letter
        ("uqality", "quality"),
        ("crepe", "creep"),  # short words
        ("pints", "points"),
        ("beet", "bet"),
        ("quialyt", "quality"),  # two slips
        ("bedsteads", "badasses"),
        ("terríble", "terrible"),  # other alphabets
        ("isn't't", "isn't"),
        ("#1000000", "#100000"),
    ],
)
def test_what_may_well_be_another_word_is_left_alone(word, other):
    assert Speller([other]).meant_by(word) is None


def test_of_two_words_the_more_frequent_is_meant():
    # Both letters were stretched, or the last alone.
    assert Speller(["planned", "planed"]).meant_by("plannedd") == "planned"
    assert Speller(["planed", "planned"]).meant_by("plannedd") == "planed"


@given(LETTERS, st.data())
def test_each_kind_of_slip_is_seen_wherever_it_is_made(meant, data):
    at = data.draw(st.integers(1, len(meant)))
    start, end = meant[:at], meant[at:]
    speller = Speller([meant])
    for slip in (start + start[-1] + end, start + end[1::-1] + end[2:]):
        if slip != meant and len(slip) >= 6:
            assert speller.meant_by(slip) == meant
    if end and len(meant) > 6 and end[0] in "aei":
        slip = start + end[1:]
        assert slip == meant or speller.meant_by(slip) == meant


@given(st.text(max_size=12), st.lists(st.text("abeit", min_size=1)))
def test_only_a_word_that_it_knows_is_meant(word, words):
    assert Speller(words).meant_by(word) in {None, *words}


@pytest.mark.parametrize("letter", ["a", "b"])
def test_a_word_of_a_million_letters_takes_no_time(letter):
    speller = Speller(["baab", "abba", "abab"])
    began = time.process_time()
    speller.meant_by("ab" + letter * 1_000_000)
    assert time.process_time() - began < 1
