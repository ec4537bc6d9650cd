"""A language model on disk: its weights, its vocabulary, and what is known of it."""

import json
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

from safetensors.torch import load_file, save_file
from torch import Tensor

from sentiment.config import ModelConfig
from sentiment.errors import ConfigError
from sentiment.vocabulary import Vocabulary
from training.files import sha256_of
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
    """Write the model beside ``folder`` and rename: whole or not at all."""
    unfinished = folder.with_name(f".{folder.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    save_file(model.state_dict(), unfinished / WEIGHTS)
    (unfinished / WORDS).write_text(vocabulary.format(), encoding="utf-8")
    sums = {name: sha256_of(unfinished / name) for name in (WEIGHTS, WORDS)}
    card = {
        "format": FORMAT,
        "model": asdict(shape),
        "language_model": asdict(model.config),
        **known,
        "sha256": sums,
    }
    content = json.dumps(card, indent=1, ensure_ascii=False)
    (unfinished / CARD).write_text(content, encoding="utf-8")
    shutil.rmtree(folder, ignore_errors=True)
    unfinished.replace(folder)


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
        for name, wanted in card["sha256"].items():
            if sha256_of(folder / name) != wanted:
                raise ConfigError(f"{folder / name} is damaged: pretrain again")
        words = (folder / WORDS).read_text(encoding="utf-8")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(
            f"{folder} holds no language model ({error}): a possible solution is "
            "`sentiment-train pretrain RECIPE` before"
        ) from error
    shape = ModelConfig.from_dict(card["model"])
    return shape, Vocabulary.parse(words), load_file(folder / WEIGHTS)
