"""Where a model does worse than what needs no network."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from sentiment.labels import LABELS

if TYPE_CHECKING:
    from training.config import TrainingConfig
    from training.evaluation.evaluate import Evaluation

_BASELINES = {
    "tfidf": "TF-IDF with logistic regression",
    "majority": "answering every text alike",
    "vader": "VADER",
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
        f"{what} ({_percent(baselines[name].mean_source_macro_f1)})"
        for name, what in _BASELINES.items()
        if name in baselines and baselines[name].mean_source_macro_f1 > own
    ]
    if better:
        start = "" if config.start_from else ', or start_from = "bundled"'
        yield (
            f"the model's macro-F1 ({_percent(own)}) is below that of "
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
            f"the model's accuracy ({_percent(evaluation.accuracy)}) is below that of "
            f"answering {LABELS[counts.index(most)]} every time ({_percent(alike)}): "
            f"{solution}"
        )


def _percent(share: float) -> str:
    return f"{100 * share:.1f}"
