"""What a network is made of: saved with each artifact, so that it can be rebuilt."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_args

from sentiment.config_checks import (
    BELOW_ONE,
    SHARE,
    at_least,
    between,
    check_values,
    from_table,
)

Cell = Literal["rnn-tanh", "rnn-relu", "gru", "lstm"]
CELLS: tuple[Cell, ...] = get_args(Cell)

# How numbers are kept on disk; float16 loses least of the two that are small
# (docs/performance.md). A manifest's `weights` is for information: what counts is the
# type that the file of weights itself names.
WeightFormat = Literal["float32", "float16", "bfloat16"]

# The precision of inference, and its choices (sentiment/network/precision.py).
Precision = Literal["float32", "bfloat16"]
PrecisionChoice = Literal["auto", "float32", "bfloat16"]
PRECISION_CHOICES: tuple[PrecisionChoice, ...] = get_args(PrecisionChoice)

# Of a longer text the first and the last part are read: openings name the
# subject, endings the verdict.
MAX_TOKENS = 2_000


@dataclass(frozen=True, kw_only=True)
class ModelConfig:
    """The network's shape, and how much of a text it reads."""

    cell: Cell = "lstm"
    """The kind of recurrent network."""

    embedding_dim: Annotated[int, at_least(1)] = 128
    """How many numbers a token's vector has."""

    hidden_dim: Annotated[int, at_least(1)] = 128
    """How many numbers the hidden state has."""

    layers: Annotated[int, at_least(1)] = 1
    """How many recurrent layers lie on one another."""

    bidirectional: bool = False
    """Whether a second network reads the text from its end."""

    embedding_dropout: Annotated[float, BELOW_ONE] = 0.1
    """The share of the embedding's numbers that is dropped in training."""

    dropout: Annotated[float, BELOW_ONE] = 0.3
    """The share of a hidden state that is dropped in training, between layers too."""

    max_tokens: Annotated[int, between(1, MAX_TOKENS)] = MAX_TOKENS
    """How much of a text the model reads; of a longer one its beginning and its end."""

    head_share: Annotated[float, SHARE] = 0.25
    """The share of ``max_tokens`` that is read at the beginning of a longer text."""

    def __post_init__(self) -> None:
        check_values(self, "[model]")

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "ModelConfig":
        """Build a configuration from a recipe's or a manifest's table.

        Raises:
            ConfigError: A name is unknown (the nearest one is named) or a value wrong.
        """
        config: ModelConfig = from_table(cls, values, "[model]")
        return config
