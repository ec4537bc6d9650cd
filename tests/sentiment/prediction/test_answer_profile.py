"""The profile of answers: counted in bins, added up, compared."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment.errors import TextError
from sentiment.prediction.answer_profile import BINS, LABEL_MIX, VALUES, Profile, bin_of
from sentiment.prediction.answers import Answers

TEXTS = ["good film", "the zzz qqq", "", "bad " * 60, "not very good, but it was good"]


def answers(*rows: tuple[float, float, float], tokens: int = 10) -> Answers:
    counts = np.full(len(rows), tokens)
    unknown = np.zeros(len(rows), np.int64)
    return Answers(np.array(rows), counts, counts, unknown, {})


def test_each_scored_text_is_in_one_bin_of_each_measure(predictor):
    found = Profile.of([predictor.predict_arrays(TEXTS)])
    assert found.texts == 4
    for measure, bins in BINS.items():
        assert set(found.counts[measure]) == set(bins)
        assert sum(found.counts[measure].values()) == 4
    # "bad" sixty times: all tokens are found, fifty of them are read.
    assert found.counts["length"]["150"] == 1
    assert found.means()["length"] == pytest.approx((2 + 3 + 60 + 8) / 4)
    assert found.counts["unknown_share"] == dict.fromkeys(BINS["unknown_share"], 0) | {
        "0": 3,
        "more": 1,
    }


def test_a_file_in_blocks_has_the_profile_of_the_whole(predictor):
    whole = Profile.of([predictor.predict_arrays(TEXTS)])
    blocks = Profile.of(predictor.predict_arrays([text]) for text in TEXTS)
    assert blocks.counts == whole.counts
    assert blocks.sums == pytest.approx(whole.sums)


def test_a_text_that_could_not_be_scored_is_not_counted():
    failed = Answers(
        *(np.full((1, 3), np.nan), np.zeros(1, int), np.zeros(1, int)),
        *(np.zeros(1, int), {0: TextError("empty_text", "empty")}),
    )
    assert Profile.of([failed]).texts == 0
    assert Profile.of([failed]).means() == dict.fromkeys(VALUES, 0)


@given(st.sampled_from(VALUES), st.floats(0, 1000))
def test_one_value_and_many_fall_into_the_same_bin(measure, value):
    """The service counts one by one, training in arrays."""
    one = np.array([[value, 0.0, 0.0]])
    tokens = np.array([1000])
    block = {
        "confidence": Answers(one, tokens, tokens, tokens * 0, {}),
        "length": Answers(one, np.array([value]), tokens, tokens * 0, {}),
        "unknown_share": Answers(one, tokens, np.array([1.0]), np.array([value]), {}),
    }[measure]
    (found,) = (
        name for name, count in Profile.of([block]).counts[measure].items() if count
    )
    assert found == bin_of(measure, value)


def test_equal_profiles_have_no_distance_and_disjoint_ones_a_distance_of_one():
    positive = Profile.of([answers((0.0, 0.1, 0.9), (0.0, 0.2, 0.8))])
    negative = Profile.of([answers((1.0, 0.0, 0.0), tokens=500)])
    half = Profile.of([answers((0.0, 0.1, 0.9), (0.9, 0.1, 0.0))])
    for measure in BINS:
        assert positive.distance(positive, measure) == 0
    assert positive.distance(negative, LABEL_MIX) == 1
    assert positive.distance(negative, "length") == 1
    assert positive.distance(half, LABEL_MIX) == pytest.approx(0.5)
    assert half.distance(positive, LABEL_MIX) == pytest.approx(0.5)


def test_a_profile_comes_back_from_json_as_it_was(predictor):
    found = Profile.of([predictor.predict_arrays(TEXTS)])
    assert Profile.from_json(json.loads(json.dumps(found.to_json()))) == found


@pytest.mark.parametrize(
    "change",
    [
        lambda _kept: None,
        lambda _kept: {},
        lambda kept: {**kept, "sums": {}},
        lambda kept: {**kept, "counts": []},
        lambda kept: {**kept, "counts": {**kept["counts"], "length": {"7": 1}}},
        lambda kept: {**kept, "sums": dict.fromkeys(kept["sums"], "many")},
    ],
)
def test_what_another_release_kept_is_no_profile_and_no_failure(predictor, change):
    kept = Profile.of([predictor.predict_arrays(TEXTS)]).to_json()
    assert Profile.from_json(change(kept)) is None
