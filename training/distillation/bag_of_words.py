"""A bag of words as a teacher: words and pairs of words, for long reviews.

Logistic regression on words and pairs of words, each scaled by how much more often it
stands in texts of one label than in the others (Wang and Manning 2012, "Baselines and
Bigrams: Simple, Good Sentiment and Topic Classification"). Of the texts that it was
fitted to it says nothing, since it knows their labels: it teaches from those without.

A teacher is a folder: ``terms.json``, ``weights.safetensors``, and
``bag-of-words.json``, which says what it is and holds the sums of the two.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors.numpy import load_file, save_file

from sentiment.errors import ConfigError, DataError, MissingExtraError
from sentiment.labels import LABELS
from sentiment.markup import strip_markup
from training.config import TrainingConfig
from training.data.examples import Example
from training.data.splitting import Splits
from training.distillation.soft_labels import key_of
from training.evaluation.measures import Floats, judged_probabilities
from training.files import first_changed, sums_of, written_whole
from training.fitting.calibrate import even_weights
from training.fitting.encoded import example_weights

FORMAT = 1
CARD, TERMS, WEIGHTS = "bag-of-words.json", "terms.json", "weights.safetensors"

# A word with what follows its apostrophe, or a run of marks: "!!!" says something.
_TERM = r"(?u)\b\w+(?:'\w+)?|[^\w\s]+"
_MAX_TERMS = 500_000
# How little the weights are held back, tried in turn.
_COSTS = (1.0, 3.0, 10.0, 30.0, 100.0)


@dataclass(frozen=True, kw_only=True)
class FittedWords:
    """A bag of words that was fitted, where it lies, and its loss on validation."""

    folder: Path
    examples: int
    terms: int
    cost: float
    validation_loss: float


class BagOfWords:
    """One logistic regression a label, over the terms that a text holds."""

    def __init__(
        self,
        terms: Sequence[str],
        weights: npt.NDArray[np.float32],
        biases: npt.NDArray[np.float32],
        learned: Iterable[str] = (),
    ) -> None:
        """Take what was fitted.

        Args:
            terms: Words and pairs of words.
            weights: Shape ``(terms, labels)``.
            biases: Shape ``(labels,)``; minus infinity for a label nobody had.
            learned: The keys of texts that it does not teach.
        """
        self.terms = terms
        self.weights = weights
        self.biases = biases
        self.learned = frozenset(learned)
        self._counter = _counter(vocabulary=terms)

    def probabilities(self, texts: Sequence[str]) -> Floats:
        """Return a row of probabilities for each text; NaN for one it was fitted to."""
        given = np.full((len(texts), len(LABELS)), np.nan)
        rows = [at for at, text in enumerate(texts) if key_of(text) not in self.learned]
        if rows:
            held = self._counter.transform([texts[at] for at in rows])
            given[rows] = _shares(held @ self.weights + self.biases)
        return given


def fit_words(config: TrainingConfig, splits: Splits, folder: Path) -> FittedWords:
    """Fit a bag of words to the recipe's train split and keep it in ``folder``.

    How far its weights may go is chosen by the loss on the validation split.

    Raises:
        DataError: The train split holds fewer than two labels, or nothing validates.
    """
    examples = splits.train
    if len({one.label for one in examples}) < 2 or not splits.validation:
        raise DataError(
            "a bag of words is fitted to texts of two labels at least, and needs texts "
            "in the validation split: look at [[sources]] and at [split]"
        )
    tried = (
        (_loss(words, splits.validation), cost, words)
        for cost, words in _candidates(config, examples)
    )
    loss, cost, words = min(tried, key=lambda one: one[0])
    fitted = FittedWords(
        folder=folder,
        examples=len(examples),
        terms=len(words.terms),
        cost=cost,
        validation_loss=loss,
    )
    _save(words, fitted)
    return fitted


def load_words(folder: Path) -> BagOfWords:
    """Return the teacher that :func:`fit_words` left in ``folder``.

    Raises:
        ConfigError: A file is missing, changed or of another format.
        MissingExtraError: The extra ``train`` is not installed.
    """
    try:
        card: dict[str, Any] = json.loads((folder / CARD).read_text(encoding="utf-8"))
        changed = first_changed(folder, card["sha256"])
        if changed is not None:
            raise ValueError(f"{changed} is missing or not what {CARD} says it was")
        if card["format"] != FORMAT:
            raise ValueError(f"its format is {card['format']}, not {FORMAT}")
    except (OSError, ValueError, KeyError) as error:
        raise ConfigError(
            f"{folder} holds no bag of words that can be used: {error!s}. A possible "
            "solution is to fit it again"
        ) from error
    terms = json.loads((folder / TERMS).read_text(encoding="utf-8"))
    found = load_file(folder / WEIGHTS)
    keys = found["learned"]  # (texts, bytes of a key)
    learned = (bytes(key).hex() for key in keys)
    return BagOfWords(terms, found["weights"], found["biases"], learned)


def _save(words: BagOfWords, fitted: FittedWords) -> None:
    keys = np.array([list(bytes.fromhex(key)) for key in sorted(words.learned)])
    tensors: dict[str, npt.NDArray[Any]] = {
        "weights": words.weights,
        "biases": words.biases,
        "learned": keys.astype(np.uint8),
    }
    known = {name: value for name, value in asdict(fitted).items() if name != "folder"}
    with written_whole(fitted.folder) as folder:
        (folder / TERMS).write_text(json.dumps(words.terms), encoding="utf-8")
        save_file(tensors, folder / WEIGHTS)
        sums = sums_of(folder, (TERMS, WEIGHTS))
        card = {"format": FORMAT, **known, "sha256": sums}
        (folder / CARD).write_text(json.dumps(card, indent=1), encoding="utf-8")


def _candidates(
    config: TrainingConfig, examples: Sequence[Example]
) -> Iterable[tuple[float, BagOfWords]]:
    """Yield a bag of words for each cost, from the one held back most."""
    # In a few hundred texts hardly any pair of words comes twice.
    counter = _counter(min_df=2 if len(examples) > 1_000 else 1)
    from sklearn.linear_model import LogisticRegression

    held = counter.fit_transform([one.text for one in examples])
    terms = counter.get_feature_names_out().tolist()
    learned = {key_of(one.text) for one in examples}
    labels = np.array([one.label for one in examples])
    counts = np.array(example_weights(examples, config.sources))
    scales = {label: _scales(held, labels == label) for label in set(labels.tolist())}
    for cost in _COSTS:
        weights = np.zeros((len(terms), len(LABELS)), dtype=np.float32)
        biases = np.full(len(LABELS), -np.inf, dtype=np.float32)
        for label, scale in scales.items():
            model = LogisticRegression(
                C=cost, solver="liblinear", dual=True, max_iter=1_000, random_state=1
            )
            scaled = held.multiply(scale).tocsr()
            model.fit(scaled, labels == label, sample_weight=counts)
            weights[:, label] = model.coef_[0] * scale
            biases[label] = model.intercept_[0]
        yield cost, BagOfWords(terms, weights, biases, learned)


def _scales(held: Any, is_label: npt.NDArray[np.bool_]) -> npt.NDArray[np.float32]:
    """Return each term's log ratio between a label and the others, shape ``(terms,)``.

    Divided by the mean length of a text's vector of them, so that one cost means the
    same for short texts and for long ones.
    """
    there = 1 + np.asarray(held[is_label].sum(axis=0)).ravel()
    elsewhere = 1 + np.asarray(held[~is_label].sum(axis=0)).ravel()
    ratios = np.log(there / there.sum()) - np.log(elsewhere / elsewhere.sum())
    lengths = np.sqrt(held @ np.square(ratios))
    scales: npt.NDArray[np.float32] = (ratios / lengths.mean()).astype(np.float32)
    return scales


def _shares(logits: npt.NDArray[np.float32]) -> Floats:
    """Return the labels' probabilities, each against all others, to a sum of 1."""
    each = 1 / (1 + np.exp(-logits.astype(np.float64)))
    shares: Floats = each / each.sum(axis=1, keepdims=True)
    return shares


def _loss(words: BagOfWords, examples: Sequence[Example]) -> float:
    """Return the mean loss in nats, sources counting alike."""
    given = words.probabilities([one.text for one in examples])
    given = judged_probabilities(given, np.array([one.two_class for one in examples]))
    right = given[np.arange(len(examples)), [one.label for one in examples]]
    weights = even_weights(np.array([one.source for one in examples])).numpy()
    return float(np.average(-np.log(right.clip(1e-9)), weights=weights))


def _counter(vocabulary: Sequence[str] | None = None, min_df: int = 1) -> Any:
    """Return what tells which terms a text holds: only whether, not how often."""
    try:
        from sklearn.feature_extraction.text import CountVectorizer
    except ImportError as error:
        raise MissingExtraError("a bag of words", "train") from error
    return CountVectorizer(
        preprocessor=lambda text: strip_markup(text).lower(),
        token_pattern=_TERM,
        ngram_range=(1, 2),
        min_df=min_df,
        max_features=_MAX_TERMS,
        vocabulary=vocabulary,
        binary=True,
        dtype=np.float32,
    )
