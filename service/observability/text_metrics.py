"""The metrics of texts, whether they came in requests or in a file."""

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter

from sentiment.errors import TextError
from sentiment.prediction.answers import Answers
from sentiment.prediction.prediction import Prediction
from service.observability.live import LiveProfile
from service.observability.text_sums import TextSums


class TextMetrics:
    """Texts, their tokens, labels and profile, and those that could not be scored."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.profile = LiveProfile(registry)
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

    def count_each(
        self, version: str, answers: Iterable[Prediction | TextError]
    ) -> int:
        """Count what ``version`` answered in one request; return the tokens read."""
        sums = TextSums.of_each(answers)
        self._count(version, sums)
        return sums.tokens

    def count_block(self, version: str, answers: Answers) -> None:
        """Count what ``version`` answered to a block of a file."""
        self._count(version, TextSums.of_block(answers))

    def _count(self, version: str, sums: TextSums) -> None:
        """Add up; each is a write into a shared file, so none for nothing."""
        for counter, count in (
            (self._texts, sum(sums.labels.values())),
            (self._tokens, sums.tokens),
            (self._unknown, sums.unknown),
            (self._truncated, sums.truncated),
        ):
            if count:
                counter.inc(count)
        for label, count in sums.labels.items():
            if count:
                self._labels.labels(label).inc(count)
        for code, count in sums.failures.items():
            self._failures.labels(code).inc(count)
        self.profile.count(version, sums)
