"""A worker that replaces another finds a bad model current, and serves the old one."""

import os
import shutil
import signal
from functools import partial
from pathlib import Path

import pytest
from running import Client, children_of, metric, serving, wait_for
from small_models import make_current, two_versions

from sentiment.artifacts.folder import WEIGHTS
from sentiment.artifacts.store import CURRENT
from sentiment.prediction.artifact import Artifact


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


def test_a_worker_that_replaces_another_serves_what_the_others_do(models, tmp_path):
    """It neither stays away nor answers by a model of its own."""
    env = {"SENTIMENT_WORKERS": "1", "SENTIMENT_RELOAD_SECONDS": "0.1"}
    with serving(tmp_path, SENTIMENT_MODELS=str(models), **env) as (client, process):
        for spoil in (damage, remove, loop):
            before = refusals(client)
            spoil(models)
            wait_for(partial(is_refused_beyond, before, client), spoil.__name__)
            (worker,) = children_of(process.pid)
            os.kill(worker, signal.SIGKILL)
            wait_for(partial(is_replaced, worker, process.pid), "a new worker")
            wait_for(partial(answers, client), "its answer")
            answer = client.predict(text="good")
            assert answer.json()["model"] == "untrained-1", spoil.__name__


def refusals(client: Client) -> float:
    return metric(client, "sentiment_reload_failures_total")


def is_refused_beyond(before: float, client: Client) -> bool:
    return refusals(client) > before


def is_replaced(worker: int, master: int) -> bool:
    return children_of(master) not in ([], [worker])


def answers(client: Client) -> bool:
    try:
        return client.get("/readyz").status == 200
    except OSError:
        return False
