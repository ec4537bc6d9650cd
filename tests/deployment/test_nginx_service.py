"""The configuration of deploy/, before the real service: what users rely on holds."""

import json

import pytest
from proxying import by_default, compose, nginx_before
from running import serving

pytestmark = pytest.mark.system

JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    env = by_default(compose()["services"]["service"]["environment"])
    # Folders are the container's own.
    env = {name: value for name, value in env.items() if not value.startswith("/")}
    env["SENTIMENT_FEEDBACK"] = "feedback.db"
    with serving(tmp_path_factory.mktemp("service"), **env) as (client, _):
        yield client


@pytest.fixture(scope="module")
def proxy(service, tmp_path_factory):
    folder = tmp_path_factory.mktemp("nginx") / "prefix"
    generous = {"NGINX_RATE": "1000r/s", "NGINX_CONNECTIONS": "200"}
    with nginx_before(service.port, folder, **generous) as client:
        yield client


def test_a_prediction_is_the_one_of_the_service(proxy, service):
    text = "The room was small, but the view made up for it."
    behind, direct = proxy.predict(text=text), service.predict(text=text)
    assert behind.status == direct.status == 200
    assert behind.json()["probabilities"] == direct.json()["probabilities"]
    assert behind.headers["content-type"] == direct.headers["content-type"]


def test_a_request_keeps_its_id_all_the_way(proxy):
    body = json.dumps({"text": "fine"})
    answer = proxy.call("POST", "/predict", body, {**JSON, "X-Request-Id": "order-17"})
    assert answer.headers["x-request-id"] == "order-17"
    assert answer.json()["request_id"] == "order-17"


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("POST", "/predict", "{", 400, "not_json"),
        ("GET", "/nowhere", None, 404, "not_found"),
        ("GET", "/predict", None, 405, "method_not_allowed"),
        ("POST", "/predict", '{"text": 3}', 422, "invalid_request"),
    ],
)
def test_the_services_refusals_reach_the_client(
    proxy, method, path, body, status, code
):
    answer = proxy.call(method, path, body, JSON)
    assert answer.status == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == code


def test_a_csv_file_larger_than_a_prediction_passes(proxy):
    """3 MB and more: over the limit of /predict, under that of /predict/csv."""
    rows = ["review"] + ["It was a very long way to go for so very little."] * 70_000
    body = "\n".join(rows).encode()
    assert len(body) > 3_000_000
    path = "/predict/csv?text_column=review"
    answer = proxy.call("POST", path, body, {"Content-Type": "text/csv"})
    assert answer.status == 200
    assert len(answer.body.splitlines()) == len(rows)


def test_a_correction_passes(proxy):
    body = json.dumps({"text": "It broke.", "label": "negative"})
    answer = proxy.call("POST", "/feedback", body, JSON)
    assert (answer.status, answer.json()["status"]) == (201, "kept")


def test_the_page_and_the_probes_are_there(proxy):
    assert proxy.get("/").headers["content-type"].startswith("text/html")
    for path in ("/healthz", "/readyz", "/info", "/openapi.json"):
        assert proxy.get(path).status == 200
    assert proxy.get("/metrics").status == 404
