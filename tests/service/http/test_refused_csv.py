"""What /predict/csv refuses: bodies, types and queries."""

import json

import pytest

from sentiment.errors import DataError

JSON, TEXT, FORM = "application/json", "text/csv", "application/x-www-form-urlencoded"
CSV = "/predict/csv"
# name: (query, type, body, status, code)
REQUESTS = {
    "JSON for CSV": ("", JSON, "{}", 415, "unsupported_media_type"),
    "packed CSV": ("", TEXT, b"\x1f\x8b\x08\x00rest", 415, "unsupported_media_type"),
    "CSV without the column": (
        "?text_column=review",
        TEXT,
        "a,b\n1,2\n",
        422,
        "invalid_csv",
    ),
    "CSV with the column twice": (
        "?text_column=a",
        TEXT,
        "a,b,a\n1,2,3\n",
        422,
        "invalid_csv",
    ),
    "CSV with a result's name": (
        "?text_column=a",
        TEXT,
        "a,sentiment\n1,2\n",
        422,
        "invalid_csv",
    ),
    "an empty CSV": ("?text_column=a", TEXT, "", 422, "invalid_csv"),
    "an encoding that is none": (
        "?encoding=klingon",
        TEXT,
        "text\na\n",
        422,
        "invalid_csv",
    ),
    "a charset that is none": (
        "",
        "text/csv; charset=klingon",
        "text\na\n",
        422,
        "invalid_csv",
    ),
    "a charset that is no encoding of text": (
        "",
        'text/csv; charset="zlib"',
        "text\na\n",
        422,
        "invalid_csv",
    ),
    "a misspelt query": ("?text_colum=a", TEXT, "a\n1\n", 422, "invalid_request"),
    "a delimiter of two": ("?delimiter=ab", TEXT, "a\n1\n", 422, "invalid_csv"),
    "a query that says it twice": (
        "?text_column=a&text_column=b",
        TEXT,
        "a,b\n1,2\n",
        422,
        "invalid_request",
    ),
}


@pytest.mark.parametrize("name", REQUESTS)
def test_a_bad_request_has_its_status_and_code(client, problem, name):
    query, kind, data, status, code = REQUESTS[name]
    answer = client.post(CSV + query, data=data, content_type=kind)
    problem(answer, status, code)


def test_a_csv_body_over_its_limit_is_refused(make_app, problem):
    client = make_app(max_csv_bytes=100).test_client()
    answer = client.post(CSV, data="text\n" + "a\n" * 100, content_type="text/csv")
    refused = problem(answer, 413, "body_too_large")
    assert "larger than the limit of 100 bytes" in refused["detail"]


def test_a_csv_sent_as_curls_form_is_told_how_curl_sends_a_file(client, problem):
    """``curl -d @file.csv`` takes the line breaks out: a right type would hide that."""
    answer = client.post(CSV, data=b"textLovely", content_type=FORM)
    detail = problem(answer, 415, "unsupported_media_type")["detail"]
    assert "--data-binary" in detail
    assert "text/csv" in detail
    answer = client.post("/predict", data=b"text=a", content_type=FORM)
    assert "--data-binary" not in problem(answer, 415, answer.json["code"])["detail"]


@pytest.mark.parametrize(
    ("query", "hint"),
    [
        ("quoting=maybe", "quoting must be true or false"),
        ("escape_formulas=", "escape_formulas must be true or false"),
        ("skip_lines=two", "skip_lines must be a whole number"),
        ("skip_lines=-1", "skip_lines must be at least 0"),
        ("header=no header", "header must be true or false"),
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
