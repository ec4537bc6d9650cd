"""How much better the model is than the baselines, with intervals."""

from collections.abc import Iterator

from training.reporting.markdown import gain_rows, points, table
from training.reporting.record import RunRecord


def gains(record: RunRecord) -> Iterator[str]:
    """Show the model's macro-F1 less that of each baseline."""
    if not record.gains:
        return
    yield "### Against the baselines"
    yield (
        "This model's macro-F1 less theirs on the same texts, in points of a hundred, "
        "with its 95 % interval by a paired bootstrap of the texts."
    )
    found, sources = record.gains, record.evaluation.of_sources()
    rows = gain_rows(found)
    if len(sources) > 1:
        rows += [
            [name, f"{of.examples:,}"]
            + [points(one.sources[name]) for one in found.values()]
            for name, of in sources.items()
        ]
    yield table(["", "texts", *found], rows)
    for baseline, one in found.items():
        if one.losses:
            yield f"Below {baseline} beyond chance: {', '.join(one.losses)}."
