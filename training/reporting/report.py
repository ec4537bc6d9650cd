"""Write what a run did and found: a page to read, every figure as JSON, pictures."""

from pathlib import Path

from training.disk.files import write_json, write_text
from training.gradients.plots import plot_gradient_flow
from training.reporting.page import render
from training.reporting.plots import (
    plot_confusion,
    plot_gradient_norms,
    plot_learning_curve,
    plot_reliability,
)
from training.reporting.record import RunRecord


def write_report(folder: Path, record: RunRecord) -> Path:
    """Write ``report.md``, ``report.json`` and the pictures; return ``report.md``.

    Raises:
        MissingExtraError: The pictures need the extra ``train``.
        OSError: The disk is full or refuses.
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / "report.json", record.to_json())
    if record.history.epochs:
        plot_learning_curve(record.history, folder / "learning-curve.png")
    norms = record.history.gradient_norms
    if norms:
        plot_gradient_norms(
            norms, record.recipe.training.clip_norm, folder / "gradient-norms.png"
        )
    if record.gradient_flow is not None:
        plot_gradient_flow(record.gradient_flow, folder / "gradient-flow.png")
    plot_confusion(record.evaluation.confusion, folder / "confusion.png")
    after = record.evaluation.served
    plot_reliability(record.uncalibrated, after, folder / "reliability.png")
    page = folder / "report.md"
    write_text(page, render(record))
    return page
