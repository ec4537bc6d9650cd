"""The metrics of texts, whether they came in requests or in a file."""

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter

from sentiment.errors import TextError
from sentiment.prediction.answers import Answers
from sentiment.prediction.prediction import Prediction
from service.observability.live import LiveProfile
from service.observability.tallies import Tally


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
        tally = Tally.of_each(answers)
        self._count(version, tally)
        return tally.tokens

    def count_block(self, version: str, answers: Answers) -> None:
        """Count what ``version`` answered to a block of a file."""
        self._count(version, Tally.of_block(answers))

    def _count(self, version: str, tally: Tally) -> None:
        """Add up; each is a write into a shared file, so none for nothing."""
        for counter, count in (
            (self._texts, sum(tally.labels.values())),
            (self._tokens, tally.tokens),
            (self._unknown, tally.unknown),
            (self._truncated, tally.truncated),
        ):
            if count:
                counter.inc(count)
        for label, count in tally.labels.items():
            if count:
                self._labels.labels(label).inc(count)
        for code, count in tally.failures.items():
            self._failures.labels(code).inc(count)
        self.profile.count(version, tally)
