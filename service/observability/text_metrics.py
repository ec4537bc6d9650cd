"""What is counted of texts, whether they came one by one or in a file."""

from collections import Counter as Tally
from collections.abc import Iterable, Mapping

from prometheus_client import CollectorRegistry, Counter

from sentiment.answers import Answers
from sentiment.labels import LABELS
from sentiment.prediction import Prediction


class TextMetrics:
    """Texts, their tokens and labels, and those that could not be scored."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._texts = Counter(
            "sentiment_texts_total", "Texts answered.", registry=registry
        )
        self._tokens = Counter(
            "sentiment_tokens_total", "Tokens read.", registry=registry
        )
        self._unknown = Counter(
            "sentiment_unknown_tokens_total",
            "Tokens read that the model does not know.",
            registry=registry,
        )
        self._truncated = Counter(
            "sentiment_truncated_texts_total",
            "Texts not read whole.",
            registry=registry,
        )
        self._labels = Counter(
            "sentiment_predictions_total",
            "Answers by label.",
            ["label"],
            registry=registry,
        )
        self._failures = Counter(
            "sentiment_text_failures_total",
            "Texts that could not be scored.",
            ["code"],
            registry=registry,
        )

    def count_predictions(self, predictions: Iterable[Prediction]) -> int:
        """Count what was answered in one request; return the tokens read."""
        tokens = unknown = truncated = 0
        labels: Tally[str] = Tally()
        for prediction in predictions:
            tokens += prediction.tokens_read
            unknown += prediction.unknown_tokens
            truncated += prediction.truncated
            labels[prediction.label] += 1
        self._count(labels, tokens=tokens, unknown=unknown, truncated=truncated)
        return tokens

    def count_block(self, answers: Answers) -> None:
        """Count what was answered to a block of a file."""
        read = answers.tokens_read
        likeliest = answers.probabilities[read > 0].argmax(axis=1).tolist()
        self._count(
            Tally(LABELS[label] for label in likeliest),
            tokens=int(read.sum()),
            unknown=int(answers.unknown_tokens.sum()),
            truncated=int((read < answers.token_counts).sum()),
        )
        for code, count in Tally(why.code for why in answers.errors.values()).items():
            self._failures.labels(code).inc(count)

    def count_failure(self, code: str) -> None:
        """Count a text that could not be scored."""
        self._failures.labels(code).inc()

    def _count(
        self, labels: Mapping[str, int], *, tokens: int, unknown: int, truncated: int
    ) -> None:
        """Add up; each is a write into a shared file, so none for nothing."""
        for counter, count in (
            (self._texts, sum(labels.values())),
            (self._tokens, tokens),
            (self._unknown, unknown),
            (self._truncated, truncated),
        ):
            if count:
                counter.inc(count)
        for label, count in labels.items():
            self._labels.labels(label).inc(count)
