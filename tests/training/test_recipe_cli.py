"""The command `sentiment-train recipe`: a file of reviews becomes a recipe."""

import subprocess
import sys

import pytest
from click.testing import CliRunner
from toy import reviews, write

from training.cli import cli
from training.recipes.config import read_recipe


def printed(*arguments):
    return CliRunner().invoke(cli, ["recipe", *arguments])


def test_the_reference_can_be_checked_as_it_stands(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "reviews.csv", reviews(60))
    (tmp_path / "mine.toml").write_text(printed().stdout)
    done = CliRunner().invoke(cli, ["check", "mine.toml"])
    assert done.exit_code == 0, done.output


@pytest.mark.parametrize("every", [(), ("--every",)])
def test_a_file_of_reviews_becomes_a_recipe_that_is_accepted(
    tmp_path, monkeypatch, every
):
    monkeypatch.chdir(tmp_path)
    rows = [(text, label[:3].title()) for text, label in reviews(200)]
    write(tmp_path / "my shop.csv", rows, header=("Review", "Sentiment"))
    done = printed("my shop.csv", *every)
    assert done.exit_code == 0, done.output
    assert (
        done.stderr.splitlines()[0] == "my shop.csv: 200 rows; texts: column 'Review'"
    )
    (tmp_path / "mine.toml").write_text(done.stdout)
    config = read_recipe("mine.toml")
    assert config.name == "my-shop"
    assert config.start_from
    checked = CliRunner().invoke(cli, ["check", "mine.toml"])
    assert checked.exit_code == 0, checked.output
    assert "skipped" not in checked.output


def test_from_a_file_of_reviews_to_a_model_in_two_commands(tmp_path, train_here):
    write(tmp_path / "reviews.csv", reviews(120), header=("said", "mood"))
    (tmp_path / "mine.toml").write_text(
        train_here("recipe", "reviews.csv", cwd=tmp_path).stdout
    )
    done = train_here("run", "mine.toml", "--quiet", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "published: models/reviews-" in done.stdout


def test_names_of_columns_and_labels_can_be_said(tmp_path):
    file = tmp_path / "reviews.csv"
    write(file, [("so good", "ja"), ("so bad", "nein")], header=("a", "b"))
    said = ("--text-column", "a", "--label-column", "b")
    done = printed(
        str(file), *said, "--label", "ja=positive", "--label", "nein=negative"
    )
    assert 'labels = { ja = "positive", nein = "negative" }' in done.stdout


def test_a_file_whose_name_looks_like_a_pattern_is_a_file(tmp_path):
    file = tmp_path / "shop [1].csv"
    write(file, reviews(20))
    done = printed(str(file))
    assert done.exit_code == 0, done.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--text-column", "a"], "those of REVIEWS: name it"),
        (["x.csv", "--label", "a=b"], "write THEIRS=OURS, where OURS is negative,"),
        (["x.csv", "--label-column", "a", "--stars-column", "b"], "exclude each other"),
        (
            ["a-1.csv", "a-2.csv"],
            "give one file to begin with, then write a pattern of all",
        ),
        (["a-*.csv"], "give one file to begin with, then write a pattern of all"),
        (["nowhere.csv"], "cannot read nowhere.csv: No such file"),
    ],
)
def test_a_slip_is_said_in_a_line(tmp_path, train_here, arguments, message):
    done = train_here("recipe", *arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_writing_a_recipe_needs_nothing_that_trains():
    missing = dict.fromkeys(["torch", "sklearn", "matplotlib", "optuna"])
    code = (
        f"import sys; sys.modules.update({missing})\n"
        "from training.cli import cli; cli(['recipe'])"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
