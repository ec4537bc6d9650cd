"""Fit a bag of words to all texts of a recipe, and to all but one fold of them.

Logistic regression on words and pairs of words, each scaled by the log ratio of its
frequency in texts of one label and in the others (Wang and Manning 2012, "Baselines and
Bigrams: Simple, Good Sentiment and Topic Classification").
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from sentiment.errors import DataError
from sentiment.labels import LABELS, NEUTRAL
from training.data.examples import Example
from training.data.splitting import Splits
from training.distillation.bag_of_words import (
    BagOfWords,
    Regressions,
    counter,
    folds_of,
    save_words,
)
from training.distillation.soft_labels import key_of
from training.evaluation.baselines import fewest_texts
from training.evaluation.measures import Flags, Floats, masked_probabilities
from training.fitting.encoded import example_weights
from training.recipes.config import TrainingConfig

# Inverse regularisation strengths, tried in this order.
_COSTS = (1.0, 3.0, 10.0, 30.0, 100.0)


@dataclass(frozen=True, kw_only=True)
class FittedWords:
    """A fitted bag of words: its folder, and its loss on the validation split."""

    folder: Path
    examples: int
    terms: int
    cost: float
    validation_loss: float


def fit_words(
    config: TrainingConfig,
    splits: Splits,
    folder: Path,
    *,
    show_progress: bool = False,
) -> FittedWords:
    """Fit a bag of words to the recipe's train split and keep it in ``folder``.

    Raises:
        DataError: The train split has fewer than two labels, or the validation split
            no text that is long enough.
    """
    settings = config.bag_of_words
    examples = _of_length(splits.train, settings.shortest)
    validation = _of_length(splits.validation, settings.shortest)
    if len({one.label for one in examples}) < 2 or not validation:
        raise DataError(
            "a bag of words is fitted to texts of two labels at least, and needs texts "
            "in the validation split; those of fewer than [bag_of_words] shortest = "
            f"{settings.shortest} words do not count"
        )
    fits = len(_COSTS) + settings.folds
    # None: shown on a terminal alone.
    hidden = None if show_progress else True
    with tqdm(total=fits, unit=" fits", disable=hidden) as bar:
        counts = _Counts(examples, example_weights(examples, config.sources), bar)
        cost, loss, whole = _best(counts, validation)
        bar.total = bar.n + settings.folds
        folds = folds_of(counts.keys, settings.folds)
        without = [counts.fit(cost, folds != at) for at in range(settings.folds)]
    fitted = FittedWords(
        folder=folder,
        examples=len(examples),
        terms=len(counts.terms),
        cost=cost,
        validation_loss=loss,
    )
    words = BagOfWords(counts.terms, whole, without, counts.keys)
    known = {name: value for name, value in asdict(fitted).items() if name != "folder"}
    save_words(words, folder, known)
    return fitted


def _of_length(examples: Sequence[Example], shortest: int) -> list[Example]:
    return [one for one in examples if len(one.text.split()) >= shortest]


class _Counts:
    """The terms of the train texts, and fits to them."""

    def __init__(
        self, examples: Sequence[Example], weights: Sequence[float], bar: "tqdm[Any]"
    ) -> None:
        self.counter = counter(min_df=fewest_texts(len(examples)))
        self._held = self.counter.fit_transform([one.text for one in examples])
        self.terms: list[str] = self.counter.get_feature_names_out().tolist()
        self.keys = [key_of(one.text) for one in examples]
        self._labels = np.array([one.label for one in examples])
        self._two_class = np.array([one.two_class for one in examples])
        self._weights = np.array(weights)
        self._bar = bar

    def fit(self, cost: float, which: Flags | None = None) -> Regressions:
        """Fit to the texts where ``which`` is true, or to all."""
        if which is None:
            which = np.ones(len(self._labels), dtype=np.bool_)
        fitted = Regressions(
            np.zeros((len(self.terms), len(LABELS)), dtype=np.float32),
            np.full(len(LABELS), -np.inf, dtype=np.float32),
        )
        for label in sorted(set(self._labels[which].tolist())):
            # A text of a source without neutral is no evidence against neutral.
            asked = which & ~self._two_class if label == NEUTRAL else which
            self._fit_one(fitted, label, cost, asked)
        self._bar.update()
        return fitted

    def _fit_one(
        self, fitted: Regressions, label: int, cost: float, which: Flags
    ) -> None:
        from sklearn.linear_model import LogisticRegression

        is_label = self._labels[which] == label
        if is_label.all():
            fitted.biases[label] = 0
            return
        held = self._held[which]
        scales = _scales(held, is_label)
        model = LogisticRegression(
            C=cost, solver="liblinear", dual=True, max_iter=1_000, random_state=1
        )
        scaled = held.multiply(scales).tocsr()
        model.fit(scaled, is_label, sample_weight=self._weights[which])
        fitted.weights[:, label] = model.coef_[0] * scales
        fitted.biases[label] = model.intercept_[0]


def _best(
    counts: _Counts, validation: Sequence[Example]
) -> tuple[float, float, Regressions]:
    """Return the cost with the lowest loss, that loss, and the fit at that cost."""
    held = counts.counter.transform([one.text for one in validation])
    tried: list[tuple[float, float, Regressions]] = []
    for cost in _COSTS:
        fitted = counts.fit(cost)
        loss = _loss(fitted.probabilities(held), validation)
        if tried and loss > tried[-1][1]:
            # Higher costs would only overfit more, and take longer.
            break
        tried.append((cost, loss, fitted))
    return tried[-1]


def _scales(held: Any, is_label: Flags) -> npt.NDArray[np.float32]:
    """Return each term's log ratio between a label and the others, shape ``(terms,)``.

    Divided by the mean norm of a text's vector of them, so that a cost has the same
    effect for short texts and long ones.
    """
    there = 1 + np.asarray(held[is_label].sum(axis=0)).ravel()
    elsewhere = 1 + np.asarray(held[~is_label].sum(axis=0)).ravel()
    ratios = np.log(there / there.sum()) - np.log(elsewhere / elsewhere.sum())
    lengths = np.sqrt(held @ np.square(ratios))
    scales: npt.NDArray[np.float32] = (ratios / lengths.mean()).astype(np.float32)
    return scales


def _loss(given: Floats, examples: Sequence[Example]) -> float:
    """Return the mean loss in nats, with the same weight for every source."""
    given = masked_probabilities(given, np.array([one.two_class for one in examples]))
    right = given[np.arange(len(examples)), [one.label for one in examples]]
    count = Counter(one.source for one in examples)
    weights = [1 / count[one.source] for one in examples]
    return float(np.average(-np.log(right.clip(1e-9)), weights=weights))
