"""The application over a small untrained model, in this process and under gunicorn."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from moody_service import moody_service
from running import Client, serving
from small_models import make_artifact, make_current, save
from werkzeug.test import TestResponse

from service.app import create_app
from service.settings import Settings
from service.state import EXTENSION, Service


@pytest.fixture(autouse=True)
def _no_settings_of_mine(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    for name in os.environ:
        if name.startswith(("SENTIMENT_", "PROMETHEUS_")) or name == "PORT":
            monkeypatch.delenv(name)


@pytest.fixture
def make_app(predictor) -> Callable[..., Flask]:
    """Make the application with some settings of the test's own."""

    def make(**settings: Any) -> Flask:
        return create_app(predictor, Settings(**settings))

    return make


@pytest.fixture
def app(make_app) -> Flask:
    return make_app()


@pytest.fixture
def service(app) -> Service:
    """What the requests to :func:`app` share."""
    held: Service = app.extensions[EXTENSION]
    return held


@pytest.fixture
def client(app) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def ask(client) -> Callable[..., TestResponse]:
    """POST /predict with the given fields."""

    def post(**body: Any) -> TestResponse:
        return client.post("/predict", json=body)

    return post


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A models folder for real servers, whose current model is untrained."""
    folder = tmp_path_factory.mktemp("models")
    save(make_artifact("served-1", max_tokens=200), folder)
    make_current(folder, "served-1")
    return folder


@pytest.fixture(scope="session")
def server(models: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """Two real workers, shared by all tests that leave them as they are."""
    folder = tmp_path_factory.mktemp("server")
    with serving(folder, SENTIMENT_MODELS=str(models)) as (client, _):
        yield client


@pytest.fixture(scope="module")
def moody(
    models: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Client, Path]]:
    """One worker over a model with moods, and its log."""
    folder = tmp_path_factory.mktemp("moody")
    settings = {
        "SENTIMENT_WORKERS": "1",
        # Short enough to wait for, long enough for a good request on a busy machine.
        "SENTIMENT_DEADLINE_SECONDS": "8",
        "SENTIMENT_MAX_TEXTS": "4",
        "SENTIMENT_MAX_WAITING_TEXTS": "4",
    }
    with moody_service(models, folder, **settings) as served:
        yield served


@pytest.fixture
def problem() -> Callable[[Any, int, str], dict[str, Any]]:
    """Check that an answer is a whole problem of that status and code; return it."""

    def check(answer: TestResponse, status: int, code: str) -> dict[str, Any]:
        body: dict[str, Any] = json.loads(answer.data)
        assert (answer.status_code, body["code"]) == (status, code), body
        assert answer.content_type == "application/problem+json"
        assert body["status"] == status
        assert body["type"] == "about:blank"
        assert body["title"]
        assert len(body["detail"]) > 10
        assert answer.headers["X-Request-Id"] == body["request_id"]
        return body

    return check
