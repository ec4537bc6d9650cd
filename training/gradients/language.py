"""Long texts to study gradients on: of a made-up language, or of a recipe."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from sentiment.errors import DataError
from sentiment.labels import LABELS
from sentiment.text.encoding import Encoder
from training.data.examples import Example
from training.fitting.encoded import EncodedSplit, encode_split
from training.recipes.config import TrainingConfig
from training.start.network import vocabulary_of

# Token ids after <pad> and <unk>: words for each label, then uninformative words.
_FIRST_ID, _WORDS_A_LABEL, _FILLERS = 2, 4, 50
SIZE = _FIRST_ID + _WORDS_A_LABEL * len(LABELS) + _FILLERS

_TRAIN_TEXTS, _PROBE_TEXTS = 4_000, 300


@dataclass(frozen=True, kw_only=True)
class LongTexts:
    """Texts to train on, and ``probe`` texts to measure on, all of the same length."""

    name: str
    train: EncodedSplit
    probe: EncodedSplit
    vocabulary_size: int


def texts_of_the_language(tokens: int, *, seed: int) -> LongTexts:
    """Return texts in which one word decides the label; the others are uninformative.

    In train texts that word is anywhere: also near the end, where every cell can begin
    to learn. In probe texts it is in the first tenth, the furthest from the loss.
    """
    return LongTexts(
        name="a made-up language",
        train=_written(_TRAIN_TEXTS, tokens, before=tokens, seed=[seed, 0]),
        probe=_written(
            _PROBE_TEXTS, tokens, before=max(tokens // 10, 1), seed=[seed, 1]
        ),
        vocabulary_size=SIZE,
    )


def texts_of_a_recipe(
    config: TrainingConfig, data_root: Path, tokens: int
) -> LongTexts:
    """Return the last ``tokens`` tokens of a recipe's texts that have as many.

    Raises:
        DataError: A source cannot be read, or too few texts are so long.
    """
    from training.data.gathering import read

    splits = read(config, data_root).splits
    vocabulary = vocabulary_of(config, splits.train)
    encoder = Encoder(vocabulary)
    return LongTexts(
        name=f"the recipe {config.name}",
        train=_long_ones(splits.train, encoder, config, tokens),
        probe=_long_ones(splits.validation, encoder, config, tokens),
        vocabulary_size=len(vocabulary),
    )


def _written(count: int, tokens: int, *, before: int, seed: list[int]) -> EncodedSplit:
    """Return texts with the deciding word among the first ``before`` tokens."""
    random = np.random.default_rng(seed)
    labels = random.integers(len(LABELS), size=count)
    first_filler = SIZE - _FILLERS
    token_ids = random.integers(first_filler, SIZE, size=(count, tokens))
    deciding = _FIRST_ID + labels * _WORDS_A_LABEL
    deciding += random.integers(_WORDS_A_LABEL, size=count)
    token_ids[np.arange(count), random.integers(before, size=count)] = deciding
    targets = torch.eye(len(LABELS))[torch.from_numpy(labels)]
    return EncodedSplit(
        token_ids=token_ids.astype(np.int32).ravel(),
        offsets=np.arange(count + 1, dtype=np.int64) * tokens,
        targets=targets,
        labels=torch.from_numpy(labels),
        weights=torch.ones(count),
        two_class=torch.zeros(count, dtype=torch.bool),
        sources=np.full(count, "language"),
        soft=targets,
        soft_weights=torch.zeros(count),
    )


def _long_ones(
    examples: Sequence[Example], encoder: Encoder, config: TrainingConfig, tokens: int
) -> EncodedSplit:
    # With a head of 0 the last tokens are kept, the nearest to the loss.
    cut, kept = encode_split(examples, encoder, max_tokens=tokens, head_share=0.0)
    lengths = cut.lengths.tolist()
    long = [one for one, length in zip(kept, lengths, strict=True) if length == tokens]
    if not long:
        raise DataError(
            f"none of {len(kept):,} texts has {tokens} tokens, the longest has "
            f"{max(lengths, default=0)}: a possible solution is a lower --tokens"
        )
    split, _ = encode_split(
        long, encoder, max_tokens=tokens, head_share=0.0, sources=config.sources
    )
    return split
