"""Warnings of a run: texts that say little, and a model that simple ones beat."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from sentiment.labels import LABELS, NEUTRAL
from sentiment.wording import counted, percent

if TYPE_CHECKING:
    from training.data.source import SourceConfig
    from training.data.splitting import Counts
    from training.evaluation.evaluate import Evaluation
    from training.recipes.config import TrainingConfig

# With fewer texts, a single one changes a label's figures by several points.
_FEW = 30

# Among fewer train texts neutral may be missing by chance.
_MANY = 100

_BASELINES = {
    "tfidf": "TF-IDF with logistic regression",
    "majority": "answering every text alike",
    "vader": "VADER",
    "bundled": "the bundled model",
}


def shortfalls(
    evaluation: "Evaluation",
    baselines: "Mapping[str, Evaluation]",
    config: "TrainingConfig",
) -> Iterator[str]:
    """Yield a sentence, with a solution, for each way in which the model is worse.

    By macro-F1 it may be worse than a baseline, and by accuracy than answering every
    text with the most frequent label, whether or not that is a baseline.
    """
    own = evaluation.mean_source_macro_f1
    better = [
        f"{what} ({percent(baselines[name].mean_source_macro_f1)})"
        for name, what in _BASELINES.items()
        if name in baselines and baselines[name].mean_source_macro_f1 > own
    ]
    if better:
        start = "" if config.start_from else ', or start_from = "bundled"'
        yield (
            f"the model's macro-F1 ({percent(own)}) is below that of "
            f"{' and of '.join(better)}: a possible solution is more texts{start}"
        )
    counts = [sum(row) for row in evaluation.confusion]
    most = max(counts)
    alike = most / sum(counts)
    if evaluation.accuracy < alike:
        balanced = any(one.class_weights == "balanced" for one in config.sources)
        solution = (
            "labels were balanced in training, which favours rare ones. Where accuracy "
            'counts more than they do, a possible solution is class_weights = "none"'
            " in [[sources]]"
            if balanced
            else "a possible solution is more texts"
        )
        yield (
            f"the model's accuracy ({percent(evaluation.accuracy)}) is below that of "
            f"answering {LABELS[counts.index(most)]} every time ({percent(alike)}): "
            f"{solution}"
        )


def few_test_texts(found: "Counts") -> Iterator[str]:
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
        counted(counts["test"][label], f"{label} text")
        for label, count in counts["all"].items()
        if count and counts["test"][label] < _FEW
    ]
    if few:
        yield (
            f"the test split has only {' and '.join(few)}, and figures of so few say "
            "little. A possible solution is a larger share for test in [split]"
        )


def no_neutral(
    sources: "Iterable[SourceConfig]",
    found: "Counts",
) -> Iterator[str]:
    """Yield a warning for each source that teaches that texts are never neutral.

    A source without neutral texts does, unless it says that it has only two classes.

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
                f"source {source.name!r} has {sum(train.values()):,} train texts, none "
                "of them neutral, so that the model learns that texts are never "
                "neutral. A possible solution is two_class = true"
            )


def unread_teachers(config: "TrainingConfig") -> Iterator[str]:
    """Yield a warning if a recipe has teachers whose soft labels it does not read."""
    if config.teachers and not config.distillation.soft_labels:
        yield (
            "the recipe has [[teachers]], and learns nothing from them: a possible "
            f'solution is soft_labels = "soft-labels/{config.name}" in [distillation], '
            "where `sentiment-train distill` writes what they answer"
        )
