"""The profile of the answers, counted by every worker for each model it serves."""

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter
from prometheus_client.metrics_core import Metric

from sentiment.prediction.answer_profile import BINS, VALUES, Profile
from service.observability.text_sums import TextSums

_TEXTS, _SUMS = "sentiment_profile_texts_total", "sentiment_profile_sums_total"


class LiveProfile:
    """Counts answers by bin; safe between threads."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._texts = Counter(
            _TEXTS,
            "Texts answered, by the bin that each measure puts them in.",
            ["model", "measure", "bin"],
            registry=registry,
        )
        self._sums = Counter(
            _SUMS,
            "Sums of what is measured of each text.",
            ["model", "measure"],
            registry=registry,
        )
        # Looked up by name once: prometheus-client takes a lock for each look-up.
        self._bins: dict[tuple[str, str, str], Counter] = {}
        self._values: dict[tuple[str, str], Counter] = {}

    def begin(self, version: str) -> None:
        """Export every bin of a model that begins to answer, at zero.

        A bin that appeared only with its first text would be missing from a comparison.
        """
        for measure, bins in BINS.items():
            for name in bins:
                self._bins[version, measure, name] = self._texts.labels(
                    version, measure, name
                )
        for measure in VALUES:
            self._values[version, measure] = self._sums.labels(version, measure)

    def count(self, version: str, sums: TextSums) -> None:
        """Add up; each number takes a lock and a file, so none for nothing."""
        if (version, VALUES[0]) not in self._values:
            self.begin(version)
        for (measure, name), count in sums.bins.items():
            if count:
                self._bins[version, measure, name].inc(count)
        for measure, total in sums.totals.items():
            if total:
                self._values[version, measure].inc(total)


def read_profile(families: Iterable[Metric], version: str) -> Profile:
    """Return the profile of ``version`` from metrics that were just collected."""
    counts = {measure: dict.fromkeys(bins, 0.0) for measure, bins in BINS.items()}
    sums = dict.fromkeys(VALUES, 0.0)
    for family in families:
        for sample in family.samples:
            if sample.labels.get("model") != version:
                continue
            if sample.name == _TEXTS:
                counts[sample.labels["measure"]][sample.labels["bin"]] = sample.value
            elif sample.name == _SUMS:
                sums[sample.labels["measure"]] = sample.value
    return Profile(counts=counts, sums=sums)
