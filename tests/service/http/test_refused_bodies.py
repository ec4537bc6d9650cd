"""What JSON /predict refuses: the status, the code, and what would do instead."""

import json
import re
import time

import pytest

JSON = "application/json"


def body(**fields) -> str:
    return json.dumps(fields)


# name: (body, status, code); posted to /predict as JSON.
BODIES = {
    "no body": ("", 400, "not_json"),
    "half an object": ("{", 400, "not_json"),
    "deep nesting": ("[" * 100_000, 400, "not_json"),
    "a byte order mark": ("\ufeff{}", 400, "not_json"),
    "something after the object": ('{"text":"a"} x', 400, "not_json"),
    "invalid UTF-8": (b'{"text":"\xff\xfe"}', 400, "not_json"),
    "a lone surrogate": ('{"text":"\\ud800"}', 422, "invalid_request"),
    "half a surrogate": ('{"text":"\\ud8"}', 400, "not_json"),
    "a lone surrogate and half an object": ('{"text":"\\ud800"', 400, "not_json"),
    "a lone surrogate outside of a text": ("\\ud800", 400, "not_json"),
    "a lone surrogate in a key": ('{"text\\ud800":"a"}', 422, "invalid_request"),
    "UTF-16": ('{"text":"a"}'.encode("utf-16"), 400, "not_json"),
    "NaN for a text": ('{"text":NaN}', 422, "invalid_request"),
    "NaN for a number": ('{"text":"a","min_confidence":NaN}', 422, "invalid_request"),
    "an infinite number": (
        '{"text":"a","min_confidence":1e999}',
        422,
        "invalid_request",
    ),
    "an array": ("[]", 422, "invalid_request"),
    "a string": ('"text"', 422, "invalid_request"),
    "null": ("null", 422, "invalid_request"),
    "neither": ("{}", 422, "invalid_request"),
    "both": (body(text="a", texts=["b"]), 422, "invalid_request"),
    "text and empty texts": (body(text="a", texts=[]), 422, "invalid_request"),
    "a number": (body(text=3), 422, "invalid_request"),
    "null for a text": (body(text=None), 422, "invalid_request"),
    "null beside texts": (body(text=None, texts=["a"]), 422, "invalid_request"),
    "a list for a text": (body(text=["a"]), 422, "invalid_request"),
    "a string for texts": (body(texts="a"), 422, "invalid_request"),
    "no texts": (body(texts=[]), 422, "invalid_request"),
    "a number in texts": (body(texts=["a", 3]), 422, "invalid_request"),
    "null in texts": (body(texts=["a", None]), 422, "invalid_request"),
    "an item without text": (body(texts=[{"id": "a"}]), 422, "invalid_request"),
    "an item without id": (body(texts=[{"text": "a"}]), 422, "invalid_request"),
    "a fraction for an id": (
        body(texts=[{"id": 1.5, "text": "a"}]),
        422,
        "invalid_request",
    ),
    "a truth for an id": (
        body(texts=[{"id": True, "text": "a"}]),
        422,
        "invalid_request",
    ),
    "a huge id": (body(texts=[{"id": 10**30, "text": "a"}]), 422, "invalid_request"),
    "a long id": (body(texts=[{"id": "i" * 300, "text": "a"}]), 422, "invalid_request"),
    "an unknown key": (body(text="a", explian=True), 422, "invalid_request"),
    "an unknown key in an item": (
        body(texts=[{"id": 1, "txt": "a"}]),
        422,
        "invalid_request",
    ),
    "min_confidence 7": (body(text="a", min_confidence=7), 422, "invalid_request"),
    "min_confidence -1": (body(text="a", min_confidence=-1), 422, "invalid_request"),
    "a string for a number": (
        body(text="a", min_confidence="0.5"),
        422,
        "invalid_request",
    ),
    "1 for true": (body(text="a", explain=1), 422, "invalid_request"),
    "a string for true": (body(text="a", sentences="true"), 422, "invalid_request"),
    "too many texts": (body(texts=["a"] * 257), 422, "too_many_texts"),
    "very many texts": (body(texts=["a"] * 5000), 422, "too_many_texts"),
    "an empty text": (body(text=""), 422, "empty_text"),
    "a blank text": (body(text=" \n\t\u2003"), 422, "empty_text"),
    "a long text": (body(text="word " * 5000), 422, "text_too_long"),
    "a huge body": (body(text="x" * 3_000_000), 413, "body_too_large"),
}


@pytest.mark.parametrize("name", BODIES)
def test_a_bad_body_has_its_status_and_code(client, problem, name):
    data, status, code = BODIES[name]
    answer = client.post("/predict", data=data, content_type=JSON)
    detail = problem(answer, status, code)["detail"]
    assert not re.search(r"Traceback|File \"|\.py\b|<class|0x[0-9a-f]{6}|/work", detail)


@pytest.mark.parametrize(
    ("sent", "hint"),
    [
        (body(text="a", explian=True), "did you mean 'explain'?"),
        (body(text="a", confidence=1), "did you mean 'min_confidence'?"),
        (body(texts=[{"id": 1, "txt": "a"}]), "did you mean 'text'?"),
        (body(texts=["a", 3]), "texts[1]"),
        (body(texts=["a", {"id": [], "text": "a"}]), "texts[1].id"),
        (body(texts=["a"] * 300), "has 300 entries, at most 256"),
        (body(text="word " * 5000), "has 25,000 characters, at most 20,000"),
        (body(text=3), "text must be a string"),
        (body(texts="a"), "texts must be an array"),
        (body(text="a", explain=1), "explain must be true or false"),
        (body(text="a", min_confidence="1"), "min_confidence must be a number"),
        (body(text="a", min_confidence=7), "min_confidence must be at most 1"),
        (body(text="a", min_confidence=-1), "min_confidence must be at least 0"),
        (body(texts=[{"id": "a"}]), "texts[0].text is missing"),
        (body(texts=[{"id": 1.5, "text": "a"}]), "texts[0].id must be a string of at"),
        # Its name is that of a class of ours, whose keys were listed.
        (
            body(TextItem=1),
            "known are: explain, min_confidence, sentences, text, texts",
        ),
        ("", "the body is empty: send a JSON object"),
        ('{"text":', "EOF while parsing a value at line 1 column 8"),
        # As Windows' programs save it; the parser spoke of an unexpected value.
        ("\ufeff{}", "not in plain UTF-8; save it so, without a byte order mark"),
        (body(text="a").encode("utf-16"), "not in plain UTF-8"),
        (body(text="a").encode("utf-16-le"), "not in plain UTF-8"),
    ],
)
def test_a_refusal_says_where_and_what_would_do(client, sent, hint):
    answer = client.post("/predict", data=sent, content_type=JSON)
    assert hint in json.loads(answer.data)["detail"]


@pytest.mark.parametrize("wrong", ["3", "{}", "null", "[1]"])
def test_a_million_wrong_entries_are_refused_at_the_first(client, wrong):
    """Naming each of them took 14 s."""
    many = ",".join([wrong] * (1_500_000 // (len(wrong) + 1)))
    # Of the processor, which no other load takes.
    began = time.thread_time()
    answer = client.post(
        "/predict", data=f'{{"texts":["a",{many}]}}', content_type=JSON
    )
    assert answer.status_code == 422
    assert time.thread_time() - began < 2
