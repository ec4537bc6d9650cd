"""Corrections: kept where that is turned on, refused in plain words elsewhere."""

import json
import logging
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from running import ROOT, serving

from sentiment.errors import ConfigError
from sentiment.feedback import open_store
from service.app import create_app
from service.http.answer_models import KeptCorrection
from service.settings import Settings

SECRET = "zanzibar"
GOOD = {"text": "It broke after a day.", "label": "negative"}


@pytest.fixture
def file(tmp_path):
    return tmp_path / "feedback.db"


@pytest.fixture
def keeping(make_app, file):
    """A client of a service that keeps corrections."""
    return make_app(feedback=str(file)).test_client()


def kept(file) -> list:
    return list(open_store(str(file)).corrections())


def test_a_correction_is_kept_with_what_it_is_about(keeping, file, predictor):
    sent = {**GOOD, "request_id": "order-17"}
    answer = keeping.post("/feedback", json=sent, headers={"X-Request-Id": "a-2"})
    assert answer.status_code == 201
    KeptCorrection.model_validate(answer.json, strict=True)
    assert answer.json == {
        "status": "kept",
        "model": predictor.version,
        "request_id": "a-2",
    }
    (found,) = kept(file)
    assert (found.text, found.label) == (GOOD["text"], "negative")
    assert (found.model, found.request_id) == (predictor.version, "order-17")
    assert timedelta(0) <= datetime.now(UTC) - found.created < timedelta(minutes=1)


def test_off_is_said_with_the_way_out_before_anything_is_looked_at(client, problem):
    answer = client.post("/feedback", data="no JSON")
    body = problem(answer, 404, "feedback_off")
    assert "SENTIMENT_FEEDBACK" in body["detail"]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ("{", 400, "not_json"),
        (
            '{"text": "a", "label": "neutral", "request_id": "\\ud800"}',
            422,
            "invalid_request",
        ),
        ("[]", 422, "invalid_request"),
        ("{}", 422, "invalid_request"),
        ('{"text": "a"}', 422, "invalid_request"),
        ('{"label": "neutral"}', 422, "invalid_request"),
        ('{"text": 3, "label": "neutral"}', 422, "invalid_request"),
        ('{"text": "a", "label": "Neutral"}', 422, "invalid_request"),
        ('{"text": "a", "label": "uncertain"}', 422, "invalid_request"),
        ('{"text": "a", "label": 1}', 422, "invalid_request"),
        ('{"text": "a", "label": "neutral", "lable": 1}', 422, "invalid_request"),
        ('{"text": "a\\u0000", "label": "neutral"}', 422, "invalid_request"),
        (
            '{"text": "a", "label": "neutral", "request_id": "a b"}',
            422,
            "invalid_request",
        ),
        (
            json.dumps({"text": "a", "label": "neutral", "request_id": "a" * 65}),
            422,
            "invalid_request",
        ),
        (
            '{"text": "a", "label": "neutral", "request_id": "a\\n"}',
            422,
            "invalid_request",
        ),
        ('{"text": " \\n ", "label": "neutral"}', 422, "empty_text"),
        ('{"text": "\\u200b", "label": "neutral"}', 422, "no_tokens"),
        (json.dumps({"text": "a" * 51, "label": "neutral"}), 422, "text_too_long"),
        (json.dumps({"text": "a" * 2_000, "label": "neutral"}), 413, "body_too_large"),
    ],
)
def test_what_is_no_correction_is_refused(make_app, file, problem, body, status, code):
    client = make_app(
        feedback=str(file), max_characters=50, max_body_bytes=1_000
    ).test_client()
    answer = client.post("/feedback", data=body, content_type="application/json")
    problem(answer, status, code)
    assert kept(file) == []


def test_another_type_is_refused(keeping, problem):
    answer = keeping.post("/feedback", data=json.dumps(GOOD), content_type="text/plain")
    problem(answer, 415, "unsupported_media_type")


@pytest.mark.parametrize(
    ("sent", "hint"),
    [
        ({**GOOD, "requestid": "a"}, "did you mean 'request_id'?"),
        # That one which was meant is missing was all that was said.
        ({"text": "a", "lable": "neutral"}, "did you mean 'label'?"),
        ({"texts": ["a"], "label": "neutral"}, "did you mean 'text'?"),
        ({"text": "a"}, "label is missing"),
    ],
)
def test_a_misspelt_key_is_answered_with_the_nearest(keeping, problem, sent, hint):
    answer = keeping.post("/feedback", json=sent)
    body = problem(answer, 422, "invalid_request")
    assert hint in body["detail"]


def test_whoever_needs_a_key_to_ask_needs_it_to_correct(make_app, file, problem):
    keys = file.with_name("keys")
    keys.write_text("open-sesame\n")
    client = make_app(feedback=str(file), api_keys_file=keys).test_client()
    problem(client.post("/feedback", json=GOOD), 401, "api_key_required")
    headers = {"Authorization": "Bearer open-sesame"}
    assert client.post("/feedback", json=GOOD, headers=headers).status_code == 201


def test_a_database_that_is_gone_refuses_corrections_and_nothing_else(
    make_app, tmp_path, problem, caplog
):
    folder = tmp_path / "disk"
    folder.mkdir()
    client = make_app(feedback=str(folder / "feedback.db")).test_client()
    folder.rmdir()
    answer = client.post("/feedback", json={**GOOD, "text": SECRET})
    body = problem(answer, 503, "feedback_unavailable")
    assert answer.headers["Retry-After"]
    assert str(tmp_path) not in body["detail"]
    assert SECRET not in caplog.text
    assert client.get("/readyz").status_code == 200
    assert client.post("/predict", json={"text": "good"}).status_code == 200
    metrics = client.get("/metrics").data.decode()
    assert 'sentiment_shed_total{reason="feedback_unavailable"} 1.0' in metrics
    folder.mkdir()
    assert client.post("/feedback", json=GOOD).status_code == 201


def test_threads_that_wait_for_the_database_are_few(make_app, file, problem):
    app = make_app(feedback=str(file))
    with app.extensions["sentiment"].corrections.writers.admit(2):
        answer = app.test_client().post("/feedback", json=GOOD)
    problem(answer, 503, "overloaded")
    assert kept(file) == []


def test_no_log_holds_a_word_of_a_correction(keeping, file, caplog):
    caplog.set_level(logging.DEBUG)
    keeping.post("/feedback", json={**GOOD, "text": SECRET})
    keeping.post("/feedback", json={**GOOD, "text": SECRET, "label": SECRET})
    writer = sqlite3.connect(file)
    writer.execute("DROP TABLE feedback")
    writer.execute("CREATE TABLE feedback (id INTEGER)")
    writer.close()
    assert keeping.post("/feedback", json={**GOOD, "text": SECRET}).status_code == 503
    assert len(caplog.records) > 3
    formatted = "\n".join(
        f"{record.getMessage()} {record.__dict__}" for record in caplog.records
    )
    assert SECRET not in formatted


def test_what_is_kept_is_counted_by_its_label(keeping):
    for label in ("negative", "negative", "positive"):
        keeping.post("/feedback", json={**GOOD, "label": label})
    metrics = keeping.get("/metrics").data.decode()
    assert 'sentiment_corrections_total{label="negative"} 2.0' in metrics
    assert 'sentiment_corrections_total{label="positive"} 1.0' in metrics


def test_info_and_the_description_say_whether_corrections_are_kept(client, keeping):
    for one, expected in ((client, False), (keeping, True)):
        assert one.get("/info").json["limits"]["feedback"] is expected
        described = one.get("/openapi.json").json["paths"]["/feedback"]["post"]
        assert ("not stored" in described["description"]) is not expected
        assert {"201", "404", "422", "503"} <= set(described["responses"])


def test_an_address_that_is_none_is_said_at_start_without_its_password(predictor):
    with pytest.raises(ConfigError, match="'mysql'") as caught:
        create_app(predictor, Settings(feedback="mysql://u:swordfish@h/d"))
    assert "swordfish" not in str(caught.value)


def test_the_address_is_not_shown_with_the_settings():
    assert "swordfish" not in repr(Settings(feedback="postgresql://u:swordfish@h/d"))


def test_two_workers_keep_into_one_file(models, tmp_path):
    settings = {
        "SENTIMENT_MODELS": str(models),
        "SENTIMENT_FEEDBACK": "feedback.db",
        "SENTIMENT_WORKERS": "2",
    }
    headers = {"Content-Type": "application/json"}
    with serving(tmp_path, **settings) as (client, _):
        for number in range(20):
            body = json.dumps({**GOOD, "text": f"text {number}"})
            assert client.call("POST", "/feedback", body, headers).status == 201
        metrics = client.get("/metrics").body.decode()
    assert 'sentiment_corrections_total{label="negative"} 20.0' in metrics
    assert len(kept(tmp_path / "feedback.db")) == 20


def test_a_service_that_keeps_none_needs_no_database_package():
    """`make run` installs none."""
    program = "import sys, service.app; print('sqlalchemy' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True
    )
    assert done.stdout.strip() == "False", done.stderr
