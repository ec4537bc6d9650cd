from pathlib import Path

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import imread

from training.evaluation.calibration import Calibration, calibration
from training.fitting.history import EpochRecord, History
from training.reporting import plots

pytestmark = pytest.mark.usefixtures("painted")


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Figure]:
    """Keep each figure that a plot made, to look at what is on it."""
    figures: list[Figure] = []
    real = plots.new_figure

    def kept(width: float, height: float) -> Figure:
        figures.append(real(width, height))
        return figures[-1]

    monkeypatch.setattr(plots, "new_figure", kept)
    return figures


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "plot.png"


def history(scores: list[float]) -> History:
    return History(
        epochs=[
            EpochRecord(
                epoch=epoch,
                train_loss=1 / epoch,
                validation_loss=1.1 / epoch,
                validation_macro_f1=score,
                seconds=1.0,
                tokens_per_second=1.0,
            )
            for epoch, score in enumerate(scores, 1)
        ]
    )


def title(axes: Axes) -> str:
    return axes.get_title(loc="left")


def test_a_plot_is_a_picture_with_something_on_it(path: Path):
    plots.plot_learning_curve(history([0.5, 0.6]), path)
    pixels = imread(path)
    assert pixels.shape[1] > pixels.shape[0] > 300
    assert pixels.std() > 0.01


def test_the_learning_curve_marks_the_epoch_that_was_kept(
    path: Path, drawn: list[Figure]
):
    plots.plot_learning_curve(history([0.5, 0.75, 0.6]), path)
    loss, score = drawn[0].axes
    assert title(score) == "Epoch 2 was kept, at 75.0"
    assert [line.get_label() for line in loss.lines] == ["train", "validation"]
    assert score.lines[1].get_xydata().tolist() == [[2.0, 75.0]]


@pytest.mark.parametrize("epochs", [1, 12, 100])
def test_any_number_of_epochs_can_be_drawn(epochs: int, path: Path):
    plots.plot_learning_curve(history([0.5] * epochs), path)
    assert path.stat().st_size > 1_000


def test_clipped_steps_are_counted_and_the_line_is_drawn(
    path: Path, drawn: list[Figure]
):
    plots.plot_gradient_norms([0.5, 1.5, 3.0, 0.9, 1.0], 1.0, path)
    (axes,) = drawn[0].axes
    assert title(axes) == "40.0% of 5 steps were clipped at 1"
    assert [1.0, 1.0] in [list(line.get_ydata()) for line in axes.lines]


def test_without_clipping_there_is_no_line(path: Path, drawn: list[Figure]):
    plots.plot_gradient_norms([0.5, 1.5], 0.0, path)
    (axes,) = drawn[0].axes
    assert title(axes) == "2 steps, none clipped"
    assert len(axes.lines) == 1


def test_ticks_of_a_short_axis_are_plain_numbers(path: Path, drawn: list[Figure]):
    # They read 6 x 10^-1.
    plots.plot_gradient_norms([0.3 + at / 1_000 for at in range(600)], 0.0, path)
    (axes,) = drawn[0].axes
    ticks = [*axes.get_yticklabels(which="both")]
    labels = {tick.get_text() for tick in ticks if tick.get_text()}
    assert {"0.3", "0.6"} <= labels
    assert not any("10" in label for label in labels)


def test_the_line_names_the_steps_of_each_median(path: Path, drawn: list[Figure]):
    plots.plot_gradient_norms([1.0] * 600, 0.0, path)
    plots.plot_gradient_norms([1.0] * 6, 0.0, path)
    many, few = (figure.axes[0].get_xlabel() for figure in drawn)
    assert many == "step (line: median of 10 steps)"
    assert few == "step"


def test_norms_of_zero_and_without_end_can_be_drawn(path: Path):
    plots.plot_gradient_norms([0.0, float("inf"), 1.0], 1.0, path)
    assert path.stat().st_size > 1_000


def test_the_confusion_shows_counts_and_shares_of_the_truth(
    path: Path, drawn: list[Figure]
):
    plots.plot_confusion([[6, 2, 2], [0, 0, 0], [0, 1_000, 3_000]], path)
    (axes,) = drawn[0].axes
    cells = [text.get_text() for text in axes.texts]
    assert cells[0] == "60%\n6"
    assert cells[3] == "0%\n0"
    assert cells[8] == "75%\n3,000"
    assert title(axes) == "75.0% of the answers are right"


def test_reliability_stands_before_and_after_the_temperature(
    path: Path, drawn: list[Figure]
):
    def answered(confidence: float) -> Calibration:
        rest = (1 - confidence) / 2
        rows = np.tile([confidence, rest, rest], (10, 1))
        return calibration(rows, np.array([0] * 7 + [2] * 3))

    plots.plot_reliability(answered(0.95), answered(0.7), path)
    curves, counts = drawn[0].axes
    names = [text.get_text() for text in curves.get_legend().get_texts()]
    assert names == ["as the network says: ECE 0.250", "with temperature: ECE 0.000"]
    assert sum(bar.get_height() for bar in counts.patches) == 10
