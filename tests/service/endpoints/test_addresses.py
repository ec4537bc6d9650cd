"""The addresses there are, what they say, and how the lesser methods behave."""

import json
import re
from dataclasses import replace

import pytest
from running import ROOT
from schemathesis.specs.openapi.definitions import OPENAPI_31_VALIDATOR
from small_models import make_artifact

from sentiment.prediction.predictor import Predictor
from service.app import create_app
from service.http import problems
from service.http.answer_models import Info, Problem, State
from service.settings import Settings
from service.state import EXTENSION

INVENTORY = {
    "POST /predict",
    "POST /predict/csv",
    "POST /feedback",
    "GET /healthz",
    "GET /readyz",
    "GET /info",
    "GET /metrics",
    "GET /openapi.json",
    "GET /",
}
GETS = sorted(line.removeprefix("GET ") for line in INVENTORY if line[:3] == "GET")


def test_there_is_no_other_address_than_the_inventorys(make_app):
    """What is added is decided here, not by accident."""
    found = {
        f"{method} {rule.rule}"
        for rule in make_app().url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    pages = {line for line in found if line.startswith("GET /page/")}
    assert found - pages == INVENTORY
    assert {"GET /page/app.js", "GET /page/base.css"} <= pages
    assert all(line.endswith((".js", ".css", ".svg")) for line in pages)


def test_who_follows_a_link_can_read_what_is_there(client, problem):
    """The page's links ended in a single line of JSON, a guess at /docs in nothing."""
    for path in ("/info", "/openapi.json"):
        assert client.get(path).data.count(b"\n") > 50
    assert problem(client.get("/docs"), 404, "not_found")["detail"] == (
        "there is nothing at this address: / is a page to try it, /openapi.json lists "
        "all addresses"
    )


@pytest.mark.parametrize("path", ["//info", "////metrics", "//", "/info/", "/info//"])
def test_more_slashes_make_another_address(client, problem, path):
    # As a server hands it on; the client would take //info for a host.
    answer = client.get("/", environ_overrides={"PATH_INFO": path})
    problem(answer, 404, "not_found")


@pytest.mark.parametrize("path", GETS)
def test_head_is_get_without_its_body(client, path):
    head, get = client.head(path), client.get(path)
    assert (head.status_code, head.data) == (200, b"")
    assert head.content_type == get.content_type


@pytest.mark.parametrize(
    ("path", "allowed"),
    [("/predict", {"POST", "OPTIONS"}), ("/info", {"GET", "HEAD", "OPTIONS"})],
)
def test_options_names_the_methods(client, path, allowed):
    answer = client.options(path)
    assert (answer.status_code, answer.data) == (200, b"")
    assert set(answer.allow) == allowed
    assert answer.headers["X-Request-Id"]
    # No other site's script is let in.
    assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize("path", [*GETS, "/nowhere", "/predict"])
def test_every_answer_is_kept_from_being_taken_for_something_else(client, path):
    headers = client.get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]


def test_alive_and_ready_tell_the_model(client):
    for path, status in (("/healthz", "alive"), ("/readyz", "ready")):
        found = client.get(path).json
        State.model_validate(found, strict=True)
        assert found == {"status": status, "model": "untrained-1"}


def test_ready_means_that_a_prediction_was_made(make_app, predictor, problem):
    def broken(*_arguments, **_options):
        raise RuntimeError("no weights")

    predictor.predict_each = broken
    client = make_app().test_client()
    problem(client.get("/readyz"), 503, "not_ready")
    assert client.get("/healthz").status_code == 200


@pytest.mark.parametrize("most", [1, 10])
def test_texts_may_be_as_short_as_an_operator_likes(make_app, most):
    """The text that the worker tried itself was too long, and it was never ready."""
    client = make_app(max_characters=most).test_client()
    assert client.get("/readyz").status_code == 200


def test_a_draining_worker_is_not_ready_but_answers(service, client, problem):
    service.draining.set()
    answer = client.get("/readyz")
    problem(answer, 503, "draining")
    assert answer.headers["Retry-After"] == "1"
    assert client.get("/healthz").status_code == 200
    assert client.post("/predict", json={"text": "good"}).status_code == 200


def test_info_tells_the_model_and_the_limits_that_hold(make_app, predictor):
    found = make_app(max_characters=777, max_texts=9).test_client().get("/info").json
    Info.model_validate(found, strict=True)
    assert found["model"] == predictor.version
    assert found["labels"] == ["negative", "neutral", "positive"]
    assert found["metrics"] == {"macro_f1": 0.5}
    limits = found["limits"]
    assert (limits["max_characters"], limits["max_texts"]) == (777, 9)
    assert limits["max_tokens"] == predictor.config.max_tokens


@pytest.fixture
def description(client):
    return client.get("/openapi.json").json


def test_the_description_names_every_address(description):
    found = {
        f"{method.upper()} {path}"
        for path, methods in description["paths"].items()
        for method in methods
    }
    assert found == INVENTORY


def references(part) -> list[str]:
    if isinstance(part, dict):
        own = [part["$ref"]] if "$ref" in part else []
        return own + [name for value in part.values() for name in references(value)]
    if isinstance(part, list):
        return [name for value in part for name in references(value)]
    return []


def test_every_reference_of_the_description_leads_somewhere(description):
    found = references(description)
    assert len(found) > 20
    for reference in found:
        part = description
        for step in reference.removeprefix("#/").split("/"):
            part = part[step]


def test_the_description_holds_the_limits_of_this_service(make_app):
    client = make_app(max_characters=777, max_texts=9).test_client()
    schemas = client.get("/openapi.json").json["components"]["schemas"]
    asked = schemas["PredictRequest"]
    assert asked["properties"]["text"]["maxLength"] == 777
    assert asked["properties"]["texts"]["maxItems"] == 9
    assert asked["additionalProperties"] is False
    assert asked["oneOf"] == [{"required": ["text"]}, {"required": ["texts"]}]


# What the service, gunicorn and nginx answer; 403 is for the PROXY protocol alone, and
# 412 for the files of the page.
ANSWERED = {refusal.status for refusal in problems.REFUSALS.values()}
ANSWERED |= set(problems.HTTP_REFUSALS) - {403, 412}
SITE = (ROOT / "deploy/nginx/templates/sentiment.conf.template").read_text()
ANSWERED |= {int(status) for status in re.findall(r"^    (\d{3}) \w+;", SITE, re.M)}


@pytest.mark.parametrize("path", ["/predict", "/predict/csv"])
def test_every_refusal_is_described(description, path):
    responses = description["paths"][path]["post"]["responses"]
    of_no_operation = description["components"]["responses"]
    assert set(of_no_operation) == {"NotFound", "MethodNotAllowed"}
    wanted = {str(status) for status in ANSWERED - {404, 405}}
    assert {"408", "429", "502", "505"} <= wanted
    assert wanted - set(responses) == set()
    for response in [*of_no_operation.values(), *map(responses.get, wanted)]:
        (media_type,) = response["content"]
        assert media_type == "application/problem+json"
    assert "Retry-After" in responses["503"]["headers"]
    assert "WWW-Authenticate" in responses["401"]["headers"]
    assert "Allow" in of_no_operation["MethodNotAllowed"]["headers"]


def test_the_description_says_whether_a_key_is_needed(make_app, client, tmp_path):
    (tmp_path / "keys").write_text("a-key")
    guarded = make_app(api_keys_file=tmp_path / "keys").test_client()
    for asked, wanted in ((client, [{}, {"key": []}]), (guarded, [{"key": []}])):
        paths = asked.get("/openapi.json").json["paths"]
        for path in ("/predict", "/predict/csv", "/feedback"):
            assert paths[path]["post"]["security"] == wanted, path


def test_the_query_of_a_file_is_described_with_its_bounds(description):
    query = description["paths"]["/predict/csv"]["post"]["parameters"]
    schemas = {one["name"]: one["schema"] for one in query if "schema" in one}
    assert schemas["prefix"] == {"default": "", "maxLength": 64, "type": "string"}
    assert schemas["delimiter"] == {"maxLength": 16, "minLength": 1, "type": "string"}


def test_the_description_is_one_of_openapi_3_1(description):
    assert description["openapi"] == "3.1.0"
    OPENAPI_31_VALIDATOR.validate(description)


def test_a_problem_is_as_it_is_described(client):
    answer = client.get("/nowhere")
    Problem.model_validate(json.loads(answer.data), strict=True)


def test_info_is_of_one_model_whatever_takes_over_meanwhile():
    """Version and shape were of the one, precision and limits of the next."""
    models = [
        Predictor(make_artifact(f"model-{size}", hidden_dim=size, max_tokens=size))
        for size in (8, 9)
    ]

    class Turning:
        """Gives the other model each time it is asked for one."""

        @property
        def predictor(self):
            models.reverse()
            return models[0]

    app = create_app(models[0], Settings())
    app.extensions[EXTENSION] = replace(app.extensions[EXTENSION], model=Turning())
    found = app.test_client().get("/info").json
    size = found["config"]["hidden_dim"]
    assert found["model"] == f"model-{size}"
    assert found["limits"]["max_tokens"] == size
