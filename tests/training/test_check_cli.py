"""The command that tells what a recipe's texts are, before anything is learned."""

import subprocess
import sys

from click.testing import CliRunner
from toy import RECIPE, reviews, write

from training.cli import cli


def checked(folder, rows, recipe=RECIPE, header=("text", "label")):
    """Return what the command leaves, asked about ``rows``."""
    write(folder / "reviews.csv", rows, header=header)
    (folder / "toy.toml").write_text(recipe)
    command = ["check", str(folder / "toy.toml"), "--data", str(folder)]
    return CliRunner().invoke(cli, command)


def test_texts_are_told_by_source_split_and_label(tmp_path):
    done = checked(tmp_path, reviews(600))
    assert done.exit_code == 0, done.output
    title, header, *splits = done.stdout.splitlines()
    assert title == "reviews: CSV, utf-8, delimiter comma; labels from label"
    assert header.split() == ["negative", "neutral", "positive"]
    assert [line.split()[0] for line in splits] == ["train", "validation", "test"]
    assert sum(int(one) for line in splits for one in line.split()[1:]) == 600


def test_rows_that_were_skipped_are_told_with_the_reason_and_the_first(tmp_path):
    rows = [*reviews(300), ("", "positive"), (" ", "neutral"), ("fine", "posit")]
    text, label = rows[0]
    other = "positive" if label == "negative" else "negative"
    rows += [rows[1], (text.upper(), other)]
    said = checked(tmp_path, rows).stdout
    file = tmp_path / "reviews.csv"
    assert f"rows skipped: 2, the text is empty (first {file}:302)\n" in said
    assert "rows skipped: 1, there is no label 'posit': did you mean" in said
    assert "texts left out: 1, they occur elsewhere, too\n" in said
    assert "texts left out: 2, they have another label elsewhere\n" in said
    assert f"{file}:2 says {label}" in said


def test_rows_of_one_reason_are_one_line_of_the_log(tmp_path, caplog):
    """It was a line for each of the first twenty rows, all alike."""
    rows = [*reviews(300), *((f"text {at}", "geht so") for at in range(50))]
    checked(tmp_path, rows)
    (line,) = [one for one in caplog.messages if "geht so" in one]
    start = f"{tmp_path / 'reviews.csv'}:302: there is no label 'geht so'"
    assert line.startswith(start)
    assert line.endswith("(50 such rows)")


def test_reasons_that_differ_in_each_row_are_told_apart_only_so_far(tmp_path):
    rows = [*reviews(300), *((f"text {at}", f"mark-{at}") for at in range(100))]
    said = checked(tmp_path, rows).stdout
    assert said.count("rows skipped: 1, ") == 20
    assert "rows skipped: 80, for other reasons (first" in said


def test_the_column_of_stars_and_few_test_texts_are_told(tmp_path):
    stars = {"negative": "1,0", "neutral": "3,0", "positive": "5,0"}
    rows = [(text, stars[label]) for text, label in reviews(60)]
    done = checked(tmp_path, rows, header=("text", "stars"))
    assert "; labels from stars\n" in done.stdout
    assert done.stderr.splitlines()[-1].startswith("warning: the test split has only ")


def test_a_source_without_neutral_texts_is_told_of_two_class(tmp_path):
    """Its model learned that neutral never occurs, and nothing was said of it."""
    rows = [(text, label) for text, label in reviews(900) if label != "neutral"]
    hint = "warning: source 'reviews' has "
    assert hint in checked(tmp_path, rows).stderr
    assert hint not in checked(tmp_path, rows[:100]).stderr
    assert hint not in checked(tmp_path, reviews(900)).stderr
    aware = RECIPE.replace("[[sources]]", "[[sources]]\ntwo_class = true")
    assert hint not in checked(tmp_path, rows, aware).stderr


def test_texts_of_one_label_end_with_the_reason(tmp_path, train_here):
    only = [(text, "neutral") for text, _ in reviews(60)]
    write(tmp_path / "reviews.csv", only)
    (tmp_path / "toy.toml").write_text(RECIPE)
    done = train_here("check", "toy.toml", cwd=tmp_path)
    assert done.returncode == 2
    assert "texts of the train split are neutral, so" in done.stderr
    assert "reviews: CSV" in done.stdout
    assert not (tmp_path / "runs").exists()


def test_a_check_needs_nothing_that_trains(tmp_path):
    missing = dict.fromkeys(["torch", "sklearn", "matplotlib"])
    write(tmp_path / "reviews.csv", reviews(60))
    (tmp_path / "toy.toml").write_text(RECIPE)
    code = (
        "import sys\n"
        f"sys.modules.update({missing})\n"
        "from training.cli import cli\n"
        "cli(['check', 'toy.toml'])"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path)


UNLABELLED = f"""{RECIPE}
[[unlabelled]]
name = "raw reviews"
path = "raw.csv"
"""


def test_texts_without_a_label_that_are_new_are_counted(tmp_path):
    rows = reviews(600)
    raw = [*((text,) for text, _ in rows), ("New.",), ("new",)]
    write(tmp_path / "raw.csv", raw, header=("text",))
    done = checked(tmp_path, rows, UNLABELLED)
    assert done.exit_code == 0, done.output
    assert "raw reviews: 1 text without a label\n" in done.stdout


def test_a_file_of_texts_without_a_label_that_is_missing_is_named(tmp_path):
    """It was noticed only by the command that needs them, perhaps hours later."""
    done = checked(tmp_path, reviews(600), UNLABELLED)
    assert done.exit_code == 1
    assert "raw.csv" in str(done.exception)
