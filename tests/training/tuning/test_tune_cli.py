"""The command `sentiment-train tune` as a process: extras, kills, time."""

import subprocess
import sys
import time

import pytest
from running import patience
from toy import SEARCHED_RECIPE, reviews, write
from train_commands import begun, train

from training.recipes.config import read_recipe

# Beyond what Python takes to start: enough for some trials of a toy.
SECONDS = 4


@pytest.fixture
def folder(tmp_path):
    return toy_folder(tmp_path)


def toy_folder(folder):
    write(folder / "reviews.csv", reviews(150))
    (folder / "toy.toml").write_text(SEARCHED_RECIPE)
    return folder


@pytest.fixture(scope="module")
def start(tmp_path_factory):
    """How many seconds Python takes on this machine before it searches at all."""
    began = time.monotonic()
    subprocess.run(
        [sys.executable, "-c", "import training.tuning.tune"],
        cwd=tmp_path_factory.mktemp("start"),
        check=True,
    )
    return time.monotonic() - began


def search(folder, *arguments, start):
    """Search for some seconds, and on a machine too busy for a trial again.

    Return what the last search said, and how many seconds it took beyond those that it
    was given.
    """
    for attempt in range(6):
        # Starting counts as time of the search.
        seconds = (SECONDS + 2 * start) * (1 + attempt)
        began = time.monotonic()
        done = train(
            *("tune", "toy.toml", "--minutes", f"{seconds / 60:.3f}", *arguments),
            *(["--resume"] if attempt else []),
            cwd=folder,
        )
        beyond = time.monotonic() - began - seconds
        if done.returncode == 0:
            return done, beyond
        assert "too short" in done.stderr, done.stderr
    raise AssertionError(done.stderr)


@pytest.fixture(scope="module")
def searched(start, tmp_path_factory):
    """What a search left, what it said, and how many seconds too long it took."""
    folder = toy_folder(tmp_path_factory.mktemp("searched"))
    return folder, *search(folder, "--out", "best.toml", start=start)


def test_a_search_writes_a_recipe_that_runs(searched, train_here):
    folder, done, _ = searched
    assert "validation macro-F1" in done.stdout
    assert "recipe: best.toml" in done.stdout
    story = (folder / "best.toml").read_text().splitlines()[0]
    assert story.startswith("# Found by: sentiment-train tune toy.toml --minutes ")
    ran = train_here("run", "best.toml", "--quiet", cwd=folder)
    assert ran.returncode == 0, ran.stderr
    assert "published: models/toy-tuned-" in ran.stdout


def test_a_search_keeps_its_time(searched, start):
    _, _, beyond = searched
    # It may begin late and end late, by what Python takes for that.
    assert beyond < (2 * start + 5) * patience()


def test_a_search_that_was_killed_goes_on(folder, train_here):
    table = folder / "runs/tuning/toy/trials.csv"

    def two_trials():
        return table.exists() and len(table.read_text().splitlines()) > 2

    words = ("tune", "toy.toml", "--minutes", "60", "--quiet")
    with begun(*words, cwd=folder, until=two_trials) as process:
        process.kill()
        process.wait()
    assert read_recipe(folder / "runs/tuning/toy/best.toml").name == "toy-tuned"
    before = table.read_text().splitlines()
    again = train_here(*words, "--trials", "1", "--resume", cwd=folder)
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
    assert "the extra 'tune'" in done.stderr
    assert "`make install-tune`" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (folder / "runs").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "--minutes"),
        (["--minutes", "0"], "--minutes must be above 0"),
        (["--minutes", "1", "--trials", "0"], "0 is not in the range"),
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
