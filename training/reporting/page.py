"""The report's page: its sections in order."""

from training.reporting.record import RunRecord
from training.reporting.sections import (
    gains,
    language_model,
    learning,
    quality,
    run,
)


def render(record: RunRecord) -> str:
    """Return the page as Markdown; the pictures are files beside it."""
    sections = (
        run.summary,
        run.what_was_run,
        run.data,
        language_model.pretraining,
        learning.learning,
        learning.gradient_health,
        quality.quality,
        quality.sources,
        gains.gains,
        quality.labels,
        quality.units,
        quality.calibration,
        quality.lost,
        quality.slices,
        run.gate,
        run.recipe,
    )
    blocks = [block for section in sections for block in section(record)]
    return "\n\n".join(blocks) + "\n"
