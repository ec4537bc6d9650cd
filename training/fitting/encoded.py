"""A split as the network reads it: token ids, targets and weights."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from sentiment.errors import DataError
from sentiment.labels import NEUTRAL
from sentiment.network.batching import Batch, head_and_tail, pad
from training.data.examples import Example
from training.data.source import SourceConfig
from training.distillation.config import DistillationConfig
from training.recipes.config import TrainingConfig


class Encodes(Protocol):
    """What turns a text into token ids: the library's encoder, or a teacher's."""

    def encode(self, text: str) -> Sequence[int]:
        """Return the token ids of ``text``; empty where it holds no token."""


@dataclass(frozen=True, eq=False)
class EncodedSplit:
    """``n`` examples, their token ids concatenated.

    Example ``i`` has ``token_ids[offsets[i]:offsets[i + 1]]``. ``targets``, of shape
    ``(n, labels)``, are one-hot, or shares of votes; ``labels`` are what predictions
    are scored against. ``two_class`` marks texts of a source without neutral.
    ``weights`` are those of the labels in the loss, 0 for a text without a label;
    ``soft``, ``(n, labels)``, are a teacher's probabilities and ``soft_weights`` their
    weights in the loss. A text with neither weight is for virtual adversarial training
    alone.
    """

    token_ids: npt.NDArray[np.int32]
    offsets: npt.NDArray[np.int64]
    targets: Tensor
    labels: Tensor
    weights: Tensor
    two_class: Tensor
    sources: npt.NDArray[np.str_]
    soft: Tensor
    soft_weights: Tensor

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @cached_property
    def lengths(self) -> npt.NDArray[np.int64]:
        """Tokens of each example."""
        return np.diff(self.offsets)

    @property
    def knows_neutral(self) -> bool:
        """Whether neutral can be learned from the labels, or from a teacher."""
        labels = (self.weights > 0) & ~self.two_class
        teachers = (self.soft_weights > 0) & (self.soft[:, NEUTRAL] > 0)
        return bool((labels | teachers).any())

    @cached_property
    def has_target(self) -> npt.NDArray[np.bool_]:
        """Whether each example has a label or a soft label of any weight, ``(n,)``."""
        found: npt.NDArray[np.bool_] = (self.weights + self.soft_weights > 0).numpy()
        return found

    @cached_property
    def mean_weight(self) -> float:
        """The mean weight of all examples, those without a target included."""
        return (self.weights + self.soft_weights).mean().item()

    def weight_of(self, positions: Sequence[int]) -> float:
        """Return the summed weight of the examples at ``positions``."""
        return (self.weights[positions] + self.soft_weights[positions]).sum().item()

    def batch(self, positions: Sequence[int]) -> Batch:
        """Return the examples at ``positions``, padded."""
        return pad(
            [
                self.token_ids[self.offsets[at] : self.offsets[at + 1]].tolist()
                for at in positions
            ]
        )


def encode_split(
    examples: Sequence[Example],
    encoder: Encodes,
    *,
    max_tokens: int,
    head_share: float,
    sources: Iterable[SourceConfig] = (),
    distillation: DistillationConfig | None = None,
    keep_unlabelled: bool = False,
) -> tuple[EncodedSplit, list[Example]]:
    """Return the split, and the examples in it: those with any token and any weight.

    ``distillation`` has the weights of soft labels; without it they are ignored. With
    ``keep_unlabelled``, texts without a label are kept even if they have no weight.
    """
    read = [
        (example, np.asarray(ids, dtype=np.int32))
        for example in examples
        if (ids := head_and_tail(encoder.encode(example.text), max_tokens, head_share))
    ]
    hard, soft = learning_weights([one for one, _ in read], sources, distillation)
    # A batch of texts without weight would have a loss of 0 / 0.
    count = [
        at
        for at, (example, _) in enumerate(read)
        if hard[at] or soft[at] or (keep_unlabelled and not example.labelled)
    ]
    kept = [read[at][0] for at in count]
    token_ids = [read[at][1] for at in count]
    offsets = np.zeros(len(kept) + 1, dtype=np.int64)
    np.cumsum([len(ids) for ids in token_ids], out=offsets[1:])
    split = EncodedSplit(
        token_ids=np.concatenate(token_ids) if kept else np.zeros(0, dtype=np.int32),
        offsets=offsets,
        targets=torch.tensor([example.target for example in kept]).reshape(-1, 3),
        labels=torch.tensor([example.label for example in kept]),
        weights=torch.tensor(hard, dtype=torch.float32)[count],
        two_class=torch.tensor([example.two_class for example in kept]),
        sources=np.array([example.source for example in kept]),
        soft=torch.tensor(
            [example.soft or example.target for example in kept], dtype=torch.float32
        ).reshape(-1, 3),
        soft_weights=torch.tensor(soft, dtype=torch.float32)[count],
    )
    return split, kept


def encode_for(
    config: TrainingConfig,
    examples: Sequence[Example],
    encoder: Encodes,
    *,
    max_tokens: int,
) -> EncodedSplit:
    """Return ``examples`` as a run of ``config`` trains on them or validates with them.

    Raises:
        DataError: None of them holds a token.
    """
    encoded, kept = encode_split(
        examples,
        encoder,
        max_tokens=max_tokens,
        head_share=config.model.head_share,
        sources=config.sources,
        distillation=config.distillation,
        keep_unlabelled=config.training.virtual_adversarial > 0,
    )
    if not kept:
        raise DataError(
            f"none of {len(examples):,} texts holds a word, number or sign: is the "
            "right text_column named in [[sources]]?"
        )
    return encoded


def learning_weights(
    examples: Sequence[Example],
    sources: Iterable[SourceConfig],
    distillation: DistillationConfig | None,
) -> tuple[list[float], list[float]]:
    """Return the weight of each example's label in the loss, and of its soft label.

    A source's weight applies to both. Labels are balanced inside a source, but soft
    labels are not: a teacher's probabilities do not depend on the source.
    """
    sources = list(sources)
    weights = example_weights([one for one in examples if one.labelled], sources)
    of_source = {source.name: source.weight for source in sources}
    labelled = iter(weights)
    hard, soft = [], []
    for example in examples:
        taught = distillation if example.soft else None
        if not example.labelled:
            hard.append(0.0)
            soft.append(taught.unlabelled_weight if taught else 0.0)
            continue
        share = taught.weight if taught else 0.0
        hard.append((1 - share) * next(labelled))
        soft.append(share * of_source.get(example.source, 1.0))
    return hard, soft


def example_weights(
    examples: Sequence[Example], sources: Iterable[SourceConfig]
) -> list[float]:
    """Return the weight of each example in the loss.

    Inside a source each label has the same total weight, unless the recipe turns that
    off (star ratings are nine tenths positive); a source's mean weight is the recipe's.
    That is of the whole split: a batch's loss is divided by the batch's own weight, in
    which a rare label counts for less. Two labels of 1 % each have a third of the
    weight each, in batches of 128 texts 0.3 of the steps, and of 32 texts 0.2.
    """
    known = {source.name: source for source in sources}
    counts = Counter((example.source, example.label) for example in examples)
    totals = Counter(example.source for example in examples)
    labels = Counter(source for source, _ in counts)
    weights = []
    for example in examples:
        source = known.get(example.source)
        weight = 1.0 if source is None else source.weight
        if source is None or source.class_weights == "balanced":
            share = counts[example.source, example.label] / totals[example.source]
            weight /= share * labels[example.source]
        weights.append(weight)
    return weights
