"""The texts of a search: encoded once, and cut to size for each trial."""

from dataclasses import dataclass, field, replace

import numpy as np
import torch
from torch import Tensor

from sentiment.network.batching import head_and_tail
from sentiment.network.classifier import RNNClassifier
from sentiment.special_tokens import PAD, SPECIAL, UNK
from sentiment.text.vocabulary import Vocabulary
from training.data.splitting import Splits
from training.disk.fingerprints import fingerprint_of
from training.fitting.encoded import EncodedSplit
from training.options import Folders
from training.recipes.config import TrainingConfig
from training.start.network import Start, learned_weights
from training.start.prepared import Prepared, prepare


@dataclass(frozen=True, kw_only=True)
class SharedData:
    """The splits in the largest vocabulary and at the greatest length of all trials.

    Token ids are ordered by frequency, so a smaller vocabulary is the beginning of a
    larger one: its ids are the same, and all others are read as it reads their tokens.
    ``learned`` are the pretrained weights that each trial starts from, if any, and
    ``knows_neutral`` says whether they were trained on neutral texts, too.
    """

    vocabulary: Vocabulary
    train: EncodedSplit
    validation: EncodedSplit
    learned: dict[str, Tensor] = field(default_factory=dict)
    knows_neutral: bool = False

    @classmethod
    def encode(
        cls,
        splits: Splits,
        config: TrainingConfig,
        folders: Folders,
        *,
        max_tokens: int,
    ) -> "SharedData":
        """Encode train and validation split, up to the sizes of ``config``.

        Raises:
            ConfigError: What the recipe starts from or learns from is missing.
            DataError: No text of a split has a token.
        """
        prepared = prepare(config, splits, folders, max_tokens=max_tokens)
        return cls(
            vocabulary=prepared.vocabulary,
            train=prepared.train,
            validation=prepared.validation,
            learned=learned_weights(config, prepared.start),
            knows_neutral=prepared.start.knows_neutral,
        )

    def for_trial(self, config: TrainingConfig) -> Prepared:
        """Return what :func:`prepare` would make for ``config`` of the same texts."""
        size = len(self.vocabulary)
        if not self.learned:  # learned weights belong to a vocabulary as it is
            size = min(size, config.vocabulary.max_size)
        train = _shortened(
            self.train, config.training.max_tokens, config.model.head_share
        )
        vocabulary = Vocabulary(self.vocabulary.tokens[:size])
        return Prepared(
            start=Start(
                vocabulary,
                self._network(config, vocabulary),
                knows_neutral=self.knows_neutral,
            ),
            train=self._as_read_by(vocabulary, train),
            validation=self._as_read_by(vocabulary, self.validation),
        )

    def _as_read_by(self, smaller: Vocabulary, split: EncodedSplit) -> EncodedSplit:
        # A slip for a word that is cut off is itself read as that word is.
        rows = np.array(
            [PAD, UNK, *smaller.encode(self.vocabulary.tokens[len(SPECIAL) :])]
        )
        return replace(split, token_ids=rows.astype(np.int32)[split.token_ids])

    def _network(self, config: TrainingConfig, vocabulary: Vocabulary) -> RNNClassifier:
        torch.manual_seed(config.seed)
        classifier = RNNClassifier(config.model, len(vocabulary))
        classifier.load_state_dict(self.learned, strict=False)
        return classifier

    def fingerprint(self) -> str:
        """Return a fingerprint of every text, label and weight."""
        return fingerprint_of(
            self.train, self.validation, self.learned, self.knows_neutral
        )


def _shortened(split: EncodedSplit, max_tokens: int, head_share: float) -> EncodedSplit:
    """Return the split as if encoded with ``max_tokens``, fewer than it was."""
    if split.lengths.max() <= max_tokens:
        return split
    ids = [
        np.asarray(
            head_and_tail(whole.tolist(), max_tokens, head_share), dtype=np.int32
        )
        for whole in np.split(split.token_ids, split.offsets[1:-1])
    ]
    offsets = np.zeros_like(split.offsets)
    np.cumsum([len(part) for part in ids], out=offsets[1:])
    return replace(split, token_ids=np.concatenate(ids), offsets=offsets)
