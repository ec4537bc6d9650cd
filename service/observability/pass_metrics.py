"""The metrics of the network's passes (service/queueing/batcher.py)."""

from prometheus_client import CollectorRegistry, Gauge, Histogram

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60)
# A file may take ten minutes.
MINUTES = (*SECONDS, 120, 300, 600)
_TEXTS = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class PassMetrics:
    """What shares a pass of the network, and how long it waits for one."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._texts = Histogram(
            "sentiment_pass_texts",
            "Texts that shared one pass of the network.",
            buckets=_TEXTS,
            registry=registry,
        )
        self._wait = Histogram(
            "sentiment_pass_wait_seconds",
            "How long the first of those texts waited for their pass.",
            buckets=SECONDS,
            registry=registry,
        )
        self._left = Gauge(
            "sentiment_waiting_requests",
            "Requests that the last pass of the network, or turn, left waiting.",
            multiprocess_mode="livesum",
            registry=registry,
        )
        # Apart from passes: work behind a file waits long, and that sheds no request.
        self._turn_wait = Histogram(
            "sentiment_turn_wait_seconds",
            "How long explanations, sentences and blocks of files waited their turn.",
            buckets=MINUTES,
            registry=registry,
        )

    def count(self, texts: int, waited: float, left: int) -> None:
        """Count a pass of the network, for which the first of ``texts`` waited."""
        self._texts.observe(texts)
        self._wait.observe(waited)
        self._left.set(left)

    def count_turn(self, waited: float, left: int) -> None:
        """Count long work that ``waited`` until no other was under way."""
        self._turn_wait.observe(waited)
        self._left.set(left)
