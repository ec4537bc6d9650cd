"""The starting network: random, or from word vectors, a language model or a model."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from sentiment.artifacts.folder import load_artifact
from sentiment.config import ModelConfig
from sentiment.network.classifier import RNNClassifier
from sentiment.text.encoding import count_tokens
from sentiment.text.vocabulary import Vocabulary
from training.data.examples import Example
from training.embeddings import start_from_vectors
from training.fitting.state import part_of
from training.language_model.folder import Pretraining, load_pretrained
from training.options import Folders
from training.recipes.config import TrainingConfig
from training.recipes.start_from import KNOWS_NEUTRAL, SHAPE, check_alike, find_model

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Start:
    """A network before its first step, and its vocabulary.

    ``version`` is that of the model that it starts from; without one it was not trained
    on labels. ``knows_neutral`` says whether it was trained on neutral, and
    ``pretraining`` how its language model was made, if it starts from one.
    """

    vocabulary: Vocabulary
    classifier: RNNClassifier
    version: str = ""
    knows_neutral: bool = False
    pretraining: Pretraining | None = None


def starting_network(
    config: TrainingConfig, examples: Sequence[Example], folders: Folders
) -> Start:
    """Return the network that ``config`` starts from.

    A model or a language model brings its own vocabulary, otherwise it is that of
    ``examples``.

    Raises:
        ArtifactError: The model is damaged.
        ConfigError: The model, the language model or the transformer is missing, or
            has another shape than ``[model]``.
        DataError: A file of word vectors cannot be read.
    """
    torch.manual_seed(config.seed)
    if config.start_from:
        return _from_model(config)
    if config.pretrained:
        return _from_language_model(config, folders.runs / config.pretrained)
    vocabulary = vocabulary_of(config, examples)
    classifier = RNNClassifier(config.model, len(vocabulary))
    start_from_vectors(classifier.embedding, config, vocabulary, folders.data)
    return Start(vocabulary, classifier)


def learned_weights(config: TrainingConfig, start: Start) -> dict[str, Tensor]:
    """Return copies of the weights of ``start`` that are not random, by name."""
    if config.start_from:
        parts: tuple[str, ...] = ("",)
    elif config.pretrained:
        parts = ("embedding.", "rnn.")
    elif config.embeddings:
        parts = ("embedding.",)
    else:
        return {}
    return {
        name: value.detach().clone()
        for name, value in start.classifier.state_dict().items()
        if name.startswith(parts)
    }


def vocabulary_of(config: TrainingConfig, examples: Iterable[Example]) -> Vocabulary:
    """Return the vocabulary of ``examples``, within the recipe's bounds."""
    return Vocabulary.build(
        count_tokens(example.text for example in examples),
        max_size=config.vocabulary.max_size,
        min_count=config.vocabulary.min_count,
    )


def _from_model(config: TrainingConfig) -> Start:
    """Return a published model, with dropout and ``max_tokens`` of the recipe."""
    folder = find_model(config.start_from)
    artifact = load_artifact(folder)
    _check_shape(f"the model {folder}", artifact.config, config.model)
    classifier = RNNClassifier(config.model, len(artifact.vocabulary))
    classifier.load_state_dict(artifact.classifier.state_dict())
    _log.info("starting from %s", artifact.version)
    return Start(
        artifact.vocabulary,
        classifier,
        artifact.version,
        # A model without this record may know neutral, which must not be unlearned.
        knows_neutral=bool(artifact.metrics.get(KNOWS_NEUTRAL, True)),
    )


def _from_language_model(config: TrainingConfig, folder: Path) -> Start:
    found = load_pretrained(folder)
    _check_shape(f"the language model in {folder}", found.shape, config.model)
    classifier = RNNClassifier(config.model, len(found.vocabulary))
    for part in ("embedding", "rnn"):
        getattr(classifier, part).load_state_dict(part_of(part, found.weights))
    return Start(found.vocabulary, classifier, pretraining=found.pretraining)


def _check_shape(start: str, theirs: ModelConfig, ours: ModelConfig) -> None:
    for name in SHAPE:
        check_alike(start, name, getattr(theirs, name), getattr(ours, name))
