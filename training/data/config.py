"""The tables [split] and [vocabulary] of a recipe."""

from dataclasses import dataclass
from typing import Annotated

from sentiment.config_checks import BELOW_ONE, at_least, check_values
from sentiment.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class SplitConfig:
    """Which shares of the texts are held out, by the hash of each text."""

    validation: Annotated[float, BELOW_ONE] = 0.1
    """The share that chooses the best epoch and calibrates the probabilities."""

    test: Annotated[float, BELOW_ONE] = 0.1
    """The share that the model is evaluated on, once."""

    def __post_init__(self) -> None:
        check_values(self, "[split]")
        if self.validation + self.test >= 1:
            raise ConfigError(
                f"[split] holds out {self.validation} + {self.test} of the texts: "
                "nothing is left to train on"
            )


@dataclass(frozen=True, kw_only=True)
class VocabularyConfig:
    """Which tokens the network knows."""

    max_size: Annotated[int, at_least(3)] = 30_000
    """How many tokens it knows at most: the most frequent ones of the train split."""

    min_count: Annotated[int, at_least(1)] = 2
    """How often a token must occur in the train split."""

    def __post_init__(self) -> None:
        check_values(self, "[vocabulary]")
