"""Training of the classifier: recipes, data, fitting, evaluation, publishing."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from training.estimator import SentimentClassifier

__all__ = ["SentimentClassifier"]


def __getattr__(name: str) -> Any:
    # Imported late, so that `--help` need not wait for torch and scikit-learn.
    if name == "SentimentClassifier":
        from training.estimator import SentimentClassifier

        return SentimentClassifier
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
