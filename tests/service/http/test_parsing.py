"""What is read of a body: half a character in one text of many refuses none."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.http.parsing import parse_feedback, parse_predict, without_halves
from service.http.problems import InvalidRequestError
from service.http.request_models import FeedbackRequest

# What could be taken for a part of an escape, and what escapes begin with.
LETTERS = st.sampled_from(
    ["\\", '"', "u", "d", "D", "8", "3", "dc00", "/", "\n", "\x00", "é", "\ufffd", "😀"]
)
HALVES = st.characters(min_codepoint=0xD800, max_codepoint=0xDFFF)
TEXTS = st.lists(LETTERS | HALVES | st.text(max_size=4), max_size=12).map("".join)


def read_by_browsers(text: str) -> str:
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


@given(texts=st.lists(TEXTS, min_size=1, max_size=5))
def test_each_half_alone_is_read_as_one_unknown_character(texts):
    body = json.dumps({"texts": texts}).encode()
    asked = parse_predict(body, max_texts=5)
    assert asked.plain_texts() == [read_by_browsers(text) for text in texts]


@given(text=st.text())
def test_whole_characters_stay(text):
    body = json.dumps([text]).encode()
    assert without_halves(body) == body


@pytest.mark.parametrize(
    ("escaped", "read"),
    [
        (r"\ud83d", "\ufffd"),
        (r"\uDE00", "\ufffd"),
        (r"\ud83d\ude00", "😀"),
        (r"\ud83d\ud83d\ude00", "\ufffd😀"),
        (r"\ude00\ud83d", "\ufffd\ufffd"),
        (r"\ud83d\n", "\ufffd\n"),
        (r"\ud83d\\ude00", "\ufffd\\ude00"),
        (r"\\ud83d\ude00", "\\ud83d\ufffd"),
        (r"\\\ud83d", "\\\ufffd"),
        (r"\"\ud83d\"", '"\ufffd"'),
    ],
)
def test_escapes_are_told_from_what_looks_like_them(escaped, read):
    asked = parse_predict(f'{{"texts": ["{escaped}", "a"]}}'.encode(), max_texts=2)
    assert asked.plain_texts() == [read, "a"]


def test_only_the_text_with_the_half_is_another(ask):
    """All 256 were answered 400, "not JSON"."""
    texts = ["good film", "bad \ud83d film", {"id": "a", "text": "\udc00"}, "bad"]
    rows = ask(texts=texts, explain=True).json["predictions"]
    assert "error" not in rows[0]
    read = "bad \ufffd film"
    assert [read[t["start"] : t["end"]] for t in rows[1]["tokens"]] == [
        t["text"] for t in rows[1]["tokens"]
    ]
    assert rows[1]["tokens"][-1]["text"] == "film"
    assert rows[2]["id"] == "a"
    assert rows[3]["probabilities"] == ask(text="bad").json["probabilities"]


def test_an_id_that_could_not_come_back_as_it_was_sent_is_refused(ask, problem):
    """Different ids came back as the same, U+FFFD."""
    whole = [1, "\U0001f600", "\ufffd", "\ufffe", "\\ud83d"]
    texts = [{"id": name, "text": "bad \ud83d"} for name in whole]
    rows = ask(texts=texts).json["predictions"]
    assert [row["id"] for row in rows] == whole
    answer = ask(texts=["good", *texts, {"id": "a\ud83d", "text": "bad"}])
    detail = problem(answer, 422, "invalid_request")["detail"]
    assert detail.startswith("texts[6].id holds half of a character")


def test_what_is_wrong_otherwise_is_told_at_its_place(client):
    body = b'{"text": "\\ud83d", "explain": maybe}'
    answer = client.post("/predict", data=body, content_type="application/json")
    assert answer.status_code == 400
    assert answer.json["detail"].endswith("line 1 column 31")


@pytest.mark.parametrize("text", ["a\0b", "\0", "a\n", "a\nb\n", "", "\x01", "\u2028"])
def test_a_correction_is_taken_if_the_description_allows_its_text(text):
    properties = FeedbackRequest.model_json_schema()["properties"]
    is_allowed = re.search(properties["text"]["pattern"], text) is not None
    body = json.dumps({"text": text, "label": "neutral"}).encode()
    if is_allowed:
        assert parse_feedback(body).text == text
    else:
        with pytest.raises(InvalidRequestError, match=re.escape("U+0000")):
            parse_feedback(body)
    assert is_allowed is ("\0" not in text)
