"""A worker that replaces another finds a bad model current, and serves the old one."""

import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from running import Client, children_of, metric, serving
from traffic import wait_for

from sentiment.artifact import WEIGHTS, Artifact, save_artifact
from sentiment.store import CURRENT

QUICK = {"SENTIMENT_RELOAD_SECONDS": "0.1", "SENTIMENT_DRAIN_SECONDS": "0"}


@pytest.fixture
def models(artifact: Artifact, artifact_folder: Path) -> Path:
    """A folder of two versions; the first is current."""
    folder = artifact_folder.parent
    (folder / "untrained-2").mkdir()
    save_artifact(replace(artifact, version="untrained-2"), folder / "untrained-2")
    make_current(folder, "untrained-1")
    return folder


def make_current(models: Path, version: str) -> None:
    """Move the link as publishing does: by one rename."""
    link = models / ".next"
    link.symlink_to(version)
    link.replace(models / CURRENT)


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
    env = {"SENTIMENT_MODELS": str(models), "SENTIMENT_WORKERS": "1", **QUICK}
    with serving(tmp_path, **env) as (client, process):
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
