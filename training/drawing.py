"""The common style of all plots: size, colours, axes."""

from pathlib import Path
from typing import TYPE_CHECKING

from sentiment.errors import MissingExtraError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, SOFT, GRID, ALARM = "#2b2d42", "#8d99ae", "#e6e8ee", "#d1495b"


def require_drawing() -> "type[Figure]":
    """Return the class that draws.

    Raises:
        MissingExtraError: The extra ``train`` is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingExtraError("drawing", "train") from error
    return Figure


def new_figure(width: float, height: float) -> "Figure":
    """Return a figure of its own: no window, no state shared with other plots."""
    return require_drawing()(figsize=(width, height), dpi=140, layout="constrained")


def dress(axes: "Axes", title: str, x: str, y: str) -> None:
    """Set the title and the labels of ``axes``, in our style."""
    axes.set_title(title, loc="left", color=INK, fontsize=11, fontweight="bold")
    axes.set_xlabel(x, color=INK)
    axes.set_ylabel(y, color=INK)
    axes.tick_params(which="both", colors=SOFT, labelcolor=INK, length=0)
    axes.set_axisbelow(True)
    axes.grid(color=GRID)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(GRID)


def save_svg(figure: "Figure", path: Path) -> None:
    """Save a figure as reproducible SVG: text as text, no date, no random names."""
    from matplotlib import rc_context

    with rc_context({"svg.fonttype": "none", "svg.hashsalt": path.name}):
        figure.savefig(path, format="svg", metadata={"Date": None})
