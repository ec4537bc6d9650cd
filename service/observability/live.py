"""The profile of what is answered, counted by every worker for the model it served."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from prometheus_client import CollectorRegistry, Counter
from prometheus_client.metrics_core import Metric

from sentiment.answers import Answers
from sentiment.labels import LABELS
from sentiment.prediction import Prediction
from sentiment.profile import BINS, LABEL_MIX, VALUES, Profile, bin_of

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
        """Show every bin of a model that begins to answer, at zero.

        A bin that appeared only with its first text would be missing from a comparison.
        """
        for measure, bins in BINS.items():
            for name in bins:
                self._bins[version, measure, name] = self._texts.labels(
                    version, measure, name
                )
        for measure in VALUES:
            self._values[version, measure] = self._sums.labels(version, measure)

    def add(self, version: str, predictions: Sequence[Prediction]) -> None:
        """Count what ``version`` answered."""
        # Not with numpy: for one text that takes longer than all the rest.
        bins: dict[tuple[str, str], float] = defaultdict(float)
        sums = dict.fromkeys(VALUES, 0.0)
        for prediction in predictions:
            # Whatever confidence was asked for: "uncertain" says nothing of the texts.
            likeliest = prediction.probabilities.index(prediction.confidence)
            bins[LABEL_MIX, LABELS[likeliest]] += 1
            for measure, value in (
                ("confidence", prediction.confidence),
                ("length", prediction.token_count),
                ("unknown_share", prediction.unknown_tokens / prediction.tokens_read),
            ):
                bins[measure, bin_of(measure, value)] += 1
                sums[measure] += value
        self._count(version, bins, sums)

    def add_block(self, version: str, answers: Answers) -> None:
        """Count what ``version`` answered to a block of a file."""
        profile = Profile.of([answers])
        bins = {
            (measure, name): count
            for measure, counts in profile.counts.items()
            for name, count in counts.items()
        }
        self._count(version, bins, profile.sums)

    def _count(
        self,
        version: str,
        bins: Mapping[tuple[str, str], float],
        sums: Mapping[str, float],
    ) -> None:
        """Add up; each number takes a lock and a file, so none for nothing."""
        if (version, VALUES[0]) not in self._values:
            self.begin(version)
        for (measure, name), count in bins.items():
            if count:
                self._bins[version, measure, name].inc(count)
        for measure, total in sums.items():
            if total:
                self._values[version, measure].inc(total)


def read_profile(families: Iterable[Metric], version: str) -> Profile:
    """Return what was counted for ``version``, of numbers that were just collected."""
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
