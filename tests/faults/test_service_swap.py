"""A worker that replaces another finds a bad model current, and serves the old one."""

import os
import shutil
from pathlib import Path

import pytest
from running import Client, children_of, metric, serving, wait_for
from small_models import make_current, two_versions

from sentiment.artifact import WEIGHTS
from sentiment.model import Artifact
from sentiment.store import CURRENT


@pytest.fixture
def models(artifact: Artifact, tmp_path: Path) -> Path:
    return two_versions(artifact, tmp_path / "models")


def damage(models: Path) -> None:
    bad = models / "bad"
    shutil.copytree(models / "untrained-2", bad)
    (bad / WEIGHTS).write_bytes(b"half")
    make_current(models, "bad")


def remove(models: Path) -> None:
    (models / CURRENT).unlink()


def loop(models: Path) -> None:
    make_current(models, CURRENT)


@pytest.mark.parametrize("spoil", [damage, remove, loop])
def test_a_worker_that_replaces_another_serves_what_the_others_do(
    models, tmp_path, spoil
):
    """It neither stays away nor answers by a model of its own."""
    env = {"SENTIMENT_WORKERS": "1", "SENTIMENT_RELOAD_SECONDS": "0.1"}
    with serving(tmp_path, SENTIMENT_MODELS=str(models), **env) as (client, process):
        spoil(models)
        refusals = "sentiment_reload_failures_total"
        wait_for(lambda: metric(client, refusals) == 1, "the refusal")
        (worker,) = children_of(process.pid)
        os.kill(worker, 9)
        wait_for(lambda: answers(client), "the new worker")
        assert client.predict(text="good").json()["model"] == "untrained-1"


def answers(client: Client) -> bool:
    try:
        return client.get("/readyz").status == 200
    except OSError:
        return False
