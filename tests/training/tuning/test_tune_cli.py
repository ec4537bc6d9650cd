"""The command `sentiment-train tune` as a process: extras, kills, Ctrl-C, time."""

import os
import signal
import subprocess
import sys
import time

import pytest
from running import patience
from toy_reviews import reviews, write
from train_commands import SEARCHED_RECIPE, train, train_command

from training.config import read_recipe


@pytest.fixture
def folder(tmp_path):
    write(tmp_path / "reviews.csv", reviews(150))
    (tmp_path / "toy.toml").write_text(SEARCHED_RECIPE)
    return tmp_path


def seconds_to_start(folder):
    """How long Python takes on this machine, now, before it searches at all."""
    began = time.monotonic()
    subprocess.run(
        [sys.executable, "-c", "import training.tuning.tune"], cwd=folder, check=True
    )
    return time.monotonic() - began


def search(folder, *arguments, until):
    """Search for some seconds, and on a machine too busy for a trial again."""
    for attempt in range(6):
        # Starting counts as time of the search.
        minutes = (8 + 2 * seconds_to_start(folder)) / 60
        done = train(
            *("tune", "toy.toml", "--minutes", f"{minutes:.3f}", *arguments),
            *(["--resume"] if attempt else []),
            cwd=folder,
        )
        if until(done):
            return done
        assert done.returncode == 0 or "too short" in done.stderr, done.stderr
    raise AssertionError(done.stderr)


def test_a_search_writes_a_recipe_that_runs(folder):
    done = search(folder, "--out", "best.toml", until=lambda run: run.returncode == 0)
    assert "validation macro-F1" in done.stdout
    assert "recipe: best.toml" in done.stdout
    story = (folder / "best.toml").read_text().splitlines()[0]
    assert story.startswith("# Found by: sentiment-train tune toy.toml --minutes ")
    ran = train("run", "best.toml", "--quiet", cwd=folder)
    assert ran.returncode == 0, ran.stderr
    assert "published: models/toy-tuned-" in ran.stdout


def test_a_search_keeps_its_time(folder):
    start = seconds_to_start(folder)
    began = time.monotonic()
    train("tune", "toy.toml", "--minutes", f"{(8 + start) / 60:.3f}", cwd=folder)
    took = time.monotonic() - began
    # Beyond the minutes Python starts and ends.
    assert took < (8 + 3 * start + 5) * patience()


def wait_for_trials(process, table, count):
    deadline = time.monotonic() + 240
    while not (table.exists() and len(table.read_text().splitlines()) > count):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_a_search_that_was_ended_goes_on(folder, how):
    table = folder / "runs/tuning/toy/trials.csv"
    process = subprocess.Popen(
        train_command("tune", "toy.toml", "--minutes", "60", "--quiet"),
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        # A shell's background jobs begin with SIGINT ignored; this one may not.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    wait_for_trials(process, table, 2)
    os.kill(process.pid, how)
    _, errors = process.communicate(timeout=400)
    if how is signal.SIGINT:
        assert process.returncode == 130, errors
        assert "--resume goes on" in errors
    assert read_recipe(folder / "runs/tuning/toy/best.toml").name == "toy-tuned"
    before = table.read_text().splitlines()
    again = train("tune", "toy.toml", "--minutes", "1", cwd=folder)
    assert again.returncode == 2
    assert "go on with it by --resume" in again.stderr
    search(
        *(folder, "--resume"),
        until=lambda _: len(table.read_text().splitlines()) > len(before) + 1,
    )
    assert table.read_text().splitlines()[: len(before)] == before


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
def test_what_cannot_be_done_is_said_in_a_line(folder, train_here, arguments, message):
    done = train_here("tune", "toy.toml", *arguments, cwd=folder)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert not (folder / "runs").exists()
