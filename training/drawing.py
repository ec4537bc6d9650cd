"""The common style of all plots: size, colours, axes."""

from pathlib import Path
from typing import TYPE_CHECKING

from sentiment.errors import MissingExtraError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

# Outside of these bounds powers of ten are easier to read.
_PLAIN = (1e-4, 1e5)

INK, SOFT, GRID, ALARM = "#2b2d42", "#8d99ae", "#e6e8ee", "#d1495b"
TEAL, AMBER, GREEN = "#2a7f8e", "#edae49", "#66a182"


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


def label_plainly(*logarithmic: "Axis") -> None:
    """Label the ticks of logarithmic axes by numbers such as 0.6.

    On a short axis matplotlib itself writes 6 x 10^-1.
    """
    from matplotlib.ticker import LogFormatterMathtext

    class PlainFormatter(LogFormatterMathtext):
        def __call__(self, x: float, pos: int | None = None) -> str:
            label = super().__call__(x, pos)  # empty where ticks are too many
            return f"{x:g}" if label and _PLAIN[0] <= x < _PLAIN[1] else label

    for axis in logarithmic:
        axis.set_major_formatter(PlainFormatter())
        axis.set_minor_formatter(PlainFormatter())


def save_svg(figure: "Figure", path: Path) -> None:
    """Save a figure as reproducible SVG: text as text, no date, no random names."""
    from matplotlib import rc_context

    with rc_context({"svg.fonttype": "none", "svg.hashsalt": path.name}):
        figure.savefig(path, format="svg", metadata={"Date": None})
