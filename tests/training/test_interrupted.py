"""Ctrl-C during a training: it is told that --resume goes on, where something can."""

import re

import pytest
from toy import reviews, toy_toml, write
from train_commands import begun, press_ctrl_c

from training.commands.exits import resumable
from training.disk.unfinished import discard

# It ends by Ctrl-C alone, and leaves checkpoints from the beginning.
ENDLESS = {"epochs": 100_000, "patience": 100_000, "checkpoint_minutes": 0.0001}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("interrupted")
    write(folder / "reviews.csv", reviews(120))
    tables = {"training": ENDLESS, "language_model": {"epochs": 100_000}}
    (folder / "toy.toml").write_text(toy_toml(**tables))
    return folder


def interrupted(folder, command, name):
    """Send Ctrl-C as soon as a checkpoint is there; return the exit code and stderr."""
    once = folder / "runs/checkpoints" / name / "state.json"
    words = (command, "toy.toml", "--quiet")
    with begun(*words, cwd=folder, until=once.exists) as process:
        return press_ctrl_c(process)


@pytest.fixture(scope="module")
def interrupted_run(folder):
    return interrupted(folder, "run", "toy")


def test_an_interrupted_run_says_how_to_go_on(interrupted_run):
    says_how_to_go_on(*interrupted_run)


def test_an_interrupted_pretraining_says_how_to_go_on(folder):
    says_how_to_go_on(*interrupted(folder, "pretrain", "toy-language-model"))


def says_how_to_go_on(code, said):
    assert code == 130
    assert said.splitlines()[-1] == (
        "sentiment-train: interrupted; --resume goes on from what is done"
    )
    assert "Traceback" not in said


def test_before_the_first_checkpoint_it_is_told_that_nothing_was_saved(
    tmp_path, capsys
):
    # "interrupted" alone left open whether --resume would help.
    with pytest.raises(SystemExit, match="130"), resumable(tmp_path, "state.json"):
        raise KeyboardInterrupt
    assert capsys.readouterr().err == (
        "sentiment-train: interrupted; nothing was saved yet that --resume could go on "
        "from\n"
    )


def test_a_training_begun_anew_tells_what_it_discards(
    folder, interrupted_run, train_here, caplog
):
    (folder / "anew.toml").write_text(toy_toml(training={"epochs": 1}))
    caplog.set_level("INFO")
    anew = train_here("run", "anew.toml", "--quiet", cwd=folder)
    assert anew.returncode == 0, anew.stderr
    assert "an unfinished training is discarded (epoch " in caplog.text


def test_a_training_that_goes_on_says_where(tmp_path, train_here):
    """It said neither that, nor that there was nothing to go on with."""
    write(tmp_path / "reviews.csv", reviews(120))
    (tmp_path / "toy.toml").write_text(toy_toml(training=ENDLESS))
    assert interrupted(tmp_path, "run", "toy")[0] == 130
    (tmp_path / "toy.toml").write_text(toy_toml(training={**ENDLESS, "patience": 1}))
    command = ("run", "toy.toml", "--resume", "--no-publish")
    again = train_here(*command, cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    told = "--resume goes on with an unfinished training: epoch "
    assert again.stderr.splitlines()[0].startswith(told)
    (tmp_path / "toy.toml").write_text(toy_toml(training={"epochs": 1}))
    again = train_here(*command, cwd=tmp_path)
    assert again.stderr.splitlines()[0] == (
        "--resume found nothing unfinished: starting at epoch 1"
    )
    # A bar that goes into a file is hundreds of lines without an end.
    assert "\r" not in again.stderr
    assert re.search(r"^epoch 1: .* macro-F1 \d+\.\d\d, ", again.stderr, re.MULTILINE)


def test_how_far_an_unfinished_training_came_is_told_in_epochs_and_minutes(
    tmp_path, caplog
):
    (tmp_path / "state.json").write_text(
        '{"epoch": 2, "seconds": 60.5, '
        '"history": {"epochs": [{"seconds": 90}, {"seconds": 90.5}]}}'
    )
    discard(tmp_path)
    assert "discarded (epoch 3, 4 minutes), since --resume was not" in caplog.text
    assert not tmp_path.exists()


def test_a_checkpoint_that_cannot_be_read_is_discarded_all_the_same(tmp_path, caplog):
    (tmp_path / "state.json").write_text("{}")
    discard(tmp_path)
    assert "discarded (it cannot be read)" in caplog.text
    assert not tmp_path.exists()


def test_where_nothing_is_left_nothing_is_said(tmp_path, caplog):
    discard(tmp_path / "none")
    assert not caplog.text
