"""What a network is made of: saved with each artifact, so that it can be rebuilt."""

from dataclasses import dataclass
from typing import Any, Literal, get_args

from sentiment.config_tables import from_table
from sentiment.errors import ConfigError, nearest

Cell = Literal["rnn-tanh", "rnn-relu", "gru", "lstm"]
CELLS: tuple[Cell, ...] = get_args(Cell)

# How numbers are kept on disk; float16 loses least of the two that are small
# (docs/performance.md). Not said in a manifest, it is float32.
WeightFormat = Literal["float32", "float16", "bfloat16"]

# What a network reads in, and how that is asked for (sentiment/network/precision.py).
Precision = Literal["float32", "bfloat16"]
PrecisionChoice = Literal["auto", "float32", "bfloat16"]
PRECISION_CHOICES: tuple[PrecisionChoice, ...] = get_args(PrecisionChoice)

# Of a longer text the first and the last part are read: openings name the
# subject, endings the verdict.
MAX_TOKENS = 2_000


@dataclass(frozen=True, kw_only=True)
class ModelConfig:
    """The shape of an :class:`~sentiment.network.classifier.RNNClassifier`.

    ``max_tokens`` is how much of a text the model reads; of a longer one it reads the
    first ``head_share`` of that many tokens and the last tokens for the rest.
    """

    cell: Cell = "lstm"
    embedding_dim: int = 128
    hidden_dim: int = 128
    layers: int = 1
    bidirectional: bool = False
    embedding_dropout: float = 0.1
    dropout: float = 0.3
    max_tokens: int = MAX_TOKENS
    head_share: float = 0.25

    def __post_init__(self) -> None:
        if self.cell not in CELLS:
            raise ConfigError(
                f"there is no cell {self.cell!r}: {nearest(str(self.cell), CELLS)}"
            )
        for name in ("embedding_dim", "hidden_dim", "layers", "max_tokens"):
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or value < 1:
                raise ConfigError(
                    f"{name} must be a whole number from 1, not {value!r}"
                )
        if self.max_tokens > MAX_TOKENS:
            raise ConfigError(
                f"max_tokens is {self.max_tokens}, at most {MAX_TOKENS:,} are read"
            )
        for name in ("embedding_dropout", "dropout"):
            value = getattr(self, name)
            if not 0 <= value < 1:
                raise ConfigError(f"{name} must be in [0, 1), not {value!r}")
        if not 0 <= self.head_share <= 1:
            raise ConfigError(f"head_share must be in [0, 1], not {self.head_share!r}")

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "ModelConfig":
        """Build a configuration from a recipe's or a manifest's table.

        Raises:
            ConfigError: A name is unknown (the nearest one is named) or a value wrong.
        """
        config: ModelConfig = from_table(cls, values, "[model]")
        return config
