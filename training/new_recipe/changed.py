"""A recipe as TOML, without the settings that have their defaults."""

from collections.abc import Iterator
from dataclasses import asdict, fields
from typing import Any

from training.new_recipe.settings import settings_of
from training.recipes.config import LISTS, TABLES, TrainingConfig
from training.recipes.toml import toml_of


def changed_settings(config: TrainingConfig) -> str:
    """Return the TOML of ``config``: reading it gives the same recipe."""
    parts = ["\n".join(_lines(config))]
    for field in fields(config):
        value = getattr(config, field.name)
        if field.name in LISTS:
            header = f"[[{field.name}]]"
            parts += ["\n".join([header, *_lines(table)]) for table in value]
        elif field.name in TABLES and (lines := [*_lines(value)]):
            parts.append("\n".join([f"[{field.name}]", *lines]))
    return "\n\n".join(parts)


def _lines(table: Any) -> Iterator[str]:
    values = asdict(table)
    for setting in settings_of(type(table)):
        if setting.name in TABLES or getattr(table, setting.name) == setting.default:
            continue
        yield f"{setting.name} = {toml_of(values[setting.name])}"
