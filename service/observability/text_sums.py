"""What the metrics of texts count, added up for one request or one block of a file."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from sentiment.errors import TextError
from sentiment.labels import LABELS
from sentiment.prediction.answer_profile import LABEL_MIX, VALUES, Profile, bin_of
from sentiment.prediction.answers import Answers
from sentiment.prediction.prediction import Prediction

# A measure of the profile, and one of its bins.
Bin = tuple[str, str]


class TextSums(NamedTuple):
    """Sums over some texts: of what was read, and of their profile.

    ``labels`` counts the answers as they were given, ``failures`` the texts that could
    not be scored, by the code of their error; ``totals`` has the sum of each measure of
    the profile.
    """

    labels: Mapping[str, float]
    failures: Mapping[str, int]
    tokens: int
    unknown: int
    truncated: int
    bins: Mapping[Bin, float]
    totals: Mapping[str, float]

    @classmethod
    def of_each(cls, answers: Iterable[Prediction | TextError]) -> "TextSums":
        """Return the sums of answers that are objects.

        Not with numpy: for one text that takes longer than all the rest.
        """
        labels: Counter[str] = Counter()
        failures: Counter[str] = Counter()
        tokens = unknown = truncated = 0
        bins: dict[Bin, float] = defaultdict(float)
        totals = dict.fromkeys(VALUES, 0.0)
        for answer in answers:
            if isinstance(answer, TextError):
                failures[answer.code] += 1
                continue
            labels[answer.label] += 1
            tokens += answer.tokens_read
            unknown += answer.unknown_tokens
            truncated += answer.truncated
            # Whatever confidence was asked for: "uncertain" says nothing of the texts.
            likeliest = answer.probabilities.index(answer.confidence)
            bins[LABEL_MIX, LABELS[likeliest]] += 1
            for measure, value in (
                ("confidence", answer.confidence),
                ("length", answer.token_count),
                ("unknown_share", answer.unknown_tokens / answer.tokens_read),
            ):
                bins[measure, bin_of(measure, value)] += 1
                totals[measure] += value
        return cls(labels, failures, tokens, unknown, truncated, bins, totals)

    @classmethod
    def of_block(cls, answers: Answers) -> "TextSums":
        """Return the sums of answers that are arrays, as those of a file."""
        profile = Profile.of([answers])
        read = answers.tokens_read
        return cls(
            labels=profile.counts[LABEL_MIX],
            failures=Counter(error.code for error in answers.errors.values()),
            tokens=int(read.sum()),
            unknown=int(answers.unknown_tokens.sum()),
            truncated=int((read < answers.token_counts).sum()),
            bins={
                (measure, name): count
                for measure, counts in profile.counts.items()
                for name, count in counts.items()
            },
            totals=profile.sums,
        )
