"""Warnings about a run's figures."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from sentiment.labels import LABELS, NEUTRAL

if TYPE_CHECKING:
    from training.data.source import SourceConfig
    from training.data.splitting import Counts

# With fewer texts, a single one changes a label's figures by several points.
_FEW = 30

# Among fewer train texts neutral may be missing by chance.
_MANY = 100


def few_test_texts(
    found: "Counts",
) -> Iterator[str]:
    """Yield a warning if labels that occur have too few test texts.

    ``found`` has the numbers of texts by source, split and label.
    """
    counts: dict[str, Counter[str]] = {"test": Counter(), "all": Counter()}
    for splits in found.values():
        for split, labels in splits.items():
            counts["all"].update(labels)
            if split == "test":
                counts["test"].update(labels)
    few = [
        f"{counts['test'][label]} {label}"
        for label, count in counts["all"].items()
        if count and counts["test"][label] < _FEW
    ]
    if few:
        yield (
            f"the test has only {', '.join(few)} texts, and figures of so few say "
            "little. A possible solution is a larger share for test in [split]"
        )


def no_neutral(
    sources: "Iterable[SourceConfig]",
    found: "Counts",
) -> Iterator[str]:
    """Yield a warning for each source that teaches by mistake that none is neutral.

    ``found`` has the numbers of texts by source, split and label.
    """
    for source in sources:
        train = found.get(source.name, {}).get("train", {})
        # Only files may be two_class, and soft labels may hold a little neutral.
        may_be = source.kind == "file" and not source.soft_label_columns
        if not may_be or source.two_class or train.get(LABELS[NEUTRAL]):
            continue
        if sum(train.values()) >= _MANY:
            yield (
                f"source {source.name!r} has {sum(train.values()):,} texts to train on "
                "and none is neutral, so that the model learns that neutral never "
                "occurs. A possible solution is two_class = true"
            )
