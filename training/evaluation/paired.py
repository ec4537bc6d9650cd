"""A paired bootstrap of several networks' macro-F1 on the same texts.

A text is drawn with all its answers, so that texts that are hard for all networks do
not widen the intervals of their differences.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from training.evaluation.bootstrap import Draw
from training.evaluation.measures import SIZE, Floats, Integers, macro_f1


@dataclass(frozen=True, eq=False, kw_only=True)
class PairedFigures:
    """Macro-F1 of each source (in alphabetical order) and each network.

    ``observed`` is ``(sources, networks)``, and ``drawn`` has the resamples as well:
    ``(sources, networks, resamples)``.
    """

    sources: list[str]
    observed: Floats
    drawn: Floats


def paired_macro_f1(
    labels: Integers, predicted: Integers, sources: npt.NDArray[np.str_], draw: Draw
) -> PairedFigures:
    """Score networks on the same ``n`` texts, and on resamples inside each source.

    Args:
        labels: The true labels, shape ``(n,)``.
        predicted: Each network's answers, shape ``(networks, n)``.
        sources: The source of each text, shape ``(n,)``.
        draw: The resampler.
    """
    names = np.unique(sources)
    figures = [
        _of_one_source(labels[rows], predicted[:, rows], draw)
        for rows in (sources == name for name in names)
    ]
    observed, drawn = zip(*figures, strict=True)
    return PairedFigures(
        sources=[str(name) for name in names],
        observed=np.stack(observed),
        drawn=np.stack(drawn),
    )


def _of_one_source(
    labels: Integers, predicted: Integers, draw: Draw
) -> tuple[Floats, Floats]:
    """Return each network's macro-F1, ``(networks,)`` and ``(networks, resamples)``."""
    # Texts with the same label and the same answers are one cell of a table, and a
    # resample is a count for each cell.
    kinds, counts = np.unique(
        np.vstack([labels, predicted]), axis=1, return_counts=True
    )
    cells = np.eye(SIZE**2)[kinds[0] * SIZE + kinds[1:]]  # (networks, kinds, 9)
    observed, drawn = (
        macro_f1(_confusions(table, cells)) for table in (counts[None], draw(counts))
    )
    return observed[0], drawn.T


def _confusions(counts: Integers, cells: Floats) -> Floats:
    """Return each network's confusion in each table: ``(tables, networks, 3, 3)``."""
    # As floats, which are exact here and many times as fast.
    confusions = np.tensordot(counts.astype(np.float64), cells, axes=(1, 1))
    return confusions.reshape(len(counts), len(cells), SIZE, SIZE)
