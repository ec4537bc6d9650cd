"""The variants of an ablation: the recipe as it is, and with changed settings."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

from sentiment.config import ModelConfig
from sentiment.errors import ConfigError
from sentiment.wording import nearest
from training.ablation.notation import read_settings, written
from training.fitting.config import FitConfig
from training.recipes.changes import Settings, decided_by_the_start, with_settings
from training.recipes.config import TABLES, TrainingConfig
from training.recipes.identity import WITHOUT_EFFECT, sum_of

_HIGHEST_SEED = 2**32 - 1

# The recipe itself, in every table of results.
OWN = "as it is"

# Changes in other tables would give other texts or another start.
_TABLES: dict[str, tuple[str, ...]] = {
    "model": tuple(one.name for one in fields(ModelConfig)),
    "training": tuple(one.name for one in fields(FitConfig)),
    "distillation": ("weight", "temperature"),
}
_OTHERS = [one.name for one in fields(TrainingConfig) if one.name not in _TABLES]


@dataclass(frozen=True, kw_only=True)
class Variant:
    """A recipe with ``settings`` in place of its own; without any, itself."""

    config: TrainingConfig
    settings: Settings = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Its name in tables and pictures: the settings, in alphabetical order."""
        changes = sorted(self.settings.items())
        return ", ".join(f"{name}={written(value)}" for name, value in changes) or OWN


@dataclass(frozen=True, kw_only=True)
class Training:
    """One training of an ablation: a variant with one seed, ``config`` in all."""

    variant: Variant
    config: TrainingConfig

    @property
    def name(self) -> str:
        """Its name in lines of progress."""
        return f"{self.variant.name}, seed {self.config.seed}"

    @property
    def key(self) -> str:
        """The fingerprint of its recipe."""
        return sum_of(self.config)


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
            raise ConfigError(f"--with {text}: this variant is given twice")
        variants.append(variant)
    return variants


def trainings_of(variants: Sequence[Variant], seeds: int) -> list[Training]:
    """Return what is trained: each variant with the recipe's seed and those after it.

    Raises:
        ConfigError: So many seeds would be beyond the highest.
    """
    last = variants[0].config.seed + seeds - 1
    if last > _HIGHEST_SEED:
        raise ConfigError(
            f"--seeds {seeds}: the last seed would be {last:,}, and the highest is "
            f"{_HIGHEST_SEED:,}: a possible solution is a lower seed in the recipe"
        )
    return [
        Training(variant=one, config=replace(one.config, seed=one.config.seed + number))
        for number in range(seeds)
        for one in variants
    ]


def _variant(config: TrainingConfig, text: str) -> Variant:
    settings: Settings = {}
    for name, value in read_settings(text):
        _check_name(config, name)
        if name in settings:
            raise ConfigError(f"{name} is given twice")
        whole = _is_whole(_said(config, name), value)
        settings[name] = float(value) if whole else value
    changed = with_settings(config, settings)
    # Settings that are the recipe's own are no change.
    settings = {
        name: value
        for name, value in settings.items()
        if _said(config, name) != _said(changed, name)
    }
    if not settings:
        raise ConfigError(
            "that is the recipe's own value, so there is nothing to compare"
        )
    fitting = changed.training
    disturbed = fitting.adversarial or fitting.virtual_adversarial
    if "training.adversarial_from" in settings and not disturbed:
        raise ConfigError(
            "adversarial and virtual_adversarial are 0, so that "
            "training.adversarial_from changes nothing"
        )
    return Variant(config=changed, settings=settings)


def _said(config: TrainingConfig, name: str) -> Any:
    table, key = name.split(".")
    return getattr(getattr(config, table), key)


def _is_whole(own: Any, value: Any) -> bool:
    """Say whether an integer was written for a setting that is a float."""
    return isinstance(own, float) and type(value) is int


def _check_name(config: TrainingConfig, name: str) -> None:
    """Refuse a setting that no variant may change, and say why."""
    known = [
        name
        for table, keys in _TABLES.items()
        for name in (f"{table}.{key}" for key in keys)
        if name not in WITHOUT_EFFECT
    ]
    if name in WITHOUT_EFFECT:
        raise ConfigError(f"{name} changes how a training is run, not what it learns")
    if name not in known:
        _refuse_unknown(name, known)
    if name in decided_by_the_start(config):
        start = config.start_from or config.pretrained or config.embeddings
        raise ConfigError(
            f"the recipe starts from {start}, which has its own "
            f"{name.partition('.')[2]}: a possible solution is a recipe of its own, "
            "with a start of that shape"
        )
    if name.startswith("distillation.") and not config.distillation.soft_labels:
        raise ConfigError(
            f"the recipe has no soft labels, so that {name} changes nothing"
        )


def _refuse_unknown(name: str, known: Sequence[str]) -> None:
    table, _, key = name.partition(".")
    keys = fields(TABLES[table]) if table in TABLES else ()
    elsewhere = [f"{table}.{one.name}" for one in keys] if key else _OTHERS
    if name in elsewhere:
        raise ConfigError(
            f"{name} cannot be changed here, only [model], [training], and of "
            "[distillation] weight and temperature: what else a recipe says decides "
            "which texts are learned from, and how. A possible solution is a recipe "
            "of its own"
        )
    raise ConfigError(f"there is no setting {name!r}: {nearest(name, known)}")
