"""A trained model in memory: the network, and everything its answers depend on."""

import math
from dataclasses import dataclass, field
from typing import Any

from sentiment.config import ModelConfig
from sentiment.errors import ArtifactError
from sentiment.network.classifier import RNNClassifier
from sentiment.text.vocabulary import Vocabulary

# Texts whose answers are stored with a model and checked at every load.
GOLDEN_TEXTS = (
    "I love it, it works perfectly!",
    "Awful. It broke after a day and nobody answers.",
    "It arrived on Monday.",
    "not bad at all, but I wouldn't buy it again :(",
    "The room was clean, the staff were rude &amp; the coffee... soooo good!!! 7/10",
)


@dataclass(frozen=True, kw_only=True)
class Artifact:
    """Everything that a prediction depends on, and what is known of its quality."""

    version: str
    config: ModelConfig
    vocabulary: Vocabulary
    classifier: RNNClassifier
    temperature: float = 1.0
    metrics: dict[str, Any] = field(default_factory=dict)
    card: str = ""
    created: str = ""
    golden_texts: tuple[str, ...] = GOLDEN_TEXTS

    def __post_init__(self) -> None:
        if not math.isfinite(self.temperature) or self.temperature <= 0:
            raise ArtifactError(
                f"the temperature must be above 0, not {self.temperature!r}"
            )
