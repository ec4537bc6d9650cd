"""What people should know before they trust a run's figures."""

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from training.data.splitting import Counts
    from training.reporting.record import RunRecord

# What any model should be better than, by the names of baselines.
_SIMPLE = {
    "tfidf": "TF-IDF with logistic regression",
    "majority": "answering every text alike",
}

# With fewer texts a label's figures move by several points with each of them.
_FEW = 30


def worse_than_simple(record: "RunRecord") -> Iterator[str]:
    """Yield what to say of a model that a simpler one is better than."""
    own = record.evaluation.mean_source_macro_f1
    better = [
        f"{what} ({100 * record.baselines[name].mean_source_macro_f1:.1f})"
        for name, what in _SIMPLE.items()
        if name in record.baselines
        and record.baselines[name].mean_source_macro_f1 > own
    ]
    if better:
        start = "" if record.recipe.get("start_from") else ', or start_from = "bundled"'
        yield (
            f"the model's macro-F1 ({100 * own:.1f}) is below that of "
            f"{' and of '.join(better)}: a possible solution is more texts{start}"
        )


def few_test_texts(
    found: "Counts",
) -> Iterator[str]:
    """Yield which labels have too few test texts to judge by, of those that occur.

    ``found`` is how many texts there are, by source, split and label.
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
