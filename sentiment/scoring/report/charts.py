"""Bars as inline SVG: shapes that stretch, with their words as HTML beside them."""

from collections.abc import Sequence
from html import escape

from sentiment.labels import LABELS
from sentiment.wording import counted

Counts = Sequence[int]
# Between two bars so much of a bar's width is left free.
_GAP = 0.12


def mix_bar(counts: Counts) -> str:
    """Return one bar from left to right, with a piece for each label."""
    total = sum(counts) or 1
    pieces, left = [], 0.0
    for label, count in zip(LABELS, counts, strict=True):
        width = 100 * count / total
        tip = f"{label}: {count:,} ({share(count, total)})"
        pieces.append(_rect(label, tip, left, 0, width, 10))
        left += width
    name = ", ".join(
        f"{share(count, total)} {label}"
        for label, count in zip(LABELS, counts, strict=True)
    )
    return _svg("mix", name, 100, 10, pieces)


def columns(
    stacks: Sequence[Counts], tips: Sequence[str], name: str, *, whole: bool = False
) -> str:
    """Return a column for each stack of counts, the first label's at the bottom.

    Columns are as high as their sums; with ``whole`` all are of one height, so that
    they show shares.
    """
    highest = max(map(sum, stacks), default=0) or 1
    pieces = []
    for place, (counts, tip) in enumerate(zip(stacks, tips, strict=True)):
        of = (sum(counts) or 1) if whole else highest
        top = 100.0
        for label, count in zip(LABELS, counts, strict=True):
            height = 100 * count / of
            top -= height
            pieces.append(_rect(label, tip, place + _GAP / 2, top, 1 - _GAP, height))
    return _svg("whole columns" if whole else "columns", name, len(stacks), 100, pieces)


def in_words(
    names: Sequence[str], stacks: Sequence[Counts]
) -> tuple[list[str], list[list[str]]]:
    """Return each column's tip, and its row in the table of the same figures."""
    pairs = list(zip(names, stacks, strict=True))
    tips = [f"{name}: {_counted(counts)}" for name, counts in pairs]
    rows = [[name, *(f"{count:,}" for count in counts)] for name, counts in pairs]
    return tips, rows


def share(count: int, total: int) -> str:
    """Return a share in per cent; what is little is not nothing.

    >>> share(1, 3), share(1, 10_000), share(0, 3), share(9_999, 10_000)
    ('33.3 %', '< 0.1 %', '0 %', '> 99.9 %')
    """
    if count == 0:
        return "0 %"
    if count == total:
        return "100 %"
    per_cent = 100 * count / total
    if per_cent < 0.1:
        return "< 0.1 %"
    if per_cent > 99.9:
        return "> 99.9 %"
    return f"{per_cent:.1f} %"


def _rect(
    kind: str, tip: str, left: float, top: float, width: float, height: float
) -> str:
    if width <= 0 or height <= 0:
        return ""
    return (
        f'<rect class="{kind}" x="{left:.3f}" y="{top:.3f}" '
        f'width="{width:.3f}" height="{height:.3f}"><title>{escape(tip)}</title></rect>'
    )


def _svg(kind: str, name: str, width: float, height: float, pieces: list[str]) -> str:
    return (
        f'<svg class="{kind}" role="img" aria-label="{escape(name)}" '
        f'viewBox="0 0 {width} {height}" preserveAspectRatio="none">'
        f"{''.join(pieces)}</svg>"
    )


def _counted(counts: Sequence[int]) -> str:
    each = ", ".join(
        f"{count:,} {label}" for label, count in zip(LABELS, counts, strict=True)
    )
    return f"{counted(sum(counts), 'row')} ({each})"
