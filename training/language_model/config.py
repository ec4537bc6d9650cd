"""The settings of a language model."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from sentiment.config_checks import BELOW_ONE, Condition, above, at_least, check_values


def _rise(cutoffs: Sequence[int]) -> bool:
    return list(cutoffs) == sorted({cut for cut in cutoffs if cut >= 1})


@dataclass(frozen=True, kw_only=True)
class LanguageModelConfig:
    """How ``sentiment-train pretrain`` trains a next-word language model.

    Cell, sizes and layers are those of [model], since the classifier starts from its
    weights. The dropouts are those of AWD-LSTM (Merity et al. 2018).
    """

    epochs: Annotated[int, at_least(1)] = 1
    """How often the texts are read."""

    streams: Annotated[int, at_least(1)] = 64
    """Batch size: how many streams of text are read side by side."""

    steps: Annotated[int, at_least(1)] = 70
    """Tokens of each stream between two updates (truncated back-propagation)."""

    learning_rate: Annotated[float, above(0)] = 2e-3
    """The peak rate, from which it falls to zero (one cycle, Smith 2018)."""

    weight_decay: Annotated[float, at_least(0)] = 0.01
    """Decoupled weight decay (AdamW)."""

    warmup_share: Annotated[float, BELOW_ONE] = 0.1
    """The share of the run in which the rate warms up to ``learning_rate``."""

    clip_norm: Annotated[float, at_least(0)] = 1.0
    """Gradients with a larger norm are scaled down to this; 0 turns clipping off."""

    cutoffs: Annotated[Sequence[int], Condition("rising numbers from 1", _rise)] = (
        500,
        2_500,
        10_000,
    )
    """Cutoffs of the adaptive softmax, among the words by frequency."""

    word_dropout: Annotated[float, BELOW_ONE] = 0.02
    """The share of the words whose embedding is dropped."""

    input_dropout: Annotated[float, BELOW_ONE] = 0.1
    """Dropout of the embeddings."""

    state_dropout: Annotated[float, BELOW_ONE] = 0.1
    """Dropout of the hidden states."""

    weight_dropout: Annotated[float, BELOW_ONE] = 0.1
    """Dropout of the recurrent weights."""

    forgetting: Annotated[float, BELOW_ONE] = 0.05
    """Probability that a stream's state is reset before an update."""

    max_vocabulary: Annotated[int, at_least(3)] = 30_000
    """How many tokens it knows at most: the most frequent ones."""

    min_count: Annotated[int, at_least(1)] = 3
    """How often a token must occur in the texts."""

    def __post_init__(self) -> None:
        check_values(self, "[language_model]")
