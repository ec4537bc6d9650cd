"""The results of a study of gradients: figures, pictures, and a summary in lines."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from training.disk.files import write_json
from training.gradients.plots import plot_cells, plot_clipping
from training.gradients.study import CellStudy, ClippingStudy, Study

CELLS_PICTURE, CLIPPING_PICTURE = "gradient-flow.svg", "clipping.svg"


@dataclass(frozen=True, kw_only=True)
class Written:
    """Where the figures and the pictures of a study lie."""

    figures: Path
    pictures: tuple[Path, ...]


def write_study(found: Study, folder: Path) -> Written:
    """Write the figures as JSON and the two pictures beside them.

    Raises:
        MissingExtraError: The pictures need the extra ``train``.
        OSError: The disk is full or refuses.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = Written(
        figures=folder / "gradients.json",
        pictures=(folder / CELLS_PICTURE, folder / CLIPPING_PICTURE),
    )
    write_json(written.figures, found.to_json())
    plot_cells(found, written.pictures[0])
    plot_clipping(found, written.pictures[1])
    return written


def summary(found: Study) -> str:
    """Return the study in lines: a table of the cells, and the effect of clipping."""
    return "\n".join((*_cell_lines(found), "", *map(_clipping_line, found.clipping)))


def _cell_lines(found: Study) -> Iterator[str]:
    middle, start = found.tokens // 2, found.tokens - 1
    yield f"Of the gradient's norm at the last of {found.tokens} tokens, what is left"
    yield (
        f"{'':22}{'at initialisation':^24}"
        f"{f'after {found.config.steps:,} steps':^24}{'right':>7}"
    )
    ends = f"{f'{middle} before':>12}{f'{start} before':>12}"
    yield f"{'':22}{ends}{ends}"
    for one in found.cells:
        for state in one.before.norms:
            yield _cell_line(one, state, (middle, start))


def _cell_line(one: CellStudy, state: str, distances: tuple[int, int]) -> str:
    shares = [
        flow.share_left(state, at)
        for flow in (one.before, one.after)
        for at in distances
    ]
    shown = "".join(
        f"{'none' if share is None else f'{share:.1e}':>12}" for share in shares
    )
    return f"{one.cell:10}{state:12}{shown}{one.accuracy:>7.0%}"


def _clipping_line(one: ClippingStudy) -> str:
    steps = one.training
    clipped = f"clipped at {one.clip_norm:g}" if one.clip_norm else "not clipped"
    ended = f"loss {steps.losses[-1]:.3g} after {len(steps.losses)} steps"
    if steps.exploded:
        ended = f"the loss is not a number at step {len(steps.losses)}"
    return (
        f"{one.optimizer:6} {one.learning_rate:g}, {clipped}: highest loss "
        f"{steps.highest_loss():.3g}, longest gradient {steps.longest_gradient():.3g}; "
        f"{ended}"
    )
