"""The metrics for Prometheus: counted in each worker, summed over all when read."""

import logging
import os
from collections.abc import Iterable
from contextlib import suppress
from functools import cache
from pathlib import Path

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
)
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector

from service.http.problems import BUG, REFUSALS
from service.observability.metric_labels import NO_ROUTE, OTHER_METHOD
from service.observability.model_metrics import ModelMetrics
from service.observability.pass_metrics import MINUTES, PassMetrics
from service.observability.text_metrics import TextMetrics
from service.processes.run_folder import METRICS_FOLDER

CONTENT_TYPE = CONTENT_TYPE_LATEST

# What alerts look at is exported at zero from the start: to Prometheus' increase(), a
# series that starts at one has not increased.
_SHED_CODES = sorted(
    {refusal.code for refusal in REFUSALS.values() if refusal.status == 503}
)
_WATCHED_STATUSES = (BUG.status, 503)

log = logging.getLogger(__name__)


class Metrics:
    """The service's metrics, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        # Whether it was logged that the workers' shared files are gone.
        self._has_warned = False
        registry = self.registry
        self.texts = TextMetrics(registry)
        self.passes = PassMetrics(registry)
        self.models = ModelMetrics(registry)
        self._requests = Counter(
            "sentiment_requests_total",
            "Requests answered.",
            ["route", "method", "status"],
            registry=registry,
        )
        self._seconds = Histogram(
            "sentiment_request_seconds",
            "Time from when a request came to its answer.",
            ["route"],
            buckets=MINUTES,
            registry=registry,
        )
        self._shed = Counter(
            "sentiment_shed_total",
            "Requests shed.",
            ["reason"],
            registry=registry,
        )
        self._broken_streams = Counter(
            "sentiment_broken_streams_total",
            "CSV answers that broke off midway.",
            registry=registry,
        )
        self._corrections = Counter(
            "sentiment_corrections_total",
            "Corrections kept, by the label that users gave.",
            ["label"],
            registry=registry,
        )
        # Looked up by labels once: prometheus-client takes a lock for each look-up.
        # There are few routes, methods and statuses.
        self._answered = cache(self._look_up)
        for code in _SHED_CODES:
            self._shed.labels(code)

    def begin_route(self, route: str, methods: Iterable[str]) -> None:
        """Export at zero the answers of ``route`` that raise an alert."""
        for method in methods:
            for status in _WATCHED_STATUSES:
                self._requests.labels(route, method, str(status))

    def count_request(
        self, route: str, method: str, status: int, seconds: float
    ) -> None:
        """Count one answered request."""
        answered, took = self._answered(route, method, status)
        answered.inc()
        took.observe(seconds)

    def _look_up(
        self, route: str, method: str, status: int
    ) -> tuple[Counter, Histogram]:
        requests = self._requests.labels(route, method, str(status))
        return requests, self._seconds.labels(route)

    def count_malformed(self, status: int) -> None:
        """Count a malformed request, which was answered ``status``."""
        self._requests.labels(NO_ROUTE, OTHER_METHOD, str(status)).inc()

    def count_turned_away(self, route: str, method: str) -> None:
        """Count a request that was shed before a thread took it."""
        answered, _ = self._answered(route, method, 503)
        answered.inc()
        self.count_shed("overloaded")

    def count_shed(self, reason: str) -> None:
        """Count a request that was turned away with 503."""
        self._shed.labels(reason).inc()

    def count_broken_stream(self) -> None:
        """Count a CSV answer that broke off."""
        self._broken_streams.inc()

    def count_correction(self, label: str) -> None:
        """Count a correction that was stored."""
        self._corrections.labels(label).inc()

    def show_model(self, version: str, before: str | None = None) -> None:
        """Export which version this worker answers with, and no longer ``before``."""
        self.models.show(version, before)
        self.texts.profile.begin(version)

    def collect(self) -> list[Metric]:
        """Return the metrics of all workers, summed up.

        Where the folder that they share is gone, they are this worker's own.
        """
        if METRICS_FOLDER not in os.environ:
            return list(self.registry.collect())
        folder = Path(os.environ[METRICS_FOLDER])
        try:
            files = _written_in(folder)
            return list(MultiProcessCollector.merge(files))  # type: ignore[no-untyped-call]
        except OSError:
            if folder.is_dir():
                raise
            self._warn_of_no_folder()
            return list(self.registry.collect())

    def _warn_of_no_folder(self) -> None:
        if not self._has_warned:
            self._has_warned = True
            log.warning(
                "the folder %s cannot be read, perhaps tidied away: /metrics shows of "
                "each worker its own numbers until the service is started again",
                os.environ[METRICS_FOLDER],
            )


def _written_in(folder: Path) -> list[str]:
    """Return the files of metrics, without those of workers that only just started.

    A file is created empty, which prometheus-client cannot read.
    """
    files = []
    for file in folder.iterdir():
        # Files of gauges are removed with the worker that wrote them.
        with suppress(FileNotFoundError):
            if file.suffix == ".db" and file.stat().st_size:
                files.append(str(file))
    return files


class CollectedFamilies:
    """Metrics that were collected, in the form of a prometheus-client registry."""

    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = list(families)

    def collect(self) -> list[Metric]:
        """Return them."""
        return self._families


def render(families: Iterable[Metric]) -> bytes:
    """Return metrics in Prometheus' text format."""
    return generate_latest(CollectedFamilies(families))
