"""The metrics of the models that a worker answers with, or refuses."""

from prometheus_client import CollectorRegistry, Counter, Gauge


class ModelMetrics:
    """Which version answers, and what became of those published meanwhile."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._reloads = Counter(
            "sentiment_reloads_total",
            "Models taken over while serving.",
            registry=registry,
        )
        self._reload_failures = Counter(
            "sentiment_reload_failures_total",
            "Models refused; the previous one kept answering.",
            registry=registry,
        )
        self._refused = Gauge(
            "sentiment_model_refused",
            "1 while a worker refuses the current model and answers with another.",
            multiprocess_mode="livemax",
            registry=registry,
        )
        self._answering = Gauge(
            "sentiment_model_info",
            "Workers that answer with this version.",
            ["version"],
            multiprocess_mode="livesum",
            registry=registry,
        )

    def count_reload_failure(self) -> None:
        """Count a model that was refused."""
        self._reload_failures.inc()

    def show_refused(self, refused: bool) -> None:
        """Export whether this worker refuses the current model."""
        self._refused.set(refused)

    def show(self, version: str, before: str | None = None) -> None:
        """Export which version this worker answers with, and no longer ``before``."""
        if before is not None:
            self._answering.labels(before).set(0)
            self._reloads.inc()
        self._answering.labels(version).set(1)
