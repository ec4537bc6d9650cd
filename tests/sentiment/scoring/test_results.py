"""The numbers of a row agree with each other in every digit that is shown."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment.labels import LABELS
from sentiment.scoring.results import Results, Tally

SHARES = st.lists(st.integers(0, 10**9), min_size=3, max_size=3).filter(any)


def results_of(rows):
    exact = np.array(rows, np.float64)
    return Results(exact / exact.sum(axis=1, keepdims=True), [""] * len(rows), 0)


@given(rows=st.lists(SHARES, min_size=1, max_size=5))
def test_the_three_probabilities_add_up_to_one_and_the_label_has_the_greatest(rows):
    """One row in four was a millionth off."""
    results = results_of(rows)
    for (label, confidence, *shown, _), exact in zip(
        results.cells(), results.probabilities, strict=True
    ):
        assert sum(map(Decimal, shown)) == 1
        assert confidence == max(shown) == shown[LABELS.index(label)]
        assert np.array(shown, np.float64) == pytest.approx(exact, abs=1e-6)


def test_of_two_that_round_up_the_greater_stays_the_greater():
    """To take the surplus from the most probable one would make it the second."""
    ((label, confidence, *shown, _),) = results_of(
        [[0.40000061, 0.4000006, 0.1999988]]
    ).cells()
    assert (label, confidence) == ("negative", "0.400001")
    assert shown == ["0.400001", "0.400000", "0.199999"]


def test_where_each_rounded_on_its_own_adds_up_nothing_else_is_shown():
    ((*_, negative, neutral, positive, _),) = results_of(
        [[0.1234563, 0.2345669, 0.6419768]]
    ).cells()
    assert (negative, neutral, positive) == ("0.123456", "0.234567", "0.641977")


def test_values_are_the_numbers_of_the_cells():
    probabilities = [[0.1234567, 0.2345678, 0.6419755], [np.nan] * 3]
    results = Results(np.array(probabilities), ["", "the text is missing"], 0)
    (sound, failed), cells = results.values(), list(results.cells())
    assert [f"{number:.6f}" for number in sound[1:5]] == list(cells[0][1:5])
    assert sound[1:5] == tuple(map(float, cells[0][1:5]))
    assert failed == (None, None, None, None, None, "the text is missing")
    assert cells[1] == ("", "", "", "", "", "the text is missing")


def test_a_tally_of_an_earlier_release_knows_nothing_of_words():
    noted = Tally(rows=2, tokens_read=9, unknown_tokens=4).to_json()
    assert Tally.from_json(noted).unknown_share == 4 / 9
    del noted["tokens_read"], noted["unknown_tokens"]
    assert Tally.from_json(noted).doubt() is None
