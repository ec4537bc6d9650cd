"""The command sentiment-train as a process: exit codes, and no traceback for anyone."""

import json
import re
import runpy
from concurrent.futures.process import BrokenProcessPool

import pytest
import torch
from click.testing import CliRunner
from toy import RECIPE, reviews, toy_toml, write
from train_commands import train

from training.cli import cli, main


def test_a_model_is_trained_listed_and_rolled_back(tmp_path, train_here):
    write(tmp_path / "reviews.csv", reviews(300))
    (tmp_path / "toy.toml").write_text(RECIPE)
    first = train("run", "toy.toml", cwd=tmp_path)
    assert first.returncode == 0, first.stderr
    assert "published: models/toy-" in first.stdout
    listed = train_here("models", "list", cwd=tmp_path)
    version = listed.stdout.split()[1]
    assert listed.stdout.startswith("* toy-")
    assert train_here("models", "promote", version, cwd=tmp_path).returncode == 0
    back = train_here("models", "rollback", cwd=tmp_path)
    assert back.returncode == 2
    assert "Traceback" not in back.stderr
    judged = train_here("evaluate", "toy.toml", "--split", "validation", cwd=tmp_path)
    assert judged.returncode == 0
    assert judged.stdout.startswith("validation split\n")
    assert "reviews" in judged.stdout
    # What a run prints is of the test, so that the two can be compared.
    judged = train_here("evaluate", "toy.toml", "--split", "test", cwd=tmp_path)
    assert judged.stdout.splitlines() == first.stdout.splitlines()[:2]
    as_json = train_here("evaluate", "toy.toml", "--json", cwd=tmp_path)
    assert json.loads(as_json.stdout)["split"] == "validation"


def test_who_publishes_nothing_is_not_told_how_to_publish_past_the_gate(
    tmp_path, train_here
):
    write(tmp_path / "reviews.csv", reviews(300))
    slow = {"epochs": 1, "learning_rate": 1e-9}
    for settings, options in (
        ({"epochs": 6, "learning_rate": 0.02}, []),
        (slow, ["--no-publish"]),
        (slow, []),
    ):
        (tmp_path / "toy.toml").write_text(toy_toml(training=settings))
        done = train_here("run", "toy.toml", "--quiet", *options, cwd=tmp_path)
        if settings is slow:
            assert "worse: macro-F1 changes by -" in done.stderr
            assert ("--publish-anyway toy-" in done.stderr) is (not options)
            assert done.returncode == (0 if options else 1)


DOMAINS = (
    toy_toml(training={"epochs": 1})
    + """
[[sources]]
name = "films"
path = "films.csv"
domain = "films"
"""
)


def test_a_model_without_a_domain_is_evaluated_and_not_published(tmp_path, train_here):
    """It became the current one, and the service answered with it."""
    rows = reviews(600)
    write(tmp_path / "reviews.csv", rows[:300])
    write(tmp_path / "films.csv", rows[300:])
    (tmp_path / "toy.toml").write_text(DOMAINS)
    without = ("run", "toy.toml", "--quiet", "--leave-out", "films")
    done = train_here(*without, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "not published, since it is without films" in done.stdout
    assert "films" in done.stdout
    assert not (tmp_path / "models").exists()
    (kept,) = (tmp_path / "runs").glob("toy-without-films-*/model/manifest.json")
    assert kept.is_file()
    forced = train_here(*without, "--publish-anyway", "toy-1", cwd=tmp_path)
    assert forced.returncode == 2
    assert "--publish-anyway and --leave-out exclude each other" in forced.stderr


def test_only_the_first_published_model_takes_the_bundled_ones_place(
    tmp_path, train_here
):
    write(tmp_path / "reviews.csv", reviews(300))
    (tmp_path / "toy.toml").write_text(RECIPE)
    said = "the service now answers with this model instead of the bundled one"
    run = ("run", "toy.toml", "--quiet")
    for options, first in (
        (["--no-publish"], False),
        (["--models", "elsewhere"], False),
        ([], True),
        ([], False),
    ):
        done = train_here(*run, *options, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert (said in done.stdout) is first


def said_by_a_run(train_here, folder, rows, recipe):
    write(folder / "reviews.csv", rows)
    (folder / "toy.toml").write_text(recipe)
    done = train_here("run", "toy.toml", "--quiet", cwd=folder)
    assert done.returncode == 0, done.stderr
    warnings = [
        line for line in done.stderr.splitlines() if line.startswith("warning: ")
    ]
    return done.stdout, warnings


def test_a_model_that_a_simple_one_beats_is_published_and_told_of(tmp_path, train_here):
    """The first publication stays outside the gate; nothing was said of it at all."""
    untaught = toy_toml(training={"epochs": 1, "learning_rate": 1e-6})
    untaught = untaught.replace('["majority"]', '["majority", "tfidf"]')
    stdout, warnings = said_by_a_run(train_here, tmp_path, reviews(300), untaught)
    figures = stdout.splitlines()[2].split()
    assert figures[:3] == ["beside", "it,", "macro-F1"]
    assert (figures[3], figures[5]) == ("majority", "tfidf")
    assert "published: models/toy-" in stdout
    assert len(warnings) == 3
    assert f"TF-IDF with logistic regression ({figures[6]})" in warnings[0]
    assert 'or start_from = "bundled"' in warnings[0]
    assert "accuracy" in warnings[1]
    assert 'class_weights = "none" in [[sources]]' in warnings[1]
    page = next((tmp_path / "runs").glob("*/report.md")).read_text()
    for said in warnings:
        assert f"**Warning**: {said.removeprefix('warning: ')}." in page
    assert "the test split has only " in warnings[2]
    assert "a larger share for test in [split]" in warnings[2]


def test_a_good_model_of_enough_texts_is_told_of_a_better_bundled_one_alone(
    tmp_path, train_here
):
    taught = toy_toml(training={"epochs": 4, "learning_rate": 0.02})
    taught = taught.replace("validation = 0.2", "validation = 0.1")
    # No text is neutral: that is no lack of test texts.
    rows = [one for one in reviews(600) if one[1] != "neutral"]
    aware = taught.replace("[[sources]]", "[[sources]]\ntwo_class = true")
    stdout, (warning,) = said_by_a_run(train_here, tmp_path, rows, aware)
    assert re.search(r"beside it, macro-F1 +majority \d\S+ +bundled \d", stdout)
    assert re.search(r"is below that of the bundled model \(\S+\): ", warning)
    # Compared with the first now, not with the bundled one.
    _, (warning,) = said_by_a_run(train_here, tmp_path, rows, taught)
    assert "A possible solution is two_class = true" in warning


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "defualt"], "did you mean 'default'"),
        (["run", "toy.toml"], "--data DIR"),
        (["run", "--publish-anyway", "x-1", "toy.toml"], "published version is none"),
        (["models", "promote", "none-such"], "there is no folder models"),
        (
            ["run", "--publish-anyway", "x-1", "--no-publish", "toy.toml"],
            "--publish-anyway and --no-publish exclude each other",
        ),
        (["run", "toy.toml", "--models", ""], "'--models': it is empty: name a folder"),
        (["distill", "toy.toml", "--runs", ""], "'--runs': it is empty: name a folder"),
        (["dance"], "no such command"),
        (["run", "toy.toml", "--data", "nowhere"], "there is no nowhere/reviews.csv"),
        (["distill", "toy.toml", "--workers", "0"], "0 is not in the range"),
        (["pretrain", "toy.toml", "--sample", "-1"], "-1 is not in the range"),
        (["tune", "toy.toml", "--minutes", "1", "--seed", "-1"], "-1 is not in the"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line(
    tmp_path, train_here, arguments, message
):
    (tmp_path / "toy.toml").write_text(RECIPE)
    done = train_here(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "models").exists()


def test_what_is_not_an_option_is_said_in_one_line(tmp_path, train_here):
    """It took three, the last of them an "Error:"."""
    done = train_here("run", "--rsume", cwd=tmp_path)
    (said,) = done.stderr.splitlines()
    assert (done.returncode, "Did you mean" in said) == (2, True)
    assert said.startswith("sentiment-train: no such option")
    assert said.endswith("(sentiment-train run --help)")


@pytest.mark.parametrize("words", [["gone.toml"], ["run", "gone.toml"]])
def test_the_pipelines_module_runs_a_recipe_as_its_usage_says(
    monkeypatch, capsys, words
):
    """The usage line said run, which was then taken for the recipe."""
    monkeypatch.setattr("sys.argv", ["pipeline.py", *words])
    with pytest.raises(SystemExit):
        runpy.run_module("training.pipeline", run_name="__main__")
    assert "there is no recipe gone.toml" in capsys.readouterr().err


def test_a_gpu_that_is_not_there_is_said_before_anything_is_learned(
    tmp_path, train_here, monkeypatch
):
    write(tmp_path / "reviews.csv", reviews(60))
    (tmp_path / "toy.toml").write_text(
        toy_toml(training={"device": "cuda", "epochs": 2})
    )
    # Where there is one, it is hidden.
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    done = train_here("run", "toy.toml", cwd=tmp_path)
    assert done.returncode == 2
    assert "device is 'cuda', and torch finds no GPU here" in done.stderr
    assert "Traceback" not in done.stderr


def test_gradients_that_explode_are_said_in_a_line(tmp_path, train_here):
    write(tmp_path / "reviews.csv", reviews(60))
    (tmp_path / "toy.toml").write_text(toy_toml(training={"learning_rate": 1e30}))
    done = train_here("run", "toy.toml", "--quiet", cwd=tmp_path)
    assert done.returncode != 0
    assert done.stderr.count("the gradients exploded") == 1
    assert "FloatingPointError" not in done.stderr


def ended_by(monkeypatch, capsys, error):
    """Return the exit code and the words of a command that ``error`` ends."""

    def end(**_):
        raise error

    monkeypatch.setattr("training.cli.cli", end)
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code, capsys.readouterr().err


def test_a_full_gpu_is_said_with_the_way_out(monkeypatch, capsys):
    full = torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 9 GiB.\nMore")
    code, said = ended_by(monkeypatch, capsys, full)
    assert code == 2
    assert "lower batch_tokens" in said
    assert "Tried to allocate 9 GiB" in said


def test_exhausted_memory_without_a_message_is_said_with_the_way_out(
    monkeypatch, capsys
):
    code, said = ended_by(monkeypatch, capsys, MemoryError())
    assert code == 2
    assert "the memory does not suffice" in said
    assert "(MemoryError)" in said


@pytest.mark.parametrize(
    "fault", [RuntimeError("ours"), ModuleNotFoundError("ours", name="training.typo")]
)
def test_a_fault_of_ours_keeps_its_traceback(monkeypatch, fault):
    def end(**_):
        raise fault

    monkeypatch.setattr("training.cli.cli", end)
    with pytest.raises(type(fault), match="ours"):
        main()


def test_a_killed_process_that_labels_is_said_with_the_way_out(tmp_path, monkeypatch):
    write(tmp_path / "reviews.csv", reviews(60))
    (tmp_path / "toy.toml").write_text(RECIPE)

    def killed(*_, **__):
        raise BrokenProcessPool("A process was terminated abruptly")

    monkeypatch.setattr("training.distillation.label.label", killed)
    done = CliRunner().invoke(
        cli, ["distill", str(tmp_path / "toy.toml"), "--data", str(tmp_path)]
    )
    assert done.exit_code == 2
    assert "--resume, which keeps what is labelled, with fewer --workers" in done.output
