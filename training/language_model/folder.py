"""A language model on disk: its weights, its vocabulary and its card."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from safetensors.torch import load_file, save_file
from torch import Tensor

from sentiment.config import ModelConfig
from sentiment.text.vocabulary import Vocabulary
from training.disk.files import read_card, written_with_card
from training.language_model.fit import PassRecord
from training.language_model.network import LanguageModel

FORMAT = 1
CARD, WEIGHTS, WORDS = "language-model.json", "model.safetensors", "vocabulary.txt"


def save_language_model(
    folder: Path,
    model: LanguageModel,
    shape: ModelConfig,
    vocabulary: Vocabulary,
    known: dict[str, Any],
) -> None:
    """Write the model into ``folder``: whole or not at all."""
    card = {"model": asdict(shape), "language_model": asdict(model.config), **known}
    with written_with_card(folder, CARD, FORMAT, card) as new:
        save_file(model.state_dict(), new / WEIGHTS)
        (new / WORDS).write_text(vocabulary.format(), encoding="utf-8")


@dataclass(frozen=True, kw_only=True)
class Pretraining:
    """How a language model was made, as its card says.

    ``texts_of`` names the sources of the ``texts`` it was trained on, and ``tokens`` is
    how many a pass has. ``samples`` are sentences that it made up.
    """

    texts: int
    texts_of: tuple[str, ...]
    tokens: int
    passes: tuple[PassRecord, ...]
    samples: tuple[str, ...]

    @classmethod
    def of(cls, card: Mapping[str, Any]) -> "Pretraining":
        """Return what a card says."""
        return cls(
            texts=card["texts"],
            texts_of=tuple(card.get("texts_of", ())),
            tokens=card["tokens"],
            passes=tuple(_pass(one) for one in card["passes"]),
            samples=tuple(card["samples"]),
        )


def _pass(values: Mapping[str, Any]) -> PassRecord:
    # JSON has no infinity: a perplexity that overflowed was written as null.
    known: dict[str, Any] = {
        name: math.inf if one is None else one for name, one in values.items()
    }
    return PassRecord(**known)


@dataclass(frozen=True, kw_only=True)
class StoredLanguageModel:
    """A language model as it lies on disk."""

    shape: ModelConfig
    vocabulary: Vocabulary
    weights: dict[str, Tensor]
    pretraining: Pretraining


def load_pretrained(folder: Path) -> StoredLanguageModel:
    """Return the language model in ``folder``.

    Raises:
        ConfigError: There is none, or a file of it has changed.
    """
    card = read_card(
        folder,
        CARD,
        FORMAT,
        what="language model",
        remedy="run `sentiment-train pretrain RECIPE` first",
    )
    return StoredLanguageModel(
        shape=ModelConfig.from_dict(card["model"]),
        vocabulary=Vocabulary.parse((folder / WORDS).read_text(encoding="utf-8")),
        weights=load_file(folder / WEIGHTS),
        pretraining=Pretraining.of(card),
    )
