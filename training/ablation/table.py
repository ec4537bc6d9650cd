"""The table of an ablation: for a terminal, for a page, and for other programs."""

import csv
import io
import math
from collections.abc import Iterator, Sequence

from training.ablation.comparison import Row
from training.ablation.options import Ablation
from training.ablation.variants import OWN

HEADER = (
    "variant",
    "seeds",
    "validation macro-F1",
    "difference",
    "shows",
    "loss",
    "minutes",
    "MB",
)
_COLUMNS = (
    "variant",
    "seeds",
    "macro_f1",
    "lowest",
    "highest",
    "difference",
    "low",
    "high",
    "shows",
    "validation_loss",
    "minutes",
    "megabytes",
    "failed",
)


def cells(row: Row) -> list[str]:
    """Return a row's cells under :data:`HEADER`, macro-F1 in percent."""
    size = "" if math.isnan(row.megabytes) else f"{row.megabytes:.2f}"
    if not row.figures:
        return [row.name, "0", row.failed, "", "", "", "", size]
    return [
        row.name,
        str(len(row.figures)),
        _figure(row),
        _difference(row),
        _shown(row),
        f"{row.validation_loss:.4f}",
        f"{row.seconds / 60:.1f}",
        size,
    ]


def as_lines(found: Ablation) -> str:
    """Return the table for a terminal: aligned columns, numbers to the right.

    A variant that failed with all seeds has the reason in place of figures.
    """
    rows = [list(HEADER), *map(cells, found.rows)]
    failed = {row.name: row.failed for row in found.rows if not row.figures}
    columns = zip(*(row for row in rows if row[0] not in failed), strict=True)
    names, *widths = (max(map(len, column)) for column in columns)
    names = max(names, *map(len, failed), 0)
    return "\n".join(
        f"{row[0]:{names}}  {failed[row[0]]}"
        if row[0] in failed
        else "  ".join((f"{row[0]:{names}}", *_to_the_right(row[1:], widths)))
        for row in rows
    )


def as_csv(found: Ablation) -> str:
    """Return the table as CSV, a line for each variant."""
    text = io.StringIO()
    writer = csv.DictWriter(text, _COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    for row in found.rows:
        writer.writerow(_values(row))
    return text.getvalue()


def _to_the_right(row: Sequence[str], widths: Sequence[int]) -> Iterator[str]:
    return (cell.rjust(width) for cell, width in zip(row, widths, strict=True))


def _figure(row: Row) -> str:
    if len(row.figures) == 1:
        return f"{100 * row.macro_f1:.1f}"
    low, high = 100 * min(row.figures), 100 * max(row.figures)
    return f"{100 * row.macro_f1:.1f} ({low:.1f} to {high:.1f})"


def _difference(row: Row) -> str:
    found = row.difference
    if found is None:
        return ""
    low, high = 100 * found.interval.low, 100 * found.interval.high
    return f"{100 * found.value:+z.1f} ({low:+z.1f} to {high:+z.1f})"


def _shown(row: Row) -> str:
    if row.difference is not None:
        return row.difference.verdict
    return "" if row.name == OWN else "not compared"


def _values(row: Row) -> dict[str, object]:
    values: dict[str, object] = {
        "variant": row.name,
        "seeds": len(row.figures),
        "megabytes": "" if math.isnan(row.megabytes) else round(row.megabytes, 3),
        "failed": row.failed,
    }
    if not row.figures:
        return values
    values |= {
        "macro_f1": round(row.macro_f1, 6),
        "lowest": round(min(row.figures), 6),
        "highest": round(max(row.figures), 6),
        "validation_loss": round(row.validation_loss, 6),
        "minutes": round(row.seconds / 60, 3),
        "shows": _shown(row),
    }
    if row.difference is not None:
        values |= {
            "difference": round(row.difference.value, 6),
            "low": round(row.difference.interval.low, 6),
            "high": round(row.difference.interval.high, 6),
        }
    return values
