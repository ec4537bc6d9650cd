"""The picture of a search: macro-F1 by trial, and which settings matter."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from training.drawing import SOFT, TEAL, dress, new_figure

_BEST = TEAL


def plot_trials(
    figures: Sequence[float | None], importance: Mapping[str, float], path: Path
) -> None:
    """Draw each trial's macro-F1, the best so far, and the importance of settings.

    The figure of an unfinished trial is None; ``importance`` may be empty.
    """
    drawn = new_figure(9 if importance else 6, 3.6)
    axes, *bars = drawn.subplots(1, 2 if importance else 1, squeeze=False)[0]
    numbers = [number for number, figure in enumerate(figures) if figure is not None]
    values = [100 * figure for figure in figures if figure is not None]
    axes.plot(numbers, values, "o", color=SOFT)
    best = np.maximum.accumulate(np.asarray(values))
    axes.step(numbers, best, where="post", color=_BEST)
    top = f"best {max(values):.1f}" if values else "none"
    title = f"{len(values)} of {len(figures)} trials finished, {top}"
    dress(axes, title, "trial", "validation macro-F1 in %")
    for axes in bars:
        ranked = sorted(importance.items(), key=lambda item: item[1])
        names, shares = zip(*ranked, strict=True)
        axes.barh(names, shares, color=_BEST, alpha=0.6)
        dress(axes, "What it depends on", "importance", "")
    drawn.savefig(path, format="png")
