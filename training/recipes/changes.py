"""A recipe with changed settings, each named by its place in the file."""

from dataclasses import fields, replace
from typing import Any

from sentiment.config_checks import from_table
from training.recipes.config import TrainingConfig
from training.recipes.start_from import SHAPE

# Values by names such as "model.hidden_dim".
Settings = dict[str, Any]


def with_settings(config: TrainingConfig, settings: Settings) -> TrainingConfig:
    """Return ``config`` with ``settings`` in place of its own.

    Raises:
        ConfigError: A table has no such setting, or a value is not valid.
    """
    tables: dict[str, Settings] = {}
    for name, value in settings.items():
        table, field = name.split(".")
        tables.setdefault(table, {})[field] = value
    return replace(
        config,
        **{
            # Not by replace(), which would not tell the nearest name.
            name: from_table(type(own), {**_as_table(own), **values}, f"[{name}]")
            for name, values in tables.items()
            for own in [getattr(config, name)]
        },
    )


def decided_by_the_start(config: TrainingConfig) -> tuple[str, ...]:
    """Return the settings that are fixed by what the recipe starts from."""
    if config.start_from or config.pretrained:
        return (*(f"model.{name}" for name in SHAPE), "vocabulary.max_size")
    if config.embeddings:
        return ("model.embedding_dim", "vocabulary.max_size")
    return ()


def _as_table(part: Any) -> Settings:
    return {field.name: getattr(part, field.name) for field in fields(part)}
