"""What an ablation compares: the recipe as it is, and with some settings changed."""

import re
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

from sentiment.config import ModelConfig
from sentiment.errors import ConfigError, nearest
from training.config import FitConfig, TrainingConfig
from training.fitting.state import fingerprint_of
from training.variants.settings import Settings, decided_by_the_start, with_settings

# The recipe itself, in every table of results.
OWN = "as it is"

# Of the other tables, a change would give other texts or another start.
_TABLES: dict[str, tuple[str, ...]] = {
    "model": tuple(one.name for one in fields(ModelConfig)),
    "training": tuple(one.name for one in fields(FitConfig)),
    "distillation": ("weight", "temperature"),
}
_WITHOUT_EFFECT = ("training.threads", "training.checkpoint_minutes")
_WORD = re.compile(r"[A-Za-z][\w-]*", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Variant:
    """A recipe with ``settings`` in place of its own; without any, itself."""

    config: TrainingConfig
    settings: Settings = field(default_factory=dict)

    @property
    def name(self) -> str:
        """How tables and pictures call it: the settings as one would write them."""
        changes = (f"{name}={_written(value)}" for name, value in self.settings.items())
        return ", ".join(changes) or OWN


@dataclass(frozen=True, kw_only=True)
class Training:
    """One training of an ablation: a variant with one seed, ``config`` in all."""

    variant: Variant
    config: TrainingConfig

    @property
    def name(self) -> str:
        """How lines of progress call it."""
        return f"{self.variant.name}, seed {self.config.seed}"

    @property
    def key(self) -> str:
        """A sum of all that the recipe says of it."""
        return fingerprint_of(self.config)


def variants_of(config: TrainingConfig, changes: Iterable[str]) -> list[Variant]:
    """Return the recipe and a variant for each of ``changes``, ``"model.layers=2"``.

    Raises:
        ConfigError: One cannot be read, cannot be trained, or would show nothing.
    """
    variants = [Variant(config=config)]
    for text in changes:
        try:
            variant = _variant(config, text)
        except ConfigError as error:
            raise ConfigError(f"--with {text}: {error}") from error
        if any(one.config == variant.config for one in variants[1:]):
            raise ConfigError(f"--with {text}: it is there twice")
        variants.append(variant)
    return variants


def trainings_of(variants: Sequence[Variant], seeds: int) -> list[Training]:
    """Return what is trained: each variant with the recipe's seed and those after it.

    Raises:
        ConfigError: So many seeds would be beyond the highest.
    """
    return [
        Training(variant=one, config=replace(one.config, seed=one.config.seed + number))
        for number in range(seeds)
        for one in variants
    ]


def _variant(config: TrainingConfig, text: str) -> Variant:
    settings: Settings = {}
    for name, value in _read(text):
        _check_name(config, name)
        if name in settings:
            raise ConfigError(f"{name} is there twice")
        table, key = name.split(".")
        own = getattr(getattr(config, table), key)
        settings[name] = float(value) if _is_whole(own, value) else value
    changed = with_settings(config, settings)
    if changed == config:
        raise ConfigError("the recipe says so itself")
    return Variant(config=changed, settings=settings)


def _read(text: str) -> Iterator[tuple[str, Any]]:
    """Yield each setting's place and value from ``"model.layers=2,model.cell=gru"``."""
    for part in text.split(","):
        name, sign, value = (one.strip() for one in part.partition("="))
        if not (name and sign and value):
            raise ConfigError(
                f"{part.strip()!r} is no setting with its value: write it as "
                "model.layers=2, several with commas between them"
            )
        yield name, _value(name, value)


def _value(name: str, text: str) -> Any:
    """Return a value written as in TOML, where a single word needs no quotes."""
    try:
        table = tomllib.loads(f"value = {text}")
        if list(table) != ["value"]:
            raise ValueError(text)
    except ValueError as error:  # tomllib's own error is one
        if _WORD.fullmatch(text):
            return text
        raise ConfigError(f"{name} is {text!r}, which is no value in TOML") from error
    return table["value"]


def _written(value: Any) -> str:
    if isinstance(value, float):
        short = f"{value:g}"
        return short if float(short) == value else str(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _is_whole(own: Any, value: Any) -> bool:
    """Say whether a number was written as a whole one where the recipe has another."""
    return isinstance(own, float) and type(value) is int


def _check_name(config: TrainingConfig, name: str) -> None:
    """Refuse a setting that no variant may change, and say why."""
    known = [f"{table}.{key}" for table, keys in _TABLES.items() for key in keys]
    if name not in known:
        _refuse_unknown(config, name, known)
    if name in _WITHOUT_EFFECT:
        raise ConfigError(f"{name} changes how a training is run, and no figure")
    if name in decided_by_the_start(config):
        start = config.pretrained or config.embeddings
        raise ConfigError(
            f"the recipe starts from {start}, which has its own "
            f"{name.partition('.')[2]}: a possible solution is a recipe of its own, "
            "with a start of that shape"
        )
    if name.startswith("distillation.") and not config.distillation.soft_labels:
        raise ConfigError(
            f"the recipe has no soft labels, so that {name} changes nothing"
        )


def _refuse_unknown(config: TrainingConfig, name: str, known: Sequence[str]) -> None:
    table, _, key = name.partition(".")
    part = getattr(config, table, None)
    if part is not None and (hasattr(part, key) if key else table not in _TABLES):
        raise ConfigError(
            f"{name} cannot be changed here, only [model], [training], and of "
            "[distillation] weight and temperature: what else a recipe says decides "
            "which texts are learned from, and how. A possible solution is a recipe "
            "of its own"
        )
    raise ConfigError(f"there is no setting {name!r}: {nearest(name, known)}")
