"""The report's page: from what was run to the gate's verdict, top to bottom."""

from training.reporting.record import RunRecord
from training.reporting.sections import learning, quality, run


def render(record: RunRecord) -> str:
    """Return the page as Markdown; pictures are those that lie beside it."""
    sections = (
        run.summary,
        run.what_was_run,
        run.data,
        learning.learning,
        learning.gradient_health,
        quality.quality,
        quality.sources,
        quality.labels,
        quality.units,
        quality.calibration,
        quality.lost,
        quality.slices,
        run.gate,
    )
    blocks = [block for section in sections for block in section(record)]
    return "\n\n".join(blocks) + "\n"
