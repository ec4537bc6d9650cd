"""A start with a bad model ends in one clear line; an end leaves nothing behind."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from running import ROOT, environment, free_port, serving


def start(folder: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """Run gunicorn until it ends by itself."""
    config = ROOT / "service" / "gunicorn.conf.py"
    command = [sys.executable, "-m", "gunicorn", "-c", str(config)]
    # Its workers find the service where the tests do.
    settings = {"SENTIMENT_BIND": f"127.0.0.1:{free_port()}", "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        command,
        cwd=folder,
        env=environment(**settings, **env),
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )


def test_a_damaged_model_is_named_and_nothing_is_served(artifact_folder, tmp_path):
    weights = artifact_folder / "model.safetensors"
    os.truncate(weights, weights.stat().st_size - 1)
    done = start(tmp_path, SENTIMENT_MODEL=str(artifact_folder), SENTIMENT_WORKERS="1")
    assert done.returncode != 0
    assert "model.safetensors is damaged" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_operators_folder_keeps_what_is_in_it(artifact_folder, tmp_path):
    """At its end the service once removed all of the folder set for its notes."""
    notes = tmp_path / "notes"
    notes.mkdir()
    (notes / "mine").write_text("precious")
    env = {"SENTIMENT_RUN_FOLDER": str(notes), "SENTIMENT_WORKERS": "1"}
    env["SENTIMENT_DRAIN_SECONDS"] = "0"
    with serving(tmp_path, "--model", artifact_folder, **env) as (client, process):
        assert len(list(notes.iterdir())) == 2
        # What an earlier service left, killed before it could tidy up, changes nothing.
        left = notes / "sentiment-run-left"
        shutil.copytree(next(notes.glob("sentiment-run-*")), left)
        assert client.predict(text="good").status == 200
        process.terminate()
        assert process.wait(timeout=240) == 0
    assert sorted(path.name for path in notes.iterdir()) == ["mine", left.name]


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "notes").write_text("a file")
    done = start(tmp_path, SENTIMENT_RUN_FOLDER=str(tmp_path / "notes"))
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith("sentiment: ")
    assert f"cannot create {tmp_path / 'notes'}, where" in done.stderr
    assert "(File exists)" in done.stderr
    assert "SENTIMENT_RUN_FOLDER" in done.stderr
    assert "Traceback" not in done.stderr
