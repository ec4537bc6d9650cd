"""The picture of an ablation: each variant's difference, with its interval."""

from collections.abc import Sequence
from pathlib import Path

from training.ablation.comparison import BETTER, OPEN, WORSE, Row
from training.drawing import ALARM, INK, SOFT, TEAL, dress, new_figure, save_svg

_COLOURS = {BETTER: TEAL, WORSE: ALARM, OPEN: SOFT}


def plot_differences(rows: Sequence[Row], path: Path) -> None:
    """Draw a forest plot: a line for each of ``rows``, no difference in the middle.

    A failed variant, or one that cannot be compared, has only its name.
    """
    names = [row.name.replace(", ", "\n") for row in rows]
    figure = new_figure(8, 1.4 + 0.34 * sum(1 + name.count("\n") for name in names))
    axes = figure.subplots()
    axes.axvline(0, color=INK, linewidth=1)
    for place, row in enumerate(rows):
        found = row.difference
        if found is None:
            word = "not compared" if row.figures else "failed"
            axes.text(0, place, f" {word}", va="center", color=ALARM)
            continue
        low, value, high = (
            100 * one for one in (found.interval.low, found.value, found.interval.high)
        )
        colour = _COLOURS[found.verdict]
        axes.plot([low, high], [place, place], color=colour, linewidth=2)
        axes.plot(value, place, "o", color=colour)
    title = "Macro-F1 against the recipe, with 95 % intervals"
    dress(axes, title, "difference on the validation texts, in points", "")
    axes.set_yticks(range(len(rows)), names, color=INK)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.grid(visible=False, axis="y")
    axes.spines["left"].set_visible(False)
    save_svg(figure, path)
