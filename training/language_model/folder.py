"""A language model on disk: its weights, its vocabulary, and what is known of it."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from safetensors.torch import load_file, save_file
from torch import Tensor

from sentiment.config import ModelConfig
from sentiment.errors import ConfigError
from sentiment.text.vocabulary import Vocabulary
from training.files import first_changed, sums_of, written_whole
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
    with written_whole(folder) as new:
        save_file(model.state_dict(), new / WEIGHTS)
        (new / WORDS).write_text(vocabulary.format(), encoding="utf-8")
        card = {
            "format": FORMAT,
            "model": asdict(shape),
            "language_model": asdict(model.config),
            **known,
            "sha256": sums_of(new, (WEIGHTS, WORDS)),
        }
        content = json.dumps(card, indent=1, ensure_ascii=False)
        (new / CARD).write_text(content, encoding="utf-8")


def texts_of(folder: Path) -> tuple[str, ...]:
    """Return the names of what a language model read; none where it does not say."""
    card = json.loads((folder / CARD).read_text(encoding="utf-8"))
    return tuple(card.get("texts_of", ()))


def load_pretrained(folder: Path) -> tuple[ModelConfig, Vocabulary, dict[str, Tensor]]:
    """Return a language model's shape, vocabulary and weights.

    Raises:
        ConfigError: There is none, or a file of it is not what it was.
    """
    try:
        card = json.loads((folder / CARD).read_text(encoding="utf-8"))
        if card["format"] != FORMAT:
            raise ConfigError(
                f"{folder} has format {card['format']}, this code reads {FORMAT}: "
                "pretrain again"
            )
        changed = first_changed(folder, card["sha256"])
        if changed is not None:
            raise ConfigError(f"{folder / changed} is damaged: pretrain again")
        words = (folder / WORDS).read_text(encoding="utf-8")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(
            f"{folder} holds no language model ({error}): a possible solution is to "
            "run `sentiment-train pretrain RECIPE` first"
        ) from error
    shape = ModelConfig.from_dict(card["model"])
    return shape, Vocabulary.parse(words), load_file(folder / WEIGHTS)
