"""The command sentiment-train as a process: exit codes, and no traceback for anyone."""

import subprocess
import sys

import pytest
from toy_reviews import reviews, write
from train_commands import RECIPE, train


def test_help_imports_nothing_heavy(tmp_path):
    code = (
        "import sys, training.cli\n"
        "assert not {'torch', 'nltk', 'sklearn', 'matplotlib'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path)


def test_a_model_is_trained_listed_and_rolled_back(tmp_path):
    write(tmp_path / "reviews.csv", reviews(300))
    (tmp_path / "toy.toml").write_text(RECIPE)
    first = train("run", "toy.toml", cwd=tmp_path)
    assert first.returncode == 0, first.stderr
    assert "published: models/toy-" in first.stdout
    listed = train("models", "list", cwd=tmp_path)
    version = listed.stdout.split()[1]
    assert listed.stdout.startswith("* toy-")
    assert train("models", "promote", version, cwd=tmp_path).returncode == 0
    back = train("models", "rollback", cwd=tmp_path)
    assert back.returncode == 2
    assert "Traceback" not in back.stderr
    judged = train("evaluate", "toy.toml", "--split", "validation", cwd=tmp_path)
    assert judged.returncode == 0
    assert "mean of sources" in judged.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "defualt"], "did you mean 'default'"),
        (["run", "toy.toml"], "--data DIR"),
        (["run", "--publish-anyway", "x-1", "toy.toml"], "published version is none"),
        (["models", "promote", "none-such"], "models"),
        (["dance"], "No such command"),
        (["run", "toy.toml", "--data", "nowhere"], "nowhere"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line(tmp_path, arguments, message):
    (tmp_path / "toy.toml").write_text(RECIPE)
    done = train(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "models").exists()
