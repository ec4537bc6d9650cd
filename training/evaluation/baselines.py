"""Simple baselines, fitted on the same split: majority, VADER, TF-IDF."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from sentiment.errors import ConfigError, DataError, MissingExtraError
from sentiment.labels import LABELS, NEGATIVE, NEUTRAL, POSITIVE
from sentiment.wording import nearest
from training.data.examples import Example
from training.evaluation.measures import SIZE, Floats

Baseline = Callable[[Sequence[str]], Floats]
Weights = Floats | None

# VADER's authors call scores strictly between -0.05 and 0.05 neutral.
VADER_CUT = 0.05

# The most frequent ones; 300,000 reviews have tens of millions of bigrams.
MAX_FEATURES = 200_000


def fit_baselines(
    examples: Sequence[Example],
    *,
    names: Iterable[str] = ("majority", "vader", "tfidf"),
    weights: Sequence[float] | None = None,
) -> dict[str, Baseline]:
    """Fit the named baselines on the training split.

    Each is a function from texts to probabilities of shape ``(n, 3)``, for
    :func:`training.evaluation.evaluate.evaluate` as any model. ``weights`` are those of
    the examples, as in the network's loss; None: all alike.

    Raises:
        ConfigError: There is no such baseline.
        DataError: The examples hold fewer than two labels.
        MissingExtraError: A baseline needs the extra ``train``.
    """
    found: dict[str, Baseline] = {}
    counts = None if weights is None else np.array(weights)
    for name in names:
        if name not in _FITTING:
            raise ConfigError(
                f"there is no baseline {name!r}: {nearest(name, _FITTING)}"
            )
        found[name] = _FITTING[name](examples, counts)
    return found


def require_packages(names: Iterable[str]) -> None:
    """Refuse baselines whose packages are missing, before anything is fitted.

    Raises:
        MissingExtraError: One needs the extra ``train``.
    """
    for name in names:
        if name in _IMPORTING:
            _IMPORTING[name]()


def fit_majority(examples: Sequence[Example], _: Weights) -> Baseline:
    """Answer every text with the shares of the labels among ``examples``."""
    labels = [example.label for example in examples]
    shares = np.bincount(labels, minlength=SIZE) / max(len(labels), 1)
    return lambda texts: np.tile(shares, (len(texts), 1))


def load_vader(_: Sequence[Example], __: Weights) -> Baseline:
    """Answer with VADER's rules, which are not fitted.

    The label is that of its compound score, with its authors' thresholds, and gets a
    probability of 0.98: its neg, neu and pos are shares of words, not probabilities.
    For a neutral answer the rest depends on the compound's sign, so that VADER still
    has an answer if neutral is masked, for a two-class source.
    """
    analyser = _import_vader()()

    def answer(texts: Sequence[str]) -> Floats:
        scores = [analyser.polarity_scores(text)["compound"] for text in texts]
        return _from_compound(np.array(scores, dtype=np.float64))

    return answer


def _from_compound(compound: Floats) -> Floats:
    rows = np.full((len(compound), SIZE), 0.01)
    neutral = np.abs(compound) < VADER_CUT
    rows[neutral, NEUTRAL] = 0.98
    rows[neutral, NEGATIVE] -= compound[neutral] / 100
    rows[neutral, POSITIVE] += compound[neutral] / 100
    rows[compound >= VADER_CUT, POSITIVE] = 0.98
    rows[compound <= -VADER_CUT, NEGATIVE] = 0.98
    return rows


def fewest_texts(examples: int) -> int:
    """Return how many of the ``examples`` a term must be in at least, to be counted.

    In a few hundred texts hardly any pair of words occurs twice.
    """
    return 2 if examples > 1_000 else 1


def fit_tfidf(examples: Sequence[Example], weights: Weights) -> Baseline:
    """Fit logistic regression on TF-IDF of words and pairs of words.

    Tokens are those of scikit-learn's default pattern, as in a user's first attempt.
    Its loss cannot mask neutral, so it learns which sources' style has no neutral
    texts; for two-class sources its answers are masked like any others.
    """
    vectorizer, regression, make_pipeline = _import_tfidf()
    labels = [example.label for example in examples]
    if len(set(labels)) < 2:
        known = ", ".join(LABELS[label] for label in set(labels)) or "none"
        raise DataError(
            f"the training split holds fewer than two labels ({known}): "
            "add texts of another label"
        )
    vectors = vectorizer(
        ngram_range=(1, 2),
        sublinear_tf=True,
        min_df=fewest_texts(len(examples)),
        max_features=MAX_FEATURES,
        dtype=np.float32,
    )
    model = make_pipeline(vectors, regression(max_iter=1_000))
    model.fit(
        [example.text for example in examples],
        labels,
        logisticregression__sample_weight=None
        if weights is None
        else np.array(weights),
    )
    present = model.classes_

    def answer(texts: Sequence[str]) -> Floats:
        rows = np.zeros((len(texts), SIZE))
        if texts:
            rows[:, present] = model.predict_proba(texts)
        return rows

    return answer


_FITTING: dict[str, Callable[[Sequence[Example], Weights], Baseline]] = {
    "majority": fit_majority,
    "vader": load_vader,
    "tfidf": fit_tfidf,
}


def _import_vader() -> Any:
    try:
        from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer
    except ImportError as error:
        raise MissingExtraError("the VADER baseline", "train") from error
    return SentimentIntensityAnalyzer


def _import_tfidf() -> tuple[Any, Any, Any]:
    try:
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
    except ImportError as error:
        raise MissingExtraError("the TF-IDF baseline", "train") from error
    return TfidfVectorizer, LogisticRegression, make_pipeline


_IMPORTING: dict[str, Callable[[], object]] = {
    "vader": _import_vader,
    "tfidf": _import_tfidf,
}
