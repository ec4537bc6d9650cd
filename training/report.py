"""Write what a run did and found: a page to read, every figure as JSON, pictures."""

import json
import math
from pathlib import Path
from typing import Any

from training.plots import (
    plot_confusion,
    plot_gradient_norms,
    plot_learning_curve,
    plot_reliability,
)
from training.record import DataRecord, RunRecord, count_examples
from training.report_text import render

__all__ = ["DataRecord", "RunRecord", "count_examples", "write_report"]


def write_report(folder: Path, record: RunRecord) -> Path:
    """Write ``report.md``, ``report.json`` and the pictures; return ``report.md``.

    Raises:
        MissingExtraError: The pictures need the extra ``train``.
        OSError: The disk is full or refuses.
    """
    folder.mkdir(parents=True, exist_ok=True)
    content = json.dumps(_plain(record.to_json()), indent=1, allow_nan=False)
    (folder / "report.json").write_text(content + "\n", encoding="utf-8")
    if record.history.epochs:
        plot_learning_curve(record.history, folder / "learning-curve.png")
    norms = record.history.gradient_norms
    if norms:
        plot_gradient_norms(norms, record.clip_norm, folder / "gradient-norms.png")
    plot_confusion(record.evaluation.confusion, folder / "confusion.png")
    after = record.evaluation.calibration
    plot_reliability(record.uncalibrated, after, folder / "reliability.png")
    page = folder / "report.md"
    page.write_text(render(record), encoding="utf-8")
    return page


def _plain(value: Any) -> Any:
    """Return ``value`` as JSON can hold it; a number that is not finite is null."""
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if value is None or isinstance(value, str | int | float):
        return value
    return str(value)
