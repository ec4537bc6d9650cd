"""Batches of examples of similar length, in an order that the seed decides."""

from collections.abc import Iterator

import numpy as np

from sentiment.network.batching import buckets
from training.fitting.config import FitConfig
from training.fitting.encoded import EncodedSplit

# How many batches are sorted by length together: enough to waste little padding, few
# enough that a text shares its batch with other texts in each epoch.
_POOL_BATCHES = 50


def epoch_batches(
    split: EncodedSplit, config: FitConfig, *, seed: int, epoch: int
) -> list[list[int]]:
    """Return the batches of an epoch: the same for the same seed and epoch.

    Texts are shuffled, sorted by length within pools and cut into batches, which are
    then shuffled. Texts without a target have nothing to teach before :func:`perturbs`.
    """
    random = np.random.default_rng([seed, epoch])
    order = random.permutation(len(split))
    if not perturbs(config, epoch):
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


def perturbs(config: FitConfig, epoch: int) -> bool:
    """Say whether word vectors may be perturbed in an epoch, counted from 0.

    They are from the epoch on in which ``adversarial_from`` ends.
    """
    return (epoch + 1) / config.epochs > config.adversarial_from


def _texts_a_batch(mean_length: float, config: FitConfig) -> int:
    return max(1, min(config.batch_texts, int(config.batch_tokens / mean_length)))


def _cut(lengths: list[int], config: FitConfig) -> Iterator[list[int]]:
    for group in buckets(lengths, config.batch_tokens):
        for start in range(0, len(group), config.batch_texts):
            yield group[start : start + config.batch_texts]
