"""The pictures of a report: learning curve, confusion matrix, reliability diagram."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from sentiment.labels import LABELS
from sentiment.wording import counted
from training.drawing import ALARM, INK, SOFT, TEAL, dress, label_plainly, new_figure
from training.evaluation.calibration import BINS, Calibration
from training.fitting.history import History

_TRAIN, _VALIDATION = SOFT, TEAL


def plot_learning_curve(history: History, path: Path) -> None:
    """Draw the losses and the validation macro-F1 of every epoch."""
    best = history.best()
    epochs = [one.epoch for one in history.epochs]
    figure = new_figure(9, 3.6)
    loss, score = figure.subplots(1, 2)
    losses = [one.train_loss for one in history.epochs]
    loss.plot(epochs, losses, "o-", color=_TRAIN, label="train")
    losses = [one.validation_loss for one in history.epochs]
    loss.plot(epochs, losses, "o-", color=_VALIDATION, label="validation")
    loss.legend(frameon=False, labelcolor=INK)
    dress(loss, "Loss", "epoch", "cross-entropy")
    scores = [100 * one.validation_macro_f1 for one in history.epochs]
    score.plot(epochs, scores, "o-", color=_VALIDATION)
    top = 100 * best.validation_macro_f1
    score.plot(best.epoch, top, "o", ms=13, mfc="none", mew=2, color=ALARM)
    dress(score, f"Epoch {best.epoch} was kept, at {top:.1f}", "epoch", "macro-F1 in %")
    for axes in (loss, score):
        axes.set_xticks(epochs if len(epochs) <= 12 else epochs[:: len(epochs) // 8])
    figure.savefig(path, format="png")


def plot_gradient_norms(norms: Sequence[float], clip_norm: float, path: Path) -> None:
    """Draw each step's gradient norm before clipping, and where it was clipped.

    With a ``clip_norm`` of 0 nothing was clipped.
    """
    values = np.maximum(np.asarray(norms, dtype=np.float64), 1e-12)
    steps = np.arange(1, len(values) + 1)
    figure = new_figure(9, 3.6)
    axes = figure.subplots()
    axes.set_yscale("log")
    label_plainly(axes.yaxis)
    clipped = values > clip_norm if clip_norm else np.zeros(len(values), dtype=np.bool_)
    colors = np.where(clipped, ALARM, SOFT).tolist()
    axes.scatter(steps, values, s=5, c=colors, alpha=0.5, linewidths=0)
    window = max(1, len(values) // 60)
    middles = [np.median(part) for part in _windows(values, window)]
    centres = [part.mean() for part in _windows(steps, window)]
    axes.plot(centres, middles, color=INK, lw=1.6)
    title = f"{counted(len(values), 'step')}, none clipped"
    if clip_norm:
        axes.axhline(clip_norm, color=ALARM, lw=1, ls="--")
        title = f"{clipped.mean():.1%} of {len(values):,} steps were clipped"
        title += f" at {clip_norm:g}"
    line = f" (line: median of {window} steps)" if window > 1 else ""
    dress(axes, title, f"step{line}", "gradient norm")
    figure.savefig(path, format="png")


def plot_confusion(confusion: Sequence[Sequence[int]], path: Path) -> None:
    """Draw the confusion counts, coloured by their share of the true label."""
    counts = np.asarray(confusion)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    figure = new_figure(5, 4.6)
    axes = figure.subplots()
    axes.imshow(shares, cmap="GnBu", vmin=0, vmax=1)
    for (row, column), share in np.ndenumerate(shares):
        axes.text(
            column,
            row,
            f"{share:.0%}\n{counts[row, column]:,}",
            ha="center",
            va="center",
            color="white" if share > 0.6 else INK,
        )
    axes.set_xticks(range(len(LABELS)), LABELS)
    axes.set_yticks(range(len(LABELS)), LABELS)
    right = np.trace(counts) / max(int(counts.sum()), 1)
    dress(axes, f"{right:.1%} of the answers are right", "answer", "truth")
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    figure.savefig(path, format="png")


def plot_reliability(before: Calibration, after: Calibration, path: Path) -> None:
    """Draw accuracy against confidence, before and after the temperature."""
    figure = new_figure(5, 5.4)
    axes, counts = figure.subplots(2, 1, sharex=True, height_ratios=(4, 1))
    axes.plot([0, 1], [0, 1], color=SOFT, lw=1, ls=":")
    for calibration, color, marks, name in (
        (before, SOFT, "s--", "as the network says"),
        (after, _VALIDATION, "o-", "with temperature"),
    ):
        confidence = [one.confidence for one in calibration.reliability]
        accuracy = [one.accuracy for one in calibration.reliability]
        name = f"{name}: ECE {calibration.ece:.3f}"
        axes.plot(confidence, accuracy, marks, color=color, ms=5, label=name)
    axes.legend(frameon=False, labelcolor=INK, loc="upper left")
    axes.set_ylim(0, 1.02)
    dress(axes, "What a confidence is worth", "", "share of right answers")
    places = [(one.low + one.high) / 2 for one in after.reliability]
    sizes = [one.count for one in after.reliability]
    counts.bar(places, sizes, width=0.9 / BINS, color=_VALIDATION, alpha=0.6)
    counts.set_xlim(1 / len(LABELS) - 0.05, 1.02)
    dress(counts, "", "confidence", "answers")
    figure.savefig(path, format="png")


def _windows(values: "np.ndarray", width: int) -> list["np.ndarray"]:
    return [values[at : at + width] for at in range(0, len(values), width)]
