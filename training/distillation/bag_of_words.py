"""A bag of words as a teacher: words and pairs of words, for long reviews.

Texts that it was fitted to, and their sentences, are labelled by a fit without their
fold (cross-fitting); otherwise it would only repeat their labels. ``cross_fitting.py``
fits one.

A teacher is a folder: ``terms.json``, ``weights.safetensors``, and the card
``bag-of-words.json``, with the SHA-256 of the two.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors.numpy import load_file, save_file

from sentiment.errors import MissingExtraError
from sentiment.labels import LABELS
from sentiment.text.markup import strip_markup
from training.disk.files import read_card, written_with_card
from training.distillation.soft_labels import key_of
from training.evaluation.measures import Floats

FORMAT = 2
CARD, TERMS, WEIGHTS = "bag-of-words.json", "terms.json", "weights.safetensors"

# A word with what follows its apostrophe, or a run of punctuation, such as "!!!".
_TERM = r"(?u)\b\w+(?:'\w+)?|[^\w\s]+"
_MAX_TERMS = 500_000


@dataclass(frozen=True)
class Regressions:
    """A logistic regression for each label.

    ``weights`` has the shape ``(terms, labels)``, ``biases`` the shape ``(labels,)``:
    minus infinity for a label that no text had.
    """

    weights: npt.NDArray[np.float32]
    biases: npt.NDArray[np.float32]

    def probabilities(self, held: Any) -> Floats:
        """Return each label's probability against all others, to a sum of 1.

        Args:
            held: Which terms each text has, a sparse matrix ``(texts, terms)``.
        """
        logits = held @ self.weights + self.biases
        each = 1 / (1 + np.exp(-logits.astype(np.float64)))
        shares: Floats = each / each.sum(axis=1, keepdims=True)
        return shares


class BagOfWords:
    """A classifier by the terms of a text, with a further fit for each fold."""

    def __init__(
        self,
        terms: Sequence[str],
        whole: Regressions,
        folds: Sequence[Regressions],
        learned: Iterable[str],
    ) -> None:
        """Combine the fits.

        Args:
            terms: Words and pairs of words.
            whole: The fit to all texts.
            folds: For each fold, the fit to all other texts.
            learned: The keys of all texts.
        """
        self.terms = terms
        self.whole = whole
        self.folds = folds
        self.learned = frozenset(learned)
        self._counter = counter(vocabulary=terms)

    def probabilities(self, texts: Sequence[str], wholes: Sequence[str] = ()) -> Floats:
        """Return a row of probabilities for each text.

        ``wholes`` are the keys of the texts that ``texts`` were cut from; without them,
        ``texts`` are whole.
        """
        given = np.zeros((len(texts), len(LABELS)))
        if not texts:
            return given
        held = self._counter.transform(texts)
        keys = wholes or [key_of(text) for text in texts]
        seen = np.array([key in self.learned for key in keys])
        folds = folds_of(keys, len(self.folds))
        for rows, fitted in (
            (~seen, self.whole),
            *((seen & (folds == at), one) for at, one in enumerate(self.folds)),
        ):
            given[rows] = fitted.probabilities(held[rows])
        return given


def folds_of(keys: Iterable[str], folds: int) -> npt.NDArray[np.int64]:
    """Return which fold each text is in, by its key: an integer below ``folds``."""
    return np.array([int(key, 16) % folds for key in keys])


def counter(vocabulary: Sequence[str] | None = None, min_df: int = 1) -> Any:
    """Return a counter of terms, by whether a text has them, not how often.

    Raises:
        MissingExtraError: The extra ``train`` is not installed.
    """
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


def save_words(words: BagOfWords, folder: Path, known: Mapping[str, Any]) -> None:
    """Write a bag of words to ``folder``, with what is ``known`` of it on its card."""
    fitted = [words.whole, *words.folds]
    keys = [list(bytes.fromhex(key)) for key in sorted(words.learned)]
    tensors: dict[str, npt.NDArray[Any]] = {
        "weights": np.stack([one.weights for one in fitted]),
        "biases": np.stack([one.biases for one in fitted]),
        "learned": np.array(keys, dtype=np.uint8),  # (texts, bytes of a key)
    }
    with written_with_card(folder, CARD, FORMAT, known) as unfinished:
        (unfinished / TERMS).write_text(json.dumps(words.terms), encoding="utf-8")
        save_file(tensors, unfinished / WEIGHTS)


def load_words(folder: Path) -> BagOfWords:
    """Return the teacher that :func:`save_words` left in ``folder``.

    Raises:
        ConfigError: A file is missing, changed or of another format.
        MissingExtraError: The extra ``train`` is not installed.
    """
    read_card(folder, CARD, FORMAT, what="bag of words", remedy="fit it again")
    terms = json.loads((folder / TERMS).read_text(encoding="utf-8"))
    found = load_file(folder / WEIGHTS)
    whole, *folds = map(Regressions, found["weights"], found["biases"])
    return BagOfWords(
        terms, whole, folds, (bytes(key).hex() for key in found["learned"])
    )
