"""Of processes that torchrun started, one has a voice, and is given time to use it."""

from contextlib import contextmanager

import pytest
from toy import toy_toml
from train_commands import train_twofold

from sentiment.errors import ConfigError
from training.commands import together as module
from training.commands.together import together
from training.fitting import parallel
from training.fitting.parallel import Ranks

# torchrun ends the others as soon as it sees that one has left, wherever they are.
FIRST_IS_LATE = """
import os
import time

from training.cli import main

if os.environ["RANK"] == "0":
    time.sleep(2)
main()
"""


@pytest.mark.parametrize(("rank", "times"), [("0", 1), ("1", 0)])
def test_what_processes_cannot_share_is_left_to_one(
    rank, times, tmp_path, train_here, monkeypatch
):
    """Each would write the same soft labels over the others'."""
    (tmp_path / "toy.toml").write_text(toy_toml())
    as_torchrun_sets = {"TORCHELASTIC_RUN_ID": "1", "WORLD_SIZE": "2", "RANK": rank}
    for name, value in as_torchrun_sets.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(module.time, "sleep", lambda _: None)
    done = train_here("distill", "toy.toml", cwd=tmp_path)
    assert done.returncode == 2
    lines = done.stderr.splitlines()
    assert len(lines) == times
    assert all("distill is the work of one process" in line for line in lines)
    assert not (tmp_path / "runs").exists()


def test_what_one_process_says_and_all_end_with(tmp_path):
    """The reviews of the recipe are in no process's reach."""
    (tmp_path / "late.py").write_text(FIRST_IS_LATE)
    (tmp_path / "toy.toml").write_text(toy_toml())
    words = ("run", "toy.toml", "--models", "models", "--quiet")
    done = train_twofold(*words, cwd=tmp_path, program=("late.py",))
    assert done.returncode != 0
    assert done.stderr.count("sentiment-train: ") == 1
    assert "exitcode  : 2" in done.stderr
    assert "Error:" not in done.stderr.split("torch.distributed")[0]
    assert not (tmp_path / "models").exists()


class Second(Ranks):
    """The second of two processes; the first ends as ``code`` says, or goes on."""

    code: int | None = None

    def __init__(self):
        super().__init__(rank=1, size=2)

    def hear_exit(self, within=None):  # noqa: ARG002
        if self.code is None:
            raise TimeoutError
        return self.code


@pytest.fixture
def waits(monkeypatch):
    """Be the second process; return how long it waited before it left."""
    seconds = []

    @contextmanager
    def joined():
        yield Second()

    monkeypatch.setattr(parallel, "joined", joined)
    monkeypatch.setattr(module.time, "sleep", seconds.append)
    return seconds


def lack_a_file():
    raise ConfigError("no file 'reviews.csv'")


def test_what_goes_wrong_in_another_alone_it_says_itself(waits, capsys):
    with pytest.raises(SystemExit, match="2"):
        together(lambda: 0, lack_a_file)
    said = "sentiment-train: process 1 of 2: no file 'reviews.csv'\n"
    assert capsys.readouterr().err == said


def explode():
    raise FloatingPointError("the gradients exploded")


@pytest.mark.parametrize("assist", [lack_a_file, explode, lambda: None])
def test_another_is_silent_and_lets_the_first_speak(waits, assist, monkeypatch, capsys):
    monkeypatch.setattr(Second, "code", 2)
    with pytest.raises(SystemExit, match="2"):
        together(lambda: 0, assist)
    assert capsys.readouterr().err == ""
    assert waits == [30]


def test_another_leaves_at_once_when_all_went_well(waits, monkeypatch):
    monkeypatch.setattr(Second, "code", 0)
    with pytest.raises(SystemExit, match="0"):
        together(lambda: 1, lambda: None)
    assert waits == []
