"""The classifier as a scikit-learn estimator, from raw texts to labels."""

import dataclasses
import math
import threading
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import compress
from typing import Any, Literal, Self

import numpy as np
import numpy.typing as npt
import torch
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from sentiment.config import Cell, ModelConfig
from sentiment.errors import TextError
from sentiment.labels import NEUTRAL
from sentiment.network.classifier import RNNClassifier
from sentiment.prediction.artifact import Artifact
from sentiment.prediction.predictor import Predictor
from sentiment.text.encoding import Encoder, count_tokens
from sentiment.text.vocabulary import Vocabulary
from training.data.cleaning import normalised
from training.data.examples import Example
from training.data.source import SourceConfig
from training.data.splitting import position
from training.data.targets import one_hot
from training.estimator_inputs import (
    check_labels,
    check_texts,
    outputs_of,
    parameters,
)
from training.fitting.calibrate import fit_temperature
from training.fitting.config import FitConfig
from training.fitting.encoded import EncodedSplit, encode_split
from training.fitting.fit import Fitting
from training.fitting.loss import mask_neutral
from training.fitting.predicting import predict_logits
from training.recipes.start_from import KNOWS_NEUTRAL

_SOURCE = "fit"

# Torch's random numbers are the process's own: two fits would draw each other's.
_FITTING = threading.Lock()


class SentimentClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # untyped
    """A recurrent classifier of raw texts, for scikit-learn's searches and pipelines.

    ``X`` is a list, array or Series of texts. ``y`` holds two or three different
    labels. Any of ``"negative"``, ``"neutral"``, ``"positive"`` mean themselves; other
    labels (numbers, ``"bad"`` and ``"good"``) are taken in sorted order, from negative
    to positive: two are negative and positive, three have neutral between them.

    ``validation_share`` of the different texts of each label, chosen by the texts'
    hashes, is held out to stop early and to calibrate the probabilities; copies of a
    text are all held out or all trained on. With 0, or too few texts to hold any out,
    the training texts decide when to stop, and the probabilities stay as the network
    gives them. A text without any token (empty, white space) gets the
    shares of the labels in ``y``.

    The same ``random_state`` gives the same weights on the same machine; torch's own
    random state is left as it was. Fits in several threads take turns, since they would
    share it; fits in several processes (``n_jobs``) run side by side.

    Attributes:
        classes_: The labels of ``y``, sorted; the columns of ``predict_proba``.
        artifact_: The model, as ``sentiment.artifacts.folder.save_artifact`` and
            ``training.publishing.publish.publish`` take it.
        history_: The record of each epoch of the fit.

    >>> from training import SentimentClassifier
    >>> SentimentClassifier(cell="gru", hidden_dim=64)
    SentimentClassifier(cell='gru', hidden_dim=64)
    """

    def __init__(
        self,
        *,
        cell: Cell = "lstm",
        embedding_dim: int = 128,
        hidden_dim: int = 128,
        layers: int = 1,
        bidirectional: bool = False,
        embedding_dropout: float = 0.3,
        dropout: float = 0.4,
        max_tokens: int = 400,
        max_vocabulary: int = 30_000,
        min_count: int = 2,
        epochs: int = 10,
        patience: int = 3,
        batch_texts: int = 32,
        learning_rate: float = 3e-3,
        weight_decay: float = 0.01,
        clip_norm: float = 1.0,
        label_smoothing: float = 0.0,
        class_weight: Literal["balanced"] | None = "balanced",
        validation_share: float = 0.1,
        device: Literal["auto", "cpu", "cuda"] = "auto",
        random_state: int | np.random.RandomState | None = None,
        verbose: bool = False,
    ) -> None:
        self.cell = cell
        self.embedding_dim = embedding_dim
        self.hidden_dim = hidden_dim
        self.layers = layers
        self.bidirectional = bidirectional
        self.embedding_dropout = embedding_dropout
        self.dropout = dropout
        self.max_tokens = max_tokens
        self.max_vocabulary = max_vocabulary
        self.min_count = min_count
        self.epochs = epochs
        self.patience = patience
        self.batch_texts = batch_texts
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.clip_norm = clip_norm
        self.label_smoothing = label_smoothing
        self.class_weight = class_weight
        self.validation_share = validation_share
        self.device = device
        self.random_state = random_state
        self.verbose = verbose

    def fit(self, X: Any, y: Any) -> Self:  # noqa: N803  # scikit-learn's name
        """Fit the classifier to texts and their labels.

        Raises:
            ValueError: ``X`` is not a sequence of texts, ``y`` does not hold two or
                three labels for them, or a parameter is not valid. If that is one of
                the network or of its fit, it is a ConfigError, too.
        """
        self._check_shares()
        texts = check_texts(X)
        labels = check_labels(y, texts)
        with parameters():
            model_config, fit_config = self._model_config(), self._fit_config()
        self.classes_: npt.NDArray[Any] = np.unique(labels)
        self._outputs = outputs_of(self.classes_)
        counts = [int((labels == one).sum()) for one in self.classes_]
        self._shares = np.array(counts) / len(labels)
        train, validation = self._hold_out(self._examples(texts, labels))
        seed = int(check_random_state(self.random_state).randint(2**31 - 1))
        # Restores the caller's random state.
        with _FITTING, torch.random.fork_rng(), parameters():
            torch.manual_seed(seed)
            self._learn(train, validation, model_config, fit_config, seed)
        return self

    def predict_proba(self, X: Any) -> npt.NDArray[np.float64]:  # noqa: N803
        """Return each text's probabilities of ``classes_``, shape ``(n, classes)``.

        Raises:
            NotFittedError: ``fit`` was not called.
            ValueError: ``X`` is not a sequence of texts.
        """
        check_is_fitted(self)
        predictor = Predictor(self.artifact_)
        texts = check_texts(X)
        rows: npt.NDArray[np.float64] = np.empty((len(texts), len(self.classes_)))
        for row, answer in zip(rows, predictor.predict_each(texts), strict=True):
            if isinstance(answer, TextError):
                row[:] = self._shares
            else:
                row[:] = [answer.probabilities[output] for output in self._outputs]
        # With two labels, the third is learned to be improbable, but keeps a share.
        rows /= rows.sum(axis=1, keepdims=True)
        return rows

    def predict(self, X: Any) -> npt.NDArray[Any]:  # noqa: N803
        """Return each text's most probable label.

        Raises:
            NotFittedError: ``fit`` was not called.
            ValueError: ``X`` is not a sequence of texts.
        """
        best = self.predict_proba(X).argmax(axis=1)
        found: npt.NDArray[Any] = self.classes_[best]
        return found

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.one_d_array = True
        tags.input_tags.two_d_array = False
        return tags

    def _learn(
        self,
        train: Sequence[Example],
        validation: Sequence[Example],
        model_config: ModelConfig,
        fit_config: FitConfig,
        seed: int,
    ) -> None:
        vocabulary = Vocabulary.build(
            count_tokens(example.text for example in train),
            max_size=self.max_vocabulary,
            min_count=self.min_count,
        )
        encoder = Encoder(vocabulary)
        train_split = self._encode(train, encoder, model_config)
        validation_split = self._encode(validation or train, encoder, model_config)
        classifier = RNNClassifier(model_config, len(vocabulary))
        self.history_ = Fitting(
            classifier,
            train_split,
            validation_split,
            fit_config,
            seed=seed,
            show_progress=bool(self.verbose),
        ).run()
        self.artifact_ = Artifact(
            version=f"{type(self).__name__}-{seed}",
            config=model_config,
            vocabulary=vocabulary,
            classifier=classifier.cpu().eval(),
            # Of texts that it was trained on, a network is surer than of any others.
            temperature=_temperature(classifier, validation_split, fit_config)
            if validation
            else 1.0,
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            metrics={KNOWS_NEUTRAL: train_split.knows_neutral},
        )

    def _examples(
        self, texts: Sequence[str], labels: npt.NDArray[Any]
    ) -> list[Example]:
        output_of = dict(zip(self.classes_.tolist(), self._outputs, strict=True))
        return [
            Example(
                text=text,
                target=one_hot(output_of[label]),
                source=_SOURCE,
                two_class=NEUTRAL not in self._outputs,
            )
            for text, label in zip(texts, labels.tolist(), strict=True)
        ]

    def _hold_out(self, examples: list[Example]) -> tuple[list[Example], list[Example]]:
        """Return train and validation examples: of few texts, none for validation.

        All copies of a text are on one side: with some in train, validation would
        count what was learned by heart. A text with several labels is evidence of
        none, so that it is not validated on.
        """
        identities = [normalised(one.text) for one in examples]
        labels: dict[str, set[int]] = defaultdict(set)
        for identity, one in zip(identities, examples, strict=True):
            labels[identity].add(one.label)
        held: set[str] = set()
        for output in self._outputs:
            own = [identity for identity, of in labels.items() if of == {output}]
            own.sort(key=position)
            count = math.ceil(self.validation_share * len(own))
            held.update(own[max(len(own) - count, 1) :])
        sides = [identity in held for identity in identities]
        train = list(compress(examples, (not side for side in sides)))
        return train, list(compress(examples, sides))

    def _encode(
        self, examples: Sequence[Example], encoder: Encoder, config: ModelConfig
    ) -> EncodedSplit:
        source = SourceConfig(
            name=_SOURCE, path="-", class_weights=self.class_weight or "none"
        )
        encoded, kept = encode_split(
            examples,
            encoder,
            max_tokens=config.max_tokens,
            head_share=config.head_share,
            sources=[source],
        )
        if not kept:
            raise ValueError(
                f"none of {len(examples)} texts to learn from holds a word, number or "
                "sign: X must hold the texts themselves"
            )
        return encoded

    def _check_shares(self) -> None:
        if self.class_weight not in ("balanced", None):
            raise ValueError(
                f"class_weight is {self.class_weight!r}: it may be 'balanced' or None"
            )
        if not 0 <= self.validation_share < 1:
            raise ValueError(
                f"validation_share is {self.validation_share!r}, not in [0, 1)"
            )

    def _model_config(self) -> ModelConfig:
        return ModelConfig(**self._shared_with(ModelConfig))

    def _fit_config(self) -> FitConfig:
        return FitConfig(**self._shared_with(FitConfig))

    def _shared_with(self, config: type[Any]) -> dict[str, Any]:
        """Return the parameters that ``config`` has, as Python's own numbers.

        A search draws NumPy's, which JSON does not know.
        """
        mine = self.get_params(deep=False)
        names = [field.name for field in dataclasses.fields(config)]
        given = {name: mine[name] for name in names if name in mine}
        return {
            name: value.item() if isinstance(value, np.generic) else value
            for name, value in given.items()
        }


def _temperature(
    classifier: RNNClassifier, validation: EncodedSplit, config: FitConfig
) -> float:
    logits = predict_logits(classifier, validation, config.batch_tokens)
    masked = mask_neutral(logits, validation.two_class)
    return fit_temperature(masked, validation.labels)
