"""Addresses, methods, types and hosts that are refused, whatever the body."""

import pytest

JSON = "application/json"

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
    "HEAD /predict/csv": ("HEAD", "/predict/csv", {}, "", 405, "method_not_allowed"),
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
}


@pytest.mark.parametrize("name", REQUESTS)
def test_a_bad_request_has_its_status_and_code(client, problem, name):
    method, path, headers, data, status, code = REQUESTS[name]
    answer = client.open(path, method=method, headers=headers, data=data)
    if method == "HEAD":
        assert (answer.status_code, answer.data) == (status, b"")
    else:
        problem(answer, status, code)


@pytest.mark.parametrize(
    ("method", "path", "use"),
    [
        ("GET", "/predict", "POST"),
        ("GET", "/predict/csv", "POST"),
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


@pytest.mark.parametrize("host", ["a b", "[::1", "x" * 300, "\u00fc.de", "<b>", ""])
def test_a_strange_host_is_no_bug(client, host):
    assert client.get("/healthz", headers={"Host": host}).status_code in (200, 400)
