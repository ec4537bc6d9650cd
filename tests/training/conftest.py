"""Toy texts, labelled and not, that a network learns in a second; and the command."""

import csv
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from matplotlib.figure import Figure
from toy import reviews, write

from training.cli import main
from training.options import Folders
from training.pipeline.options import RunOptions

WORDS = {"negative": ["bad", "awful", "hate"], "positive": ["good", "great", "love"]}
FRAMES = [
    *("the {} was {}", "a {}, it is {}", "{} and {}!", "it was {} but {}."),
    *("not the {}, {}", "{} {} the film", "the a {} is {}", "was it {}? {}!"),
]


@pytest.fixture
def painted() -> None:
    """Ask for pictures as users get them."""


@pytest.fixture(autouse=True)
def _unpainted(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave a report's pictures empty files where no test looks at them.

    To paint them takes four times as long as all else of a toy training.
    """
    if "painted" in request.fixturenames:
        return
    paint = Figure.savefig

    def leave_empty(figure: Figure, path: Path, **how: object) -> None:
        if how["format"] == "png":
            path.touch()
        else:
            paint(figure, path, **how)

    monkeypatch.setattr(Figure, "savefig", leave_empty)


@pytest.fixture
def toy_data(tmp_path: Path) -> Path:
    """Two files: texts with a label each, and texts without."""
    rows = [
        (frame.format(noun, word), label)
        for label, words in WORDS.items()
        for word in words
        for noun in ("film", "food", "it", "films", "foods")
        for frame in FRAMES
    ]
    with (tmp_path / "toy.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("text", "label"), *rows])
    with (tmp_path / "raw.csv").open("w", newline="") as file:
        raw = [[f"{text} Then it is {text}"] for text, _ in rows[::7]]
        csv.writer(file).writerows([["text"], *raw])
    return tmp_path


@pytest.fixture
def options(tmp_path: Path) -> RunOptions:
    """Return where a run of toy reviews reads and writes."""
    write(tmp_path / "reviews.csv", reviews(400))
    return RunOptions(
        folders=Folders(data=tmp_path, runs=tmp_path / "runs"),
        models=tmp_path / "models",
        show_progress=False,
        command="sentiment-train run toy.toml",
    )


@pytest.fixture
def train_here(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Callable[..., "subprocess.CompletedProcess[str]"]:
    """Return a function that runs ``sentiment-train`` to its end, in this process.

    For what a process of its own, seconds of imports, would show no better.
    """

    def run(*arguments: str, cwd: Path) -> "subprocess.CompletedProcess[str]":
        monkeypatch.chdir(cwd)
        monkeypatch.setattr("sys.argv", ["sentiment-train", *arguments])
        code = 0
        try:
            main()
        except SystemExit as ended:
            code = int(ended.code or 0)
        return subprocess.CompletedProcess(arguments, code, *capfd.readouterr())

    return run
