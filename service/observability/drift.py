"""Drift: how far the texts answered lie from those the model was validated on."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from prometheus_client.metrics_core import GaugeMetricFamily, Metric

from sentiment.prediction.answer_profile import BASELINE, BINS, LABEL_MIX, Profile
from sentiment.prediction.artifact import Artifact
from service.observability.live import read_profile

# With fewer texts, chance alone puts some percent of them into other bins.
TEXTS_NEEDED = 500


@dataclass(frozen=True, kw_only=True)
class Drift:
    """The profiles of what one model answered, and of what it was validated on.

    ``baseline`` is None for a model that was published without one.
    """

    live: Profile
    baseline: Profile | None

    @classmethod
    def of(cls, families: Iterable[Metric], artifact: Artifact) -> "Drift":
        """Return the drift of ``artifact`` from metrics that were just collected."""
        return cls(
            live=read_profile(families, artifact.version),
            baseline=Profile.from_json(artifact.metrics.get(BASELINE)),
        )

    def distances(self) -> dict[str, float] | None:
        """Return the distance in each measure; None where there is too little data."""
        if self.baseline is None or self.live.texts < TEXTS_NEEDED:
            return None
        return {measure: self.live.distance(self.baseline, measure) for measure in BINS}

    def to_json(self) -> dict[str, Any]:
        """Return what /info shows."""
        return {
            "texts_needed": TEXTS_NEEDED,
            "live": _glance(self.live),
            "baseline": None if self.baseline is None else _glance(self.baseline),
            "distance": self.distances(),
        }

    def families(self) -> Iterator[Metric]:
        """Yield the gauges that /metrics shows beside the counters."""
        shares = GaugeMetricFamily(
            "sentiment_profile_share",
            "Share of the texts in a bin, of those answered and of the baseline.",
            labels=["of", "measure", "bin"],
        )
        means = GaugeMetricFamily(
            "sentiment_profile_mean",
            "Mean confidence, tokens a text and share of unknown tokens.",
            labels=["of", "measure"],
        )
        for name, profile in (("live", self.live), (BASELINE, self.baseline)):
            if profile is None or not profile.texts:
                continue
            for measure in BINS:
                for one, share in profile.shares(measure).items():
                    shares.add_metric((name, measure, one), share)
            for measure, mean in profile.means().items():
                means.add_metric((name, measure), mean)
        drift = GaugeMetricFamily(
            "sentiment_drift",
            "Share of the texts in other bins than in the baseline, since the model "
            f"began to answer; from {TEXTS_NEEDED} texts on.",
            labels=["measure"],
        )
        for measure, distance in (self.distances() or {}).items():
            drift.add_metric((measure,), distance)
        yield from (shares, means, drift)


def _glance(profile: Profile) -> dict[str, Any]:
    """Return the few figures that tell two profiles apart at a glance."""
    return {
        "texts": profile.texts,
        LABEL_MIX: profile.shares(LABEL_MIX),
        **profile.means(),
    }
