import inspect
import subprocess
import sys
from importlib import resources
from typing import get_overloads

import pandas
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_models import make_artifact

from sentiment.errors import TextError
from sentiment.labels import LABELS
from sentiment.network.batching import pad
from sentiment.prediction.prediction import Prediction
from sentiment.prediction.predictor import Predictor
from sentiment.text.tokenizer import tokenize

TEXTS = [
    "It was good!",
    "The film was awful, the food was bad. I hate it",
    "not good",
    "a " * 300 + "great",
    "unheard-of words only",
    "don&#39;t <br /> love it",
]


def close(one, other):
    return one.probabilities == pytest.approx(other.probabilities, abs=1e-5)


def test_neighbours_in_a_batch_do_not_change_a_prediction(predictor):
    together = predictor.predict(TEXTS)
    for text, answer in zip(TEXTS, together, strict=True):
        assert close(predictor.predict(text), answer)
    for text, answer in zip(TEXTS[::-1], predictor.predict(TEXTS[::-1]), strict=True):
        assert close(predictor.predict(text), answer)


def test_type_checkers_know_the_options_of_predict():
    """They were Any, to which a misspelt one is fine."""
    assert resources.files("sentiment").joinpath("py.typed").is_file()
    known = {**inspect.signature(Predictor.predict_each).parameters}
    # For a service alone.
    del known["pause"]
    for declared in (Predictor.predict, *get_overloads(Predictor.predict)):
        found = inspect.signature(declared).parameters
        assert [*found] == [*known]
        for name in [*known][2:]:
            assert found[name].annotation == known[name].annotation
            assert found[name].default in (known[name].default, ...)


def test_the_same_list_gives_the_same_digits(predictor):
    assert predictor.predict(TEXTS) == predictor.predict(TEXTS)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(text=st.text(max_size=200))
def test_any_text_gets_a_coherent_answer_or_a_reason(predictor, text):
    answer = predictor.predict_each([text], explain=True, sentences=True)[0]
    if isinstance(answer, TextError):
        assert answer.code in ("empty_text", "no_tokens")
        return
    assert sum(answer.probabilities) == pytest.approx(1, abs=1e-9)
    assert answer.confidence == max(answer.probabilities)
    assert answer.label == LABELS[answer.probabilities.index(answer.confidence)]
    assert 0 <= answer.unknown_tokens <= answer.tokens_read <= answer.token_count
    assert len(answer.tokens) == answer.tokens_read
    for token in answer.tokens:
        assert text[token.start : token.end] == token.text
    for sentence in answer.sentences:
        assert 0 <= sentence.start < sentence.end <= len(text)


@pytest.mark.parametrize(
    ("text", "code"),
    [("", "empty_text"), (" \n\t", "empty_text"), ("\x00\u200b", "no_tokens")],
)
def test_a_text_without_tokens_is_refused_by_its_position(predictor, text, code):
    answers = predictor.predict_each(["good", text, "bad"])
    assert [isinstance(answer, Prediction) for answer in answers] == [True, False, True]
    assert answers[1].code == code
    with pytest.raises(TextError, match=r"texts\[1\]: the text"):
        predictor.predict(["good", text, "bad"])
    with pytest.raises(TextError, match=r"^the text"):
        predictor.predict(text)


@pytest.mark.parametrize("nothing", ["-", "none", "nothing"])
def test_what_a_survey_has_for_no_answer_is_a_text(predictor, nothing):
    assert predictor.predict(nothing).label in LABELS


def test_a_text_over_the_limit_is_refused_with_both_numbers(artifact):
    predictor = Predictor(artifact, max_characters=10)
    with pytest.raises(TextError, match="11 characters, at most 10"):
        predictor.predict("good film!!")
    assert predictor.predict("good film!").label


def test_of_a_long_text_the_ends_are_read_and_it_says_so(predictor):
    long = "good " * 12 + "never " * 500 + "bad " * 38
    answer = predictor.predict(long, explain=True)
    assert (answer.token_count, answer.tokens_read) == (550, 50)
    assert answer.truncated
    assert [token.text for token in answer.tokens] == ["good"] * 12 + ["bad"] * 38
    assert close(answer, predictor.predict("good " * 12 + "bad " * 38))


def test_unknown_tokens_are_counted(predictor):
    answer = predictor.predict("the zyzzyva was good")
    assert (answer.unknown_tokens, answer.token_count) == (1, 4)


def test_little_confidence_is_called_uncertain(predictor):
    answer = predictor.predict("It was good!", min_confidence=0.9999)
    assert answer.label == "uncertain"
    assert answer.confidence == max(answer.probabilities)


@pytest.mark.parametrize("share", [float("nan"), 2, -1])
def test_a_least_confidence_that_is_no_share_is_refused(predictor, share):
    """NaN gave the plain label, and 2 made every answer uncertain."""
    told = f"min_confidence must be from 0 to 1, not {share}"
    with pytest.raises(ValueError, match=told):
        predictor.predict("good", min_confidence=share)
    with pytest.raises(ValueError, match=told):
        predictor.predict_each([], min_confidence=share)


def test_a_column_of_a_frame_is_read_by_place_and_not_by_label(predictor):
    """With explanations or sentences the labels were taken for places."""
    column = pandas.Series(["good film", "bad"], index=[1, 0])
    found = predictor.predict(column, explain=True, sentences=True)
    assert found == predictor.predict(list(column), explain=True, sentences=True)


def test_what_is_no_text_is_named_with_its_position(predictor):
    with pytest.raises(TypeError, match=r"texts\[1\] is nan, which is not a text"):
        predictor.predict(["good", float("nan")])


@pytest.mark.parametrize("given", [b"good", bytearray(b"good")])
def test_bytes_are_to_be_decoded(predictor, given):
    """Of bytes it said that their first number is not a text."""
    kind = type(given).__name__
    with pytest.raises(TypeError, match=rf"texts, not {kind}: decode .* \.decode\(\)"):
        predictor.predict(given)
    with pytest.raises(TypeError, match=rf"texts\[1\] is {kind}, .*: decode them"):
        predictor.predict(["good", given])


@pytest.mark.parametrize(("given", "kind"), [(None, "NoneType"), (5, "int")])
def test_of_what_is_no_list_it_is_said_what_is_taken(predictor, given, kind):
    with pytest.raises(TypeError, match=f"takes a text or a list of texts, not {kind}"):
        predictor.predict(given)


def test_no_text_at_all_gives_no_prediction(predictor):
    assert predictor.predict([]) == []


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn-tanh", "rnn-relu"])
def test_contributions_add_up_to_the_logit_and_the_state_ends_in_the_answer(
    cell, bidirectional
):
    artifact = make_artifact(cell=cell, bidirectional=bidirectional, layers=2)
    text = "The food was not good!"
    answer = Predictor(artifact).predict(text, explain=True)
    predicted = answer.probabilities.index(answer.confidence)
    token_ids = artifact.vocabulary.encode(tokenize(text))
    logit = artifact.classifier(pad([token_ids]))[0, predicted].item()
    before = artifact.classifier.output.bias[predicted].item()
    steps = [token.contribution for token in answer.tokens]
    assert sum(steps) == pytest.approx(logit - before, abs=1e-4)
    assert abs(answer.explanation_gap) < 1e-4
    assert answer.tokens[-1].running == pytest.approx(answer.probabilities, abs=1e-5)


def test_sentences_are_scored_as_texts_of_their_own(predictor):
    text = "The food was good.  I hate the film!"
    answer = predictor.predict(text, sentences=True)
    assert [text[one.start : one.end] for one in answer.sentences] == [
        "The food was good.",
        "I hate the film!",
    ]
    for one in answer.sentences:
        assert close(predictor.predict(text[one.start : one.end]), one)


ONLY_SENTENCES_IMPORT_NLTK = """
import sys
import sentiment
predictor = sentiment.load(sys.argv[1])
predictor.predict("good film", explain=True)
assert not {"nltk", "scipy", "sklearn"} & set(sys.modules)
predictor.predict("good film", sentences=True)
assert "nltk" in sys.modules
"""


def test_only_sentences_import_nltk(artifact_folder):
    """NLTK imports scikit-learn where it is installed: two seconds of each start."""
    command = [sys.executable, "-c", ONLY_SENTENCES_IMPORT_NLTK, str(artifact_folder)]
    subprocess.run(command, check=True)
