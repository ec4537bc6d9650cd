"""The command sentiment-train gradients: pictures, figures, exit codes."""

import json
from xml.etree import ElementTree

# Its list of fonts is made once on a machine, here: where that takes more than five
# seconds, Matplotlib says so on stderr.
import matplotlib.font_manager  # noqa: F401
import pytest
from toy import RECIPE, reviews, write
from train_commands import train

QUICK = ["--steps", "2", "--quiet"]


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    folder = tmp_path_factory.mktemp("study")
    run = train("gradients", "--tokens", "20", "--out", "out", *QUICK, cwd=folder)
    return run, folder / "out"


def test_the_command_leaves_pictures_and_figures_and_says_where(done):
    run, out = done
    assert run.returncode == 0, run.stderr
    assert run.stderr == ""
    names = {path.name for path in out.iterdir()}
    assert names == {"gradients.json", "gradient-flow.svg", "clipping.svg"}
    assert run.stdout.splitlines()[-3:] == [
        "out/gradients.json",
        "out/gradient-flow.svg",
        "out/clipping.svg",
    ]


def test_the_four_cells_stand_side_by_side_in_the_table(done):
    lines = [line.split() for line in done[0].stdout.splitlines()]
    assert [line[0] for line in lines if line[1:3] == ["hidden", "state"]] == [
        *("rnn-tanh", "rnn-relu", "gru", "lstm")
    ]
    assert ["lstm", "cell", "state"] in [line[:3] for line in lines]


def test_the_figures_are_json_that_any_program_reads(done):
    def refuse(constant):
        raise AssertionError(f"{constant} is not valid JSON")

    found = json.loads((done[1] / "gradients.json").read_text(), parse_constant=refuse)
    assert found["tokens"] == 20
    assert [len(one["before"]["texts"]) for one in found["cells"]] == [20] * 4
    assert found["config"]["seed"] == 1


@pytest.mark.parametrize("name", ["gradient-flow.svg", "clipping.svg"])
def test_the_pictures_are_drawings_with_lines_on_them(done, name):
    picture = ElementTree.parse(done[1] / name)
    lines = picture.findall(".//*[@d]")
    assert len(lines) > 10


def test_the_texts_of_a_recipe_may_be_studied(tmp_path, train_here):
    write(tmp_path / "reviews.csv", reviews(300))
    (tmp_path / "toy.toml").write_text(RECIPE)
    run = train_here("gradients", "toy.toml", "--tokens", "9", *QUICK, cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    found = json.loads((tmp_path / "runs/gradients/gradients.json").read_text())
    assert (found["texts"], found["tokens"]) == ("the recipe toy", 9)


def test_texts_that_are_too_short_are_refused_with_a_way_out(tmp_path, train_here):
    write(tmp_path / "reviews.csv", reviews(300))
    (tmp_path / "toy.toml").write_text(RECIPE)
    run = train_here("gradients", "toy.toml", "--tokens", "500", *QUICK, cwd=tmp_path)
    assert run.returncode == 2
    assert "has 500 tokens" in run.stderr
    assert "a lower --tokens" in run.stderr
    assert "Traceback" not in run.stderr


@pytest.mark.parametrize("option", [["--tokens", "1"], ["--steps", "0"]])
def test_numbers_that_cannot_be_meant_are_refused(tmp_path, train_here, option):
    run = train_here("gradients", *option, cwd=tmp_path)
    assert run.returncode == 2
    assert "is not in the range" in run.stderr
