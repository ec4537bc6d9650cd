"""What a network begins with: chance, word vectors, or a language model."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from sentiment.classifier import RNNClassifier
from sentiment.encoding import count_tokens
from sentiment.errors import ConfigError
from sentiment.vocabulary import Vocabulary
from training.config import TrainingConfig
from training.data.examples import Example
from training.embeddings import start_from_vectors
from training.fitting.state import part_of
from training.language_model.folder import load_pretrained

# What a language model of another shape could not give.
SHAPE = ("cell", "embedding_dim", "hidden_dim", "layers", "bidirectional")


@dataclass(frozen=True)
class Start:
    """A network that has learned nothing of labels, and the tokens it knows."""

    vocabulary: Vocabulary
    classifier: RNNClassifier


def begin(
    config: TrainingConfig, examples: Sequence[Example], *, data_root: Path, runs: Path
) -> Start:
    """Return the network that ``config`` starts from.

    A pretrained one brings its own vocabulary, otherwise it is that of ``examples``.

    Raises:
        ConfigError: The language model or the transformer is missing, or has another
            shape than ``[model]``.
        DataError: A file of word vectors cannot be read.
    """
    torch.manual_seed(config.seed)
    if config.pretrained:
        return _from_language_model(config, runs / config.pretrained)
    vocabulary = vocabulary_of(config, examples)
    classifier = RNNClassifier(config.model, len(vocabulary))
    start_from_vectors(classifier.embedding, config, vocabulary, data_root)
    return Start(vocabulary, classifier)


def vocabulary_of(config: TrainingConfig, examples: Iterable[Example]) -> Vocabulary:
    """Return the vocabulary of ``examples``, within the recipe's bounds."""
    return Vocabulary.build(
        count_tokens(example.text for example in examples),
        max_size=config.vocabulary.max_size,
        min_count=config.vocabulary.min_count,
    )


def _from_language_model(config: TrainingConfig, folder: Path) -> Start:
    shape, vocabulary, weights = load_pretrained(folder)
    for name in SHAPE:
        theirs, ours = getattr(shape, name), getattr(config.model, name)
        if theirs != ours:
            raise ConfigError(
                f"the language model in {folder} has {name} {theirs!r} and [model] "
                f"says {ours!r}: pretrain again, or write {theirs!r} there"
            )
    classifier = RNNClassifier(config.model, len(vocabulary))
    for part in ("embedding", "rnn"):
        getattr(classifier, part).load_state_dict(part_of(part, weights))
    return Start(vocabulary, classifier)
