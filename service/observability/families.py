"""How the service's numbers are made: under its name, shared between its workers."""

from collections.abc import Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.metrics_core import GaugeMetricFamily

_PREFIX = "sentiment_"


class Families:
    """Makes numbers of one registry, each with a description and the labels' names."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry

    def counter(self, name: str, text: str, *labels: str) -> Counter:
        """Return a number that only rises."""
        return Counter(_PREFIX + name, text, labels, registry=self._registry)

    def histogram(
        self, name: str, text: str, buckets: Sequence[float], *labels: str
    ) -> Histogram:
        """Return a distribution over ``buckets``, the upper ends."""
        return Histogram(
            _PREFIX + name, text, labels, buckets=buckets, registry=self._registry
        )

    def gauge(self, name: str, text: str, *labels: str) -> Gauge:
        """Return a number that is the sum over the workers that live."""
        return Gauge(
            _PREFIX + name,
            text,
            labels,
            multiprocess_mode="livesum",
            registry=self._registry,
        )


def gauge_when_asked(name: str, text: str, *labels: str) -> GaugeMetricFamily:
    """Return a number that is worked out anew whenever somebody collects."""
    return GaugeMetricFamily(_PREFIX + name, text, labels=labels)


def sample_of_counter(name: str) -> str:
    """Return what the samples of the counter ``name`` are called when collected."""
    return f"{_PREFIX}{name}_total"
