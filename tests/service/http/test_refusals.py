"""Every refusal of the contract: its status, its code, and nothing leaked."""

import json
import re
import time

import pytest

from sentiment.errors import DataError
from service.app import create_app
from service.http import problems
from service.settings import Settings

JSON = "application/json"
SECRET = "zanzibar"


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
    "NaN for a number": (
        '{"text":"a","min_confidence":NaN}',
        422,
        "invalid_request",
    ),
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


CSV = "/predict/csv"
# name: (method, path, headers, body, status, code)
REQUESTS = {
    "no such page": ("GET", "/nowhere", {}, "", 404, "not_found"),
    "a slash too many": ("POST", "/predict/", {}, "", 404, "not_found"),
    "traversal": ("GET", "/..%2f..%2fetc/passwd", {}, "", 404, "not_found"),
    "traversal in the page": ("GET", "/page/../app.py", {}, "", 404, "not_found"),
    "packed traversal": ("GET", "/page/%2e%2e/app.py", {}, "", 404, "not_found"),
    "a source file": ("GET", "/page/..%2fapp.py", {}, "", 404, "not_found"),
    "NUL in the path": ("GET", "/a%00b", {}, "", 404, "not_found"),
    "no UTF-8 in the path": ("GET", "/%ff%fe", {}, "", 404, "not_found"),
    "GET /predict": ("GET", "/predict", {}, "", 405, "method_not_allowed"),
    "HEAD /predict/csv": ("HEAD", CSV, {}, "", 405, "method_not_allowed"),
    "DELETE /": ("DELETE", "/", {}, "", 405, "method_not_allowed"),
    "POST /healthz": ("POST", "/healthz", {}, "x", 405, "method_not_allowed"),
    "an unheard-of method": ("BREW", "/predict", {}, "", 405, "method_not_allowed"),
    "a form": (
        "POST",
        "/predict",
        {"Content-Type": "application/x-www-form-urlencoded"},
        "text=a",
        415,
        "unsupported_media_type",
    ),
    "no type": ("POST", "/predict", {}, "{}", 415, "unsupported_media_type"),
    "a broken type": (
        "POST",
        "/predict",
        {"Content-Type": ";;"},
        "{}",
        415,
        "unsupported_media_type",
    ),
    "packed JSON": (
        "POST",
        "/predict",
        {"Content-Type": JSON, "Content-Encoding": "gzip"},
        "{}",
        415,
        "unsupported_media_type",
    ),
    "JSON packed on its way": (
        "POST",
        "/predict",
        {"Content-Type": JSON, "Transfer-Encoding": "gzip, chunked"},
        "{}",
        501,
        "not_implemented",
    ),
    "JSON for CSV": (
        "POST",
        CSV,
        {"Content-Type": JSON},
        "{}",
        415,
        "unsupported_media_type",
    ),
    "packed CSV": (
        "POST",
        CSV,
        {"Content-Type": "text/csv"},
        b"\x1f\x8b\x08\x00rest",
        415,
        "unsupported_media_type",
    ),
    "CSV without the column": (
        "POST",
        f"{CSV}?text_column=review",
        {"Content-Type": "text/csv"},
        "a,b\n1,2\n",
        422,
        "invalid_csv",
    ),
    "CSV with the column twice": (
        "POST",
        f"{CSV}?text_column=a",
        {"Content-Type": "text/csv"},
        "a,b,a\n1,2,3\n",
        422,
        "invalid_csv",
    ),
    "CSV with a result's name": (
        "POST",
        f"{CSV}?text_column=a",
        {"Content-Type": "text/csv"},
        "a,sentiment\n1,2\n",
        422,
        "invalid_csv",
    ),
    "an empty CSV": (
        "POST",
        f"{CSV}?text_column=a",
        {"Content-Type": "text/csv"},
        "",
        422,
        "invalid_csv",
    ),
    "an encoding that is none": (
        "POST",
        f"{CSV}?encoding=klingon",
        {"Content-Type": "text/csv"},
        "text\na\n",
        422,
        "invalid_csv",
    ),
    "a charset that is none": (
        "POST",
        CSV,
        {"Content-Type": "text/csv; charset=klingon"},
        "text\na\n",
        422,
        "invalid_csv",
    ),
    "a charset that is no encoding of text": (
        "POST",
        CSV,
        {"Content-Type": 'text/csv; charset="zlib"'},
        "text\na\n",
        422,
        "invalid_csv",
    ),
    "a misspelt query": (
        "POST",
        f"{CSV}?text_colum=a",
        {"Content-Type": "text/csv"},
        "a\n1\n",
        422,
        "invalid_request",
    ),
    "a delimiter of two": (
        "POST",
        f"{CSV}?delimiter=ab",
        {"Content-Type": "text/csv"},
        "a\n1\n",
        422,
        "invalid_csv",
    ),
    "a query that says it twice": (
        "POST",
        f"{CSV}?text_column=a&text_column=b",
        {"Content-Type": "text/csv"},
        "a,b\n1,2\n",
        422,
        "invalid_request",
    ),
}


@pytest.mark.parametrize("name", REQUESTS)
def test_a_bad_request_has_its_status_and_code(client, problem, name):
    method, path, headers, data, status, code = REQUESTS[name]
    answer = client.open(path, method=method, headers=headers, data=data)
    if method == "HEAD":
        assert (answer.status_code, answer.data) == (status, b"")
    else:
        problem(answer, status, code)


def test_a_csv_body_over_its_limit_is_refused(make_app, problem):
    client = make_app(max_csv_bytes=100).test_client()
    answer = client.post(CSV, data="text\n" + "a\n" * 100, content_type="text/csv")
    refused = problem(answer, 413, "body_too_large")
    assert "larger than the limit of 100 bytes" in refused["detail"]


FORM = "application/x-www-form-urlencoded"


def test_a_csv_sent_as_curls_form_is_told_how_curl_sends_a_file(client, problem):
    """``curl -d @file.csv`` takes the line breaks out: a right type would hide that."""
    answer = client.post(CSV, data=b"textLovely", content_type=FORM)
    detail = problem(answer, 415, "unsupported_media_type")["detail"]
    assert "--data-binary" in detail
    assert "text/csv" in detail
    answer = client.post("/predict", data=b"text=a", content_type=FORM)
    assert "--data-binary" not in problem(answer, 415, answer.json["code"])["detail"]


@pytest.mark.parametrize(
    ("method", "path", "use"),
    [
        ("GET", "/predict", "POST"),
        ("GET", CSV, "POST"),
        ("POST", "/healthz", "GET"),
        ("DELETE", "/", "GET"),
    ],
)
def test_a_wrong_method_is_told_the_one_to_use(client, problem, method, path, use):
    answer = client.open(path, method=method)
    detail = problem(answer, 405, "method_not_allowed")["detail"]
    assert detail == f"this address does not support the method: use {use}"


def test_a_method_that_is_not_answered_names_those_that_are(client):
    assert set(client.get("/predict").allow) == {"OPTIONS", "POST"}


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


@pytest.mark.parametrize(
    ("query", "hint"),
    [
        ("quoting=maybe", "quoting must be true or false"),
        ("escape_formulas=", "escape_formulas must be true or false"),
        ("prefix=" + "p" * 65, "prefix has more than 64 characters"),
        ("encoding=a%20b", "encoding must match ^[A-Za-z0-9_-]+$"),
        ("delimiter=ab", "the delimiter must be one character such as ',' or ';'"),
        (
            "text_column=a&text_column=b",
            "'text_column' is in the query more than once",
        ),
        ("x" * 50 + "=1&" + "x" * 50 + "=2", f"'{'x' * 40}...' is in the query"),
    ],
)
def test_a_refused_query_says_what_would_do(client, query, hint):
    answer = client.post(f"{CSV}?{query}", data="a\n1\n", content_type="text/csv")
    assert answer.status_code == 422
    assert hint in json.loads(answer.data)["detail"]


def test_a_table_that_does_not_fit_names_the_query_that_is_meant(client, monkeypatch):
    def refuse(*_arguments, **_options):
        error = DataError("the body has no column 'b'")
        error.option = "text_column"
        raise error

    monkeypatch.setattr("service.endpoints.scoring.score_csv_stream", refuse)
    answer = client.post(CSV, data="a\n1\n", content_type="text/csv")
    detail = json.loads(answer.data)["detail"]
    assert detail == "the body has no column 'b' (the query's text_column)"


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


def test_a_bug_is_a_problem_without_its_traceback(predictor, caplog, problem):
    def broken(*_arguments, **_options):
        raise RuntimeError(SECRET)

    predictor.probabilities = broken
    app = create_app(predictor, Settings())
    answer = app.test_client().post("/predict", json={"text": "good"})
    detail = problem(answer, 500, "internal_error")["detail"]
    assert SECRET not in detail
    (record,) = [found for found in caplog.records if found.levelname == "ERROR"]
    assert "RuntimeError" in record.getMessage()
    assert "in broken" in record.getMessage()
    assert SECRET not in record.getMessage()


@pytest.mark.parametrize(
    "error",
    [MemoryError(), RuntimeError("[enforce fail] DefaultCPUAllocator: not enough")],
    ids=["of Python", "of torch"],
)
def test_a_lack_of_memory_is_the_machines_and_passes(predictor, caplog, problem, error):
    def exhausted(*_arguments, **_options):
        raise error

    predictor.probabilities = exhausted
    client = create_app(predictor, Settings()).test_client()
    answer = client.post("/predict", json={"text": "good"})
    assert "no memory" in problem(answer, 503, "no_room")["detail"]
    assert answer.headers["Retry-After"]
    assert "no memory for a request" in caplog.text


def test_every_error_of_the_service_has_its_row():
    """One that is forgotten would be answered as a bug."""
    own = [
        kind
        for kind in vars(problems).values()
        if isinstance(kind, type)
        and issubclass(kind, problems.SentimentError)
        and kind.__module__ == problems.__name__
    ]
    assert len(own) > 10
    assert [kind for kind in own if kind not in problems.REFUSALS] == []
    assert problems.refusal_of(ZeroDivisionError()) == problems.BUG


def test_no_two_rows_of_the_table_share_a_code():
    codes = [refusal.code for refusal in problems.REFUSALS.values()]
    assert len(codes) == len(set(codes))


@pytest.mark.parametrize("host", ["a b", "[::1", "x" * 300, "\u00fc.de", "<b>", ""])
def test_a_strange_host_is_no_bug(client, host):
    assert client.get("/healthz", headers={"Host": host}).status_code in (200, 400)
