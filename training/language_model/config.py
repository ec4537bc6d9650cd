"""What a recipe says of its language model."""

from collections.abc import Sequence
from dataclasses import dataclass

from training.checks import Checks


@dataclass(frozen=True, kw_only=True)
class LanguageModelConfig:
    """How the next word is learned: the ``[language_model]`` table of a recipe.

    Cell, sizes and layers are those of ``[model]``, since its network starts from
    this one. ``streams`` streams of text are read side by side, ``steps`` tokens
    between two updates (truncated back-propagation through time). The adaptive softmax
    splits the words, by frequency, at ``cutoffs``. The dropouts are those of AWD-LSTM
    (Merity et al. 2018): of embedding rows, inputs, states and recurrent weights.
    ``forgetting`` is the probability that a stream's state is reset before an update.
    ``clip_norm`` 0 turns clipping off.
    """

    epochs: int = 1
    streams: int = 64
    steps: int = 70
    learning_rate: float = 2e-3
    weight_decay: float = 0.01
    warmup_share: float = 0.1
    clip_norm: float = 1.0
    cutoffs: Sequence[int] = (2_000, 10_000)
    word_dropout: float = 0.02
    input_dropout: float = 0.1
    state_dropout: float = 0.1
    weight_dropout: float = 0.1
    forgetting: float = 0.05
    max_vocabulary: int = 30_000
    min_count: int = 3
    checkpoint_minutes: float = 5.0

    def __post_init__(self) -> None:
        check = Checks(self, "[language_model]")
        check.at_least(1, "epochs", "streams", "steps", "min_count")
        check.at_least(3, "max_vocabulary")
        check.above(0, "learning_rate", "checkpoint_minutes")
        check.at_least(0, "clip_norm", "weight_decay")
        check.below_one(
            "word_dropout", "input_dropout", "state_dropout", "warmup_share"
        )
        check.below_one("weight_dropout", "forgetting")
        rising = list(self.cutoffs) == sorted({cut for cut in self.cutoffs if cut >= 1})
        check.require(rising, "cutoffs", "rising numbers from 1")
