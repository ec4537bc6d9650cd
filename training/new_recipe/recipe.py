"""A recipe as TOML, with a comment above each setting."""

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, fields
from typing import Any

from training.new_recipe.settings import Setting, settings_of, summary_of
from training.recipes.config import LISTS, TABLES, TrainingConfig
from training.recipes.toml import toml_of

Values = Mapping[str, Any]

_WIDTH = 88

# The opening of a recipe with all settings.
ALL = """
Every setting of a recipe, with its meaning. Settings directly after a # have their
default: remove the # to change it. Paths are relative to the folder that --data names.
"""


def recipe_text(values: Values, *, opening: str = "", every: bool = True) -> str:
    """Return the TOML of a recipe with ``values``, by its tables.

    With ``every``, all other settings are comments, each with its default. ``opening``
    is the comment at the top.
    """
    top = [one for one in settings_of(TrainingConfig) if one.name not in TABLES]
    parts = [_comment(opening), *_settings(top, values, every=every)]
    for field in fields(TrainingConfig):
        if field.name in TABLES and (every or field.name in values):
            parts += _tables(field.name, values, every=every)
    return "\n".join(part for part in parts if part)


def _tables(name: str, values: Values, *, every: bool) -> Iterator[str]:
    """Yield a table, or each of a list of them, with its description."""
    table = TABLES[name]
    said = values.get(name, {})
    settings = list(settings_of(table))
    header = f"[[{name}]]\n" if name in LISTS else f"[{name}]\n"
    # An example of a list's table would lack its required settings.
    if name in LISTS and not said:
        header = f"#{header}"
    for one in said if name in LISTS and said else [said]:
        if every:
            yield _comment(summary_of(table))
        yield header
        yield from _settings(settings, one, every=every)


def _settings(
    settings: Sequence[Setting], values: Values, *, every: bool
) -> Iterator[str]:
    for one in settings:
        if one.name in values:
            line = f"{one.name} = {toml_of(values[one.name])}"
        elif every:
            line = f"#{one.name} = {_by_default(one)}"
        else:
            continue
        bounds = f"  # {one.bounds}" if one.bounds else ""
        meaning = one.doc if every else one.doc.partition("\n\n")[0]
        yield f"{_comment(meaning)}{line}{bounds}\n"


def _by_default(setting: Setting) -> str:
    """Return a default as TOML, which cannot express None."""
    return "..." if setting.default in (MISSING, None) else toml_of(setting.default)


def _comment(text: str) -> str:
    """Return ``text`` as comments: paragraphs filled, without the marks of code."""
    plain = text.replace("``", "").strip()
    paragraphs = plain.split("\n\n") if plain else []
    lines = [
        line
        for paragraph in paragraphs
        for line in textwrap.wrap(
            paragraph, _WIDTH, initial_indent="# ", subsequent_indent="# "
        )
    ]
    return "".join(f"{line}\n" for line in lines)
