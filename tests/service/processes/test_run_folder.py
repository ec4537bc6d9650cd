"""Where the workers share their numbers: a folder of their own, and nobody else's."""

import os
import shutil
from pathlib import Path

import pytest
from running import log_lines, metric, serving, wait_for

from service.processes import run_folder
from service.settings import Settings


@pytest.fixture(autouse=True)
def _nothing_lent(monkeypatch):
    for name in ("_SENTIMENT_RUN", "PROMETHEUS_MULTIPROC_DIR"):
        monkeypatch.setenv(name, "")


def lent(within: Path | None) -> Path:
    run_folder.lend(within)
    run = run_folder.lent()
    assert run is not None
    return run


def test_the_workers_share_a_new_folder_that_goes_with_them():
    run = lent(None)
    metrics = Path(os.environ["PROMETHEUS_MULTIPROC_DIR"])
    assert list(metrics.iterdir()) == []
    assert metrics.parent == run
    run_folder.remove()
    assert not run.exists()


def test_the_run_folder_lies_in_memory_where_there_is_such_a_folder(
    monkeypatch, tmp_path
):
    monkeypatch.setattr(run_folder, "_MEMORY_DISK", tmp_path)
    run = lent(None)
    assert run.parent == tmp_path
    monkeypatch.setattr(run_folder, "_MEMORY_DISK", tmp_path / "none")
    elsewhere = lent(None)
    assert elsewhere.parent != tmp_path
    run_folder.remove()


def test_an_earlier_runs_numbers_are_not_read_nor_an_operators_files_removed(tmp_path):
    kept = sorted(("mine", "metrics", "sentiment-run-killed"))
    for name in kept:
        (tmp_path / name).mkdir()
        (tmp_path / name / "counter_1.db").write_bytes(b"old")
    run = lent(tmp_path)
    assert os.listdir(os.environ["PROMETHEUS_MULTIPROC_DIR"]) == []
    assert os.listdir(run) == ["metrics"]
    run_folder.remove()
    assert sorted(os.listdir(tmp_path)) == kept


def test_a_worker_that_finds_it_tidied_away_makes_it_again(tmp_path):
    """systemd empties /dev/shm of a user who has logged out."""
    run = lent(tmp_path)
    shutil.rmtree(run)
    mark = run_folder.hold()
    assert mark is not None
    assert sorted(os.listdir(run)) == ["in-use", "metrics"]
    run_folder.leave(mark)
    mark.close()
    assert not run.exists()


def test_without_one_nothing_is_held_or_removed(monkeypatch, tmp_path):
    """The setting alone names a folder of the operator's."""
    monkeypatch.setenv("SENTIMENT_RUN_FOLDER", str(tmp_path))
    assert run_folder.lent() is None
    assert run_folder.hold() is None
    run_folder.remove()
    assert tmp_path.exists()


def test_the_setting_means_the_same_folder_in_every_process(monkeypatch, tmp_path):
    monkeypatch.setenv("SENTIMENT_RUN_FOLDER", str(tmp_path))
    run = lent(Settings.from_environment().run_folder)
    assert run.parent == tmp_path
    assert Settings.from_environment().run_folder == tmp_path
    run_folder.remove()


def test_workers_whose_folder_is_tidied_away_go_on(models, tmp_path):
    """/metrics and /info answered 500, and no published model was taken over."""
    shutil.copytree(models, tmp_path / "models", symlinks=True)
    run = tmp_path / "run"
    env = {
        "SENTIMENT_MODELS": str(tmp_path / "models"),
        "SENTIMENT_RUN_FOLDER": str(run),
        "SENTIMENT_WORKERS": "1",
        "SENTIMENT_RELOAD_SECONDS": "0.1",
    }
    with serving(tmp_path, **env) as (client, _):
        assert client.predict(text="good").status == 200
        shutil.rmtree(run)
        assert client.predict(text="good").status == 200
        assert metric(client, "sentiment_texts_total") == 2
        assert client.get("/info").json()["drift"]["live"]["texts"] == 2
        # The same model anew is another one to the watcher.
        (tmp_path / "models" / "served-1" / "manifest.json").touch()
        wait_for(lambda: list(run.glob("*/serving")), "the note of a model taken over")
    warned = [
        line
        for line in log_lines(tmp_path / "serve.log")
        if "its own numbers" in line.get("message", "")
    ]
    assert len(warned) == 1
