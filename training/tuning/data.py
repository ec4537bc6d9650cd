"""The texts of a search: read and encoded once, cut to size for every trial."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from sentiment.batching import head_and_tail
from sentiment.encoding import Encoder, count_tokens
from sentiment.errors import DataError
from sentiment.vocabulary import UNK, Vocabulary
from training.config import TrainingConfig
from training.data.examples import Example
from training.data.splitting import Splits
from training.fitting.checkpoint import fingerprint_of
from training.fitting.encoded import EncodedSplit, encode_split


@dataclass(frozen=True, kw_only=True)
class TrialData:
    """What one trial learns from and is judged by."""

    vocabulary: Vocabulary
    train: EncodedSplit
    validation: EncodedSplit


@dataclass(frozen=True, kw_only=True)
class TuningData:
    """The splits in the largest vocabulary and at the greatest length of a search.

    Token ids go by frequency, so a smaller vocabulary is the beginning of a larger
    one: its ids are the same, and what it lacks is unknown. The test split is not here.
    """

    vocabulary: Vocabulary
    train: EncodedSplit
    validation: EncodedSplit

    @classmethod
    def encode(
        cls, splits: Splits, config: TrainingConfig, *, max_size: int, max_tokens: int
    ) -> "TuningData":
        """Encode train and validation for all trials up to the two sizes.

        Raises:
            DataError: No text of a split holds a token.
        """
        vocabulary = Vocabulary.build(
            count_tokens(example.text for example in splits.train),
            max_size=max_size,
            min_count=config.vocabulary.min_count,
        )
        encoder = Encoder(vocabulary)
        return cls(
            vocabulary=vocabulary,
            train=_encode(splits.train, encoder, config, max_tokens),
            validation=_encode(
                splits.validation, encoder, config, config.model.max_tokens
            ),
        )

    def for_trial(self, config: TrainingConfig) -> TrialData:
        """Return what a run of ``config`` would make of the same texts."""
        size = min(config.vocabulary.max_size, len(self.vocabulary))
        train = _shortened(
            self.train, config.training.max_tokens, config.model.head_share
        )
        return TrialData(
            vocabulary=Vocabulary(self.vocabulary.tokens[:size]),
            train=_known_up_to(size, train),
            validation=_known_up_to(size, self.validation),
        )

    def fingerprint(self) -> str:
        """Return a sum of every text, label and weight."""
        return fingerprint_of(
            *(
                part
                for split in (self.train, self.validation)
                for part in (
                    split.token_ids.tobytes(),
                    split.offsets.tobytes(),
                    split.targets.numpy().tobytes(),
                    split.weights.numpy().tobytes(),
                )
            )
        )


def _encode(
    examples: Sequence[Example],
    encoder: Encoder,
    config: TrainingConfig,
    max_tokens: int,
) -> EncodedSplit:
    encoded, kept = encode_split(
        examples,
        encoder,
        max_tokens=max_tokens,
        head_share=config.model.head_share,
        sources=config.sources,
    )
    if not kept:
        raise DataError(f"none of {len(examples):,} texts holds a token")
    return encoded


def _known_up_to(size: int, split: EncodedSplit) -> EncodedSplit:
    ids = split.token_ids
    return replace(split, token_ids=np.where(ids < size, ids, np.int32(UNK)))


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
