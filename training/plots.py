"""The pictures of a report: how it learned, where it errs, what it is sure of."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sentiment.errors import MissingExtraError
from sentiment.labels import LABELS
from training.evaluation.calibration import BINS, Calibration
from training.history import History

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_INK, _SOFT, _GRID = "#2b2d42", "#8d99ae", "#e6e8ee"
_TRAIN, _VALIDATION, _ALARM = "#8d99ae", "#2a7f8e", "#d1495b"


def plot_learning_curve(history: History, path: Path) -> None:
    """Draw the losses and the validation macro-F1 of every epoch."""
    best = history.best()
    epochs = [one.epoch for one in history.epochs]
    figure = _figure(9, 3.6)
    loss, score = figure.subplots(1, 2)
    losses = [one.train_loss for one in history.epochs]
    loss.plot(epochs, losses, "o-", color=_TRAIN, label="train")
    losses = [one.validation_loss for one in history.epochs]
    loss.plot(epochs, losses, "o-", color=_VALIDATION, label="validation")
    loss.legend(frameon=False, labelcolor=_INK)
    _dress(loss, "Loss", "epoch", "cross-entropy")
    scores = [100 * one.validation_macro_f1 for one in history.epochs]
    score.plot(epochs, scores, "o-", color=_VALIDATION)
    top = 100 * best.validation_macro_f1
    score.plot(best.epoch, top, "o", ms=13, mfc="none", mew=2, color=_ALARM)
    _dress(
        score, f"Epoch {best.epoch} was kept, at {top:.1f}", "epoch", "macro-F1 in %"
    )
    for axes in (loss, score):
        axes.set_xticks(epochs if len(epochs) <= 12 else epochs[:: len(epochs) // 8])
    figure.savefig(path, format="png")


def plot_gradient_norms(norms: Sequence[float], clip_norm: float, path: Path) -> None:
    """Draw each step's gradient norm before clipping, and where it was clipped.

    ``clip_norm`` 0 says that nothing was clipped.
    """
    values = np.maximum(np.asarray(norms, dtype=np.float64), 1e-12)
    steps = np.arange(1, len(values) + 1)
    figure = _figure(9, 3.6)
    axes = figure.subplots()
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter("{x:g}")
    clipped = values > clip_norm if clip_norm else np.zeros(len(values), dtype=np.bool_)
    colors = np.where(clipped, _ALARM, _SOFT).tolist()
    axes.scatter(steps, values, s=5, c=colors, alpha=0.5, linewidths=0)
    window = max(1, len(values) // 60)
    middles = [np.median(part) for part in _windows(values, window)]
    centres = [part.mean() for part in _windows(steps, window)]
    axes.plot(centres, middles, color=_INK, lw=1.6)
    title = f"{len(values):,} steps, none clipped"
    if clip_norm:
        axes.axhline(clip_norm, color=_ALARM, lw=1, ls="--")
        title = f"{clipped.mean():.1%} of {len(values):,} steps were clipped"
        title += f" at {clip_norm:g}"
    _dress(axes, title, "step", "gradient norm, running median")
    figure.savefig(path, format="png")


def plot_confusion(confusion: Sequence[Sequence[int]], path: Path) -> None:
    """Draw the confusion counts, coloured by their share of the true label."""
    counts = np.asarray(confusion)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    figure = _figure(5, 4.6)
    axes = figure.subplots()
    axes.imshow(shares, cmap="GnBu", vmin=0, vmax=1)
    for (row, column), share in np.ndenumerate(shares):
        axes.text(
            column,
            row,
            f"{share:.0%}\n{counts[row, column]:,}",
            ha="center",
            va="center",
            color="white" if share > 0.6 else _INK,
        )
    axes.set_xticks(range(len(LABELS)), LABELS)
    axes.set_yticks(range(len(LABELS)), LABELS)
    right = np.trace(counts) / max(int(counts.sum()), 1)
    _dress(axes, f"{right:.1%} of the answers are right", "answer", "truth")
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    figure.savefig(path, format="png")


def plot_reliability(before: Calibration, after: Calibration, path: Path) -> None:
    """Draw accuracy against confidence, before and after the temperature."""
    figure = _figure(5, 5.4)
    axes, counts = figure.subplots(2, 1, sharex=True, height_ratios=(4, 1))
    axes.plot([0, 1], [0, 1], color=_SOFT, lw=1, ls=":")
    for calibration, color, marks, name in (
        (before, _SOFT, "s--", "as the network says"),
        (after, _VALIDATION, "o-", "with temperature"),
    ):
        confidence = [one.confidence for one in calibration.reliability]
        accuracy = [one.accuracy for one in calibration.reliability]
        name = f"{name}: ECE {calibration.ece:.3f}"
        axes.plot(confidence, accuracy, marks, color=color, ms=5, label=name)
    axes.legend(frameon=False, labelcolor=_INK, loc="upper left")
    axes.set_ylim(0, 1.02)
    _dress(axes, "What a confidence is worth", "", "share of right answers")
    places = [(one.low + one.high) / 2 for one in after.reliability]
    sizes = [one.count for one in after.reliability]
    counts.bar(places, sizes, width=0.9 / BINS, color=_VALIDATION, alpha=0.6)
    counts.set_xlim(1 / len(LABELS) - 0.05, 1.02)
    _dress(counts, "", "confidence", "answers")
    figure.savefig(path, format="png")


def plot_trials(
    figures: Sequence[float | None], importance: Mapping[str, float], path: Path
) -> None:
    """Draw each trial's macro-F1, the best so far, and what it hangs on.

    A figure is None where a trial was not finished; ``importance`` may be empty.
    """
    drawn = _figure(9 if importance else 6, 3.6)
    axes, *bars = drawn.subplots(1, 2 if importance else 1, squeeze=False)[0]
    numbers = [number for number, figure in enumerate(figures) if figure is not None]
    values = [100 * figure for figure in figures if figure is not None]
    axes.plot(numbers, values, "o", color=_SOFT)
    best = np.maximum.accumulate(np.asarray(values))
    axes.step(numbers, best, where="post", color=_VALIDATION)
    top = f"best {max(values):.1f}" if values else "none"
    title = f"{len(values)} of {len(figures)} trials finished, {top}"
    _dress(axes, title, "trial", "validation macro-F1 in %")
    for axes in bars:
        ranked = sorted(importance.items(), key=lambda item: item[1])
        names, shares = zip(*ranked, strict=True)
        axes.barh(names, shares, color=_VALIDATION, alpha=0.6)
        _dress(axes, "What it hangs on", "importance", "")
    drawn.savefig(path, format="png")


def _figure(width: float, height: float) -> "Figure":
    """Return a figure of its own: no window, no state shared with other plots."""
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingExtraError("the report's pictures", "train") from error
    return Figure(figsize=(width, height), dpi=140, layout="constrained")


def _dress(axes: "Axes", title: str, x: str, y: str) -> None:
    axes.set_title(title, loc="left", color=_INK, fontsize=11, fontweight="bold")
    axes.set_xlabel(x, color=_INK)
    axes.set_ylabel(y, color=_INK)
    axes.tick_params(which="both", colors=_SOFT, labelcolor=_INK, length=0)
    axes.set_axisbelow(True)
    axes.grid(color=_GRID)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(_GRID)


def _windows(values: "np.ndarray", width: int) -> list["np.ndarray"]:
    return [values[at : at + width] for at in range(0, len(values), width)]
