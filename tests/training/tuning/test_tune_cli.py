"""The command `sentiment-train tune` as a process: extras, kills, Ctrl-C, time."""

import os
import signal
import subprocess
import sys
import time

import pytest

from tests.training.test_pipeline import reviews, write
from tests.training.tuning.test_tune import TOY
from training.config import read_recipe


@pytest.fixture
def folder(tmp_path):
    write(tmp_path / "reviews.csv", reviews(150))
    (tmp_path / "toy.toml").write_text(TOY)
    return tmp_path


def command(*arguments):
    return [sys.executable, "-m", "training.cli", *arguments]


def run(*arguments, cwd):
    return subprocess.run(
        command(*arguments), capture_output=True, text=True, cwd=cwd, check=False
    )


def test_a_search_writes_a_recipe_that_runs_and_keeps_its_time(folder):
    began = time.monotonic()
    # Much for a process to start on a busy machine, little for a search.
    done = run("tune", "toy.toml", "--minutes", "0.5", "--out", "best.toml", cwd=folder)
    took = time.monotonic() - began
    assert done.returncode == 0, done.stderr
    assert "validation macro-F1" in done.stdout
    assert "recipe: best.toml" in done.stdout
    assert took < 60  # 30 for the search, the rest is Python's own start and end
    story = (folder / "best.toml").read_text().splitlines()[0]
    expected = "# Found by: sentiment-train tune toy.toml --minutes 0.5 --out best.toml"
    assert story == expected
    ran = run("run", "best.toml", "--quiet", cwd=folder)
    assert ran.returncode == 0, ran.stderr
    assert "published: models/toy-tuned-" in ran.stdout


def wait_for_trials(process, table, count):
    deadline = time.monotonic() + 120
    while not (table.exists() and len(table.read_text().splitlines()) > count):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_a_search_that_was_ended_goes_on(folder, how):
    table = folder / "runs/tuning/toy/trials.csv"
    process = subprocess.Popen(
        command("tune", "toy.toml", "--minutes", "60", "--quiet"),
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        # A shell's background jobs begin with SIGINT ignored; this one may not.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    wait_for_trials(process, table, 2)
    os.kill(process.pid, how)
    _, errors = process.communicate(timeout=60)
    if how is signal.SIGINT:
        assert process.returncode == 130, errors
        assert "--resume goes on" in errors
    assert read_recipe(folder / "runs/tuning/toy/best.toml").name == "toy-tuned"
    before = table.read_text().splitlines()
    again = run("tune", "toy.toml", "--minutes", "0.4", cwd=folder)
    assert again.returncode == 2
    assert "go on with it by --resume" in again.stderr
    again = run("tune", "toy.toml", "--minutes", "0.4", "--resume", cwd=folder)
    assert again.returncode == 0, again.stderr
    after = table.read_text().splitlines()
    assert after[: len(before)] == before
    assert len(after) > len(before)


@pytest.mark.parametrize("missing", ["optuna", "tomlkit"])
def test_without_the_extra_it_is_named(folder, missing):
    code = (
        f"import sys; sys.modules[{missing!r}] = None\n"
        "from training.cli import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "tune", "toy.toml", "--minutes", "1"],
        capture_output=True,
        text=True,
        cwd=folder,
        check=False,
    )
    assert done.returncode == 2
    assert "pip install 'sentiment[tune]'" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (folder / "runs").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "--minutes"),
        (["--minutes", "0"], "--minutes must be above 0"),
        (["--minutes", "1", "--max-megabytes", "0"], "--max-megabytes must be above"),
        (["--minutes", "1", "--keep", "hidden"], "model.hidden_dim"),
        (["--minutes", "1", "--out", "toy.toml"], "name another file"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line(folder, arguments, message):
    done = run("tune", "toy.toml", *arguments, cwd=folder)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert not (folder / "runs").exists()
