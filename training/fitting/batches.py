"""Batches of examples of similar length, in an order that the seed decides."""

from collections.abc import Iterator

import numpy as np

from sentiment.network.batching import buckets
from training.config import FitConfig
from training.fitting.encoded import EncodedSplit

# How many batches are sorted by length together: enough to waste little padding, few
# enough that a text shares its batch with other texts in each epoch.
_POOL_BATCHES = 50


def epoch_batches(
    split: EncodedSplit, config: FitConfig, *, seed: int, epoch: int
) -> list[list[int]]:
    """Return the batches of an epoch: the same for the same seed and epoch.

    Texts are shuffled, sorted by length within pools and cut into batches, which are
    then shuffled. Texts without a target are left out unless :func:`targetless_join`.
    """
    random = np.random.default_rng([seed, epoch])
    order = random.permutation(len(split))
    if not targetless_join(split, config, epoch):
        order = order[split.has_target[order]]
    lengths = split.lengths[order]
    pool = _POOL_BATCHES * _texts_a_batch(float(lengths.mean()), config)
    batches = [
        order[start : start + pool][group].tolist()
        for start in range(0, len(order), pool)
        for group in _cut(lengths[start : start + pool].tolist(), config)
    ]
    random.shuffle(batches)
    return batches


def targetless_join(split: EncodedSplit, config: FitConfig, epoch: int) -> bool:
    """Say whether an epoch's batches include texts that have no target.

    They do from the epoch on in which virtual adversarial training begins.
    """
    begins = (epoch + 1) / config.epochs > config.adversarial_from
    return begins and not split.has_target.all()


def _texts_a_batch(mean_length: float, config: FitConfig) -> int:
    return max(1, min(config.batch_texts, int(config.batch_tokens / mean_length)))


def _cut(lengths: list[int], config: FitConfig) -> Iterator[list[int]]:
    for group in buckets(lengths, config.batch_tokens):
        for start in range(0, len(group), config.batch_texts):
            yield group[start : start + config.batch_texts]
