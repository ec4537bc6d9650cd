"""The best recipe as a file: the original with new values, comments kept."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, replace

import tomlkit
from tomlkit.items import Item, Table

from sentiment.errors import ConfigError
from training.recipes.changes import Settings, with_settings
from training.recipes.config import TrainingConfig

_SUFFIX = "-tuned"


@dataclass(frozen=True, kw_only=True)
class BestSettings:
    """The best settings of a search, and ``story``, comments on how they were found.

    ``sentence`` is added to the recipe's description, which reports and cards show.
    """

    settings: Settings
    sentence: str
    story: tuple[str, ...]


def tuned(config: TrainingConfig, found: BestSettings) -> TrainingConfig:
    """Return ``config`` with what was found, under a name of its own."""
    description = f"{config.description.rstrip()}\n{found.sentence}\n".lstrip()
    return replace(
        with_settings(config, found.settings),
        name=config.name.removesuffix(_SUFFIX) + _SUFFIX,
        description=description,
    )


def recipe_text(original: str, found: BestSettings) -> str:
    """Return the recipe ``original``, as TOML, with the settings that were found.

    Comments, order and the notation of unchanged values are kept.

    Raises:
        ConfigError: The settings cannot be put into this text.
    """
    config = TrainingConfig.from_dict(tomllib.loads(original))
    wanted = tuned(config, found)
    document = tomlkit.parse(original)
    document["name"] = wanted.name
    document["description"] = _multiline(wanted.description)
    for place, value in found.settings.items():
        table, field = place.split(".")
        if table not in document:
            document[table] = tomlkit.table()
        held = document[table]
        if isinstance(held, Table) and held.get(field) == value:
            continue  # keep its notation: 2e-3 need not become 0.002
        held[field] = value
    text = "".join(_comments(found.story)) + "\n" + tomlkit.dumps(document)
    if TrainingConfig.from_dict(tomllib.loads(text)) != wanted:
        raise ConfigError(
            "the recipe is written in a way that new settings cannot be put into: a "
            "possible solution is to write [model], [training] and [vocabulary] as "
            "tables of their own"
        )
    return text


def _multiline(text: str) -> Item:
    """Return ``text`` as a multi-line string that begins on a line of its own."""
    if "\r" in text:  # multi-line strings do not keep it
        return tomlkit.string(text)
    quoted = tomlkit.string(text, multiline=True).as_string()
    return tomlkit.value(f'"""\n{quoted[3:]}')


def _comments(story: tuple[str, ...]) -> Iterator[str]:
    for line in story:
        # A file's name may contain characters that a comment may not.
        shown = "".join(one if one.isprintable() else "?" for one in line)
        yield f"# {shown}".rstrip() + "\n"
