"""A text that comes again is computed once, and its answer is the same to the digit."""

import numpy as np
import pytest

from sentiment.prediction.predictor import Predictor
from sentiment.scoring.scorer import Scorer

BLOCK = ["good", None, "good", "awful film", "", "a " * 90]
ERRORS = ["", "the text is missing", "", "", "", ""]


class Counting(Predictor):
    """Counts the texts that are computed."""

    def predict_arrays(self, texts):
        self.computed = getattr(self, "computed", 0) + len(texts)
        return super().predict_arrays(texts)


@pytest.fixture
def predictor(artifact):
    return Counting(artifact)


def test_a_text_is_computed_once_in_all_blocks(predictor):
    scorer = Scorer(predictor)
    predictor.computed = 0
    first, again = scorer.score(BLOCK, ERRORS), scorer.score(BLOCK[::-1], ERRORS[::-1])
    assert predictor.computed == 4
    assert list(first.cells()) == list(again.cells())[::-1]
    assert first.truncated == again.truncated == 1


def test_tokens_that_the_model_does_not_know_are_counted_row_by_row(predictor):
    results = Scorer(predictor).score(BLOCK, ERRORS)
    read = 1 + 1 + 2 + 50  # of the last text as many as the model reads
    assert (results.tokens_read, results.unknown_tokens) == (read, 0)
    again = Scorer(predictor).score(["gut", "gut", None], ["", "", "missing"])
    assert (again.tokens_read, again.unknown_tokens) == (2, 2)


def test_every_row_has_its_own_answer_or_reason(predictor):
    results = Scorer(predictor).score(BLOCK, ERRORS)
    for text, row, error in zip(
        BLOCK, results.probabilities, results.errors, strict=True
    ):
        if error:
            assert np.isnan(row).all()
        else:
            assert row == pytest.approx(predictor.predict(text).probabilities, abs=1e-6)
    assert [bool(error) for error in results.errors] == [0, 1, 0, 0, 1, 0]
    assert results.errors[1] == "the text is missing"
    assert results.errors[4].startswith("the text is empty")


def test_whoever_asks_is_told_of_each_text_as_often_as_it_comes(predictor):
    told = []
    scorer = Scorer(predictor, told.append)
    for _ in range(2):
        scorer.score(BLOCK, ERRORS)
    assert len(told) == 2
    alone = predictor.predict_arrays([text for text in BLOCK if text is not None])
    for answers in told:
        for found, expected in zip(answers[:4], alone[:4], strict=True):
            assert np.array_equal(found, expected, equal_nan=True)
        assert {at: why.code for at, why in answers.errors.items()} == {
            at: why.code for at, why in alone.errors.items()
        }


def test_memory_is_bounded_and_forgetting_changes_nothing(predictor, monkeypatch):
    unbounded = Scorer(predictor)
    expected = [list(unbounded.score(BLOCK, ERRORS).cells()) for _ in range(3)]
    monkeypatch.setattr("sentiment.scoring.scorer._KNOWN_TEXTS", 2)
    scorer = Scorer(predictor)
    predictor.computed = 0
    assert [list(scorer.score(BLOCK, ERRORS).cells()) for _ in range(3)] == expected
    assert predictor.computed == 3 * 4


def test_where_company_changes_digits_nothing_is_remembered(predictor, monkeypatch):
    monkeypatch.setattr(predictor, "files_are_batch_invariant", False)
    scorer = Scorer(predictor)
    predictor.computed = 0
    for _ in range(2):
        scorer.score(BLOCK, ERRORS)
    assert predictor.computed == 2 * 4


def test_what_a_processor_does_to_digits_is_measured_once(predictor, monkeypatch):
    Scorer(predictor)
    monkeypatch.setattr(predictor, "encode", None)
    Scorer(predictor)


def test_a_block_without_rows_has_no_results(predictor):
    results = Scorer(predictor).score([], [])
    assert list(results.cells()) == list(results.values()) == []
