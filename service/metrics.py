"""What Prometheus reads: counted in each worker, summed over all when it is asked."""

import os
from collections import Counter as Tally
from collections.abc import Iterable

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector

from sentiment.answers import Answers
from sentiment.labels import LABELS
from sentiment.prediction import Prediction
from service.live import LiveProfile

# Workers share their numbers through files in this folder (prometheus-client's name).
FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
CONTENT_TYPE = CONTENT_TYPE_LATEST

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60)
_TEXTS = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class Metrics:
    """The service's numbers, under a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = self._counter(
            "requests", "Requests answered.", ("route", "method", "status")
        )
        self._seconds = Histogram(
            "sentiment_request_seconds",
            "Time from when a thread took a request to its answer.",
            ("route",),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._texts = self._counter("texts", "Texts answered.")
        self._failures = self._counter(
            "text_failures", "Texts that could not be scored.", ("code",)
        )
        self._tokens = self._counter("tokens", "Tokens read.")
        self._unknown = self._counter(
            "unknown_tokens", "Tokens read that the model does not know."
        )
        self._truncated = self._counter("truncated_texts", "Texts not read whole.")
        self._labels = self._counter("predictions", "Answers by label.", ("label",))
        self._shed = self._counter("shed", "Requests turned away.", ("reason",))
        self._broken_streams = self._counter(
            "broken_streams", "CSV answers that broke off midway."
        )
        self._corrections = self._counter(
            "corrections", "Corrections kept, by the label that users gave.", ("label",)
        )
        self._reloads = self._counter("reloads", "Models taken over while serving.")
        self._reload_failures = self._counter(
            "reload_failures", "Models refused; the one before went on answering."
        )
        self._model = Gauge(
            "sentiment_model_info",
            "Workers that answer with this version.",
            ("version",),
            multiprocess_mode="livesum",
            registry=self.registry,
        )
        # The network's passes (service/batcher.py).
        self._pass_texts = Histogram(
            "sentiment_pass_texts",
            "Texts that shared one pass of the network.",
            buckets=_TEXTS,
            registry=self.registry,
        )
        self._pass_wait = Histogram(
            "sentiment_pass_wait_seconds",
            "How long the first of those texts waited for their pass.",
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._pass_left = Gauge(
            "sentiment_waiting_requests",
            "Requests that went on waiting when the last pass began.",
            multiprocess_mode="livesum",
            registry=self.registry,
        )

        self.profile = LiveProfile(self.registry)

    def _counter(self, name: str, text: str, labels: tuple[str, ...] = ()) -> Counter:
        return Counter(f"sentiment_{name}", text, labels, registry=self.registry)

    def count_request(
        self, route: str, method: str, status: int, seconds: float
    ) -> None:
        """Count one answered request."""
        self._requests.labels(route, method, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def count_predictions(self, predictions: Iterable[Prediction]) -> int:
        """Count what was answered in one request; return the tokens read."""
        texts = tokens = unknown = truncated = 0
        labels: Tally[str] = Tally()
        for prediction in predictions:
            texts += 1
            tokens += prediction.tokens_read
            unknown += prediction.unknown_tokens
            truncated += prediction.truncated
            labels[prediction.label] += 1
        self._texts.inc(texts)
        self._tokens.inc(tokens)
        # Each is a write into a shared file: none for nothing.
        if unknown:
            self._unknown.inc(unknown)
        if truncated:
            self._truncated.inc(truncated)
        for label, count in labels.items():
            self._labels.labels(label).inc(count)
        return tokens

    def count_block(self, answers: Answers) -> None:
        """Count what was answered to a block of a file."""
        read = answers.tokens_read
        scored = read > 0
        self._texts.inc(int(scored.sum()))
        self._tokens.inc(int(read.sum()))
        self._unknown.inc(int(answers.unknown_tokens.sum()))
        self._truncated.inc(int((read < answers.token_counts)[scored].sum()))
        for at, count in Tally(answers.probabilities[scored].argmax(axis=1)).items():
            self._labels.labels(LABELS[at]).inc(count)
        for code, count in Tally(why.code for why in answers.errors.values()).items():
            self._failures.labels(code).inc(count)

    def count_pass(self, texts: int, waited: float, left: int) -> None:
        """Count a pass of the network, for which the first of ``texts`` waited."""
        self._pass_texts.observe(texts)
        self._pass_wait.observe(waited)
        self._pass_left.set(left)

    def count_turned_away(self) -> None:
        """Count a request that no thread has taken, since too many wait for one."""
        self._requests.labels("/predict", "POST", "503").inc()
        self.count_shed("overloaded")

    def count_text_failure(self, code: str) -> None:
        """Count a text that could not be scored."""
        self._failures.labels(code).inc()

    def count_shed(self, reason: str) -> None:
        """Count a request that was turned away with 503."""
        self._shed.labels(reason).inc()

    def count_broken_stream(self) -> None:
        """Count a CSV answer that broke off."""
        self._broken_streams.inc()

    def count_correction(self, label: str) -> None:
        """Count a correction that was kept."""
        self._corrections.labels(label).inc()

    def count_reload_failure(self) -> None:
        """Count a model that was refused."""
        self._reload_failures.inc()

    def show_model(self, version: str, before: str | None = None) -> None:
        """Say which version this worker answers with, and which it did before."""
        if before is not None:
            self._model.labels(before).set(0)
            self._reloads.inc()
        self._model.labels(version).set(1)
        self.profile.begin(version)

    def collect(self) -> list[Metric]:
        """Return the numbers of all workers, summed up."""
        if FOLDER_VARIABLE not in os.environ:
            return list(self.registry.collect())
        together = CollectorRegistry()
        MultiProcessCollector(together)  # type: ignore[no-untyped-call]
        return list(together.collect())


class Collected:
    """Numbers that were collected, as prometheus-client wants to ask for them."""

    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = list(families)

    def collect(self) -> list[Metric]:
        """Return them."""
        return self._families


def render(families: Iterable[Metric]) -> bytes:
    """Return numbers as Prometheus reads them."""
    return generate_latest(Collected(families))
