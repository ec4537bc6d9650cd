"""The pictures of gradients: how far they reach back, and how they explode."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from training.drawing import (
    ALARM,
    AMBER,
    GREEN,
    INK,
    SOFT,
    TEAL,
    dress,
    label_plainly,
    new_figure,
    save_svg,
)
from training.gradients.flow import GradientFlow
from training.gradients.steps import Steps

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from training.gradients.study import Study

_COLORS = {"rnn-tanh": ALARM, "rnn-relu": AMBER, "gru": TEAL, "lstm": INK}
_STATES = (TEAL, ALARM, AMBER, INK, SOFT, GREEN)
# The lower end of the axis: smaller shares would flatten the rest.
_FLOOR = 1e-20


def plot_gradient_flow(flow: GradientFlow, path: Path) -> None:
    """Draw the mean norm of the gradient at each distance from the last step."""
    figure = new_figure(9, 3.6)
    axes = figure.subplots()
    for at, (name, norms) in enumerate(flow.norms.items()):
        color = _STATES[at % len(_STATES)]
        axes.plot(_drawable(norms), ".-", ms=3, lw=1.4, color=color, label=name)
    axes.set_yscale("log")
    label_plainly(axes.yaxis)
    axes.legend(frameon=False, labelcolor=INK)
    title = "How far the loss's gradient reaches back"
    dress(axes, title, "steps before the last", "gradient norm, mean of texts")
    figure.savefig(path, format="png")


def plot_cells(study: "Study", path: Path) -> None:
    """Draw the flow of the four cells side by side, before and after training, as SVG.

    As a share of that at the last step, since a small loss makes all gradients small.
    """
    figure = new_figure(9.5, 4)
    before, after = figure.subplots(1, 2, sharey=True)
    for one in study.cells:
        _draw_shares(before, one.cell, one.before, one.cell)
        name = f"{one.cell}: {one.accuracy:.0%} right"
        _draw_shares(after, one.cell, one.after, name)
    for axes in (before, after):
        axes.set_yscale("log")
        label_plainly(axes.yaxis)
        axes.legend(frameon=False, labelcolor=INK, fontsize=8, loc="lower left")
    share = "gradient norm, share of the last step's"
    if before.get_ylim()[0] < _FLOOR:
        before.set_ylim(bottom=_FLOOR)
        share += f"\n(smaller ones than {_FLOOR:g} are cut off)"
    dress(before, "At initialisation", "steps before the last", share)
    title = f"After {study.config.steps:,} steps of training"
    dress(after, title, "steps before the last", "")
    save_svg(figure, path)


def plot_clipping(study: "Study", path: Path) -> None:
    """Draw loss and gradient of the vanilla RNN under SGD, clipped and not, as SVG."""
    figure = new_figure(9.5, 3.6)
    loss, norm = figure.subplots(1, 2)
    for one in study.under_sgd():
        color = INK if one.clip_norm else ALARM
        name = f"clipped at {one.clip_norm:g}" if one.clip_norm else "not clipped"
        if one.training.exploded:
            name += f": no number at step {len(one.training.losses)}"
        _draw_steps(loss, one.training.losses, one.training, color, name)
        _draw_steps(norm, one.training.norms, one.training, color, name)
        if one.clip_norm:
            norm.axhline(one.clip_norm, color=SOFT, lw=1, ls="--")
    loss.legend(frameon=False, labelcolor=INK)
    dress(loss, f"Loss of {study.clipping_cell} under SGD", "step", "cross-entropy")
    dress(norm, "Gradient before clipping", "step", "norm")
    save_svg(figure, path)


def _draw_shares(axes: "Axes", cell: str, flow: GradientFlow, name: str) -> None:
    for state, norms in flow.norms.items():
        label = f"{cell}, {state}" if "cell" in state else name
        style = "--" if "cell" in state else "-"
        shares = _drawable(norms) / norms[0] if norms[0] else [np.nan] * len(norms)
        axes.plot(shares, style, color=_COLORS[cell], lw=1.6, label=label)


def _draw_steps(
    axes: "Axes", values: Sequence[float], run: Steps, color: str, name: str
) -> None:
    """Draw a value of every step; a cross where the run exploded."""
    shown = _drawable(values)
    steps = np.arange(1, len(shown) + 1)
    axes.plot(steps, shown, color=color, lw=1.2, label=name)
    (numbers,) = np.nonzero(np.isfinite(shown))
    if run.exploded and len(numbers):
        last = numbers[-1]
        axes.plot(steps[last], shown[last], "x", color=color, ms=9, mew=2)
    axes.set_xscale("log")
    axes.set_yscale("log")
    label_plainly(axes.xaxis, axes.yaxis)


def _drawable(values: Sequence[float]) -> npt.NDArray[np.float64]:
    """Return ``values`` with NaN where a logarithmic axis cannot show them."""
    numbers = np.asarray(values, dtype=np.float64)
    return np.where(np.isfinite(numbers) & (numbers > 0), numbers, np.nan)
