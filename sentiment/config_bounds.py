"""What a setting's value may be beside its type: said with the type, told by it."""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol, get_args, get_origin, get_type_hints

from sentiment.errors import ConfigError
from sentiment.wording import nearest


class Bound(Protocol):
    """What stands in a field's ``Annotated`` type, for :func:`check_bounds`."""

    @property
    def words(self) -> str:
        """What a value must be, to stand behind "must be"."""

    def complaint(self, name: str, value: Any) -> str | None:
        """Return what is wrong with the ``value`` of the setting ``name``, if it is."""


@dataclass(frozen=True)
class Condition:
    """A bound that holds or does not; no NaN passes one that compares."""

    words: str
    holds: Callable[[Any], bool]

    def complaint(self, name: str, value: Any) -> str | None:
        """Return what is wrong with ``value``.

        >>> at_least(1).complaint("epochs", 0)
        'epochs must be at least 1, not 0'
        """
        return (
            None if self.holds(value) else f"{name} must be {self.words}, not {value!r}"
        )


@dataclass(frozen=True)
class Among:
    """A few words: the setting's value, or all that its list or its table holds."""

    choices: tuple[str, ...]

    @property
    def words(self) -> str:
        """The choices, as a recipe writes them."""
        return ", ".join(f'"{choice}"' for choice in self.choices)

    def complaint(self, name: str, value: Any) -> str | None:
        """Return what is wrong with ``value``.

        >>> Among(("cpu", "cuda")).complaint("device", "cdua")
        "device is 'cdua': did you mean 'cuda'?"
        """
        for said, word in _held(name, value):
            if word not in self.choices:
                return f"{said} {word!r}: {nearest(str(word), self.choices)}"
        return None


def _held(name: str, value: Any) -> Iterable[tuple[str, Any]]:
    if isinstance(value, Mapping):
        return [(f"{name} maps {theirs!r} to", ours) for theirs, ours in value.items()]
    if isinstance(value, str):
        return [(f"{name} is", value)]
    return [(f"{name} has", one) for one in value]


def at_least(least: float) -> Condition:
    """Return the bound of numbers of ``least`` or more."""
    return Condition(f"at least {least:g}", lambda value: bool(value >= least))


def above(bound: float) -> Condition:
    """Return the bound of finite numbers above ``bound``."""
    return Condition(f"above {bound:g}", lambda value: bool(bound < value < math.inf))


def between(least: int, most: int) -> Condition:
    """Return the bound of numbers from ``least`` to ``most``, both included."""
    return Condition(
        f"from {least:,} to {most:,}", lambda value: bool(least <= value <= most)
    )


# Such as a dropout; and a share that may be all.
BELOW_ONE = Condition("in [0, 1)", lambda value: bool(0 <= value < 1))
SHARE = Condition("in [0, 1]", lambda value: bool(0 <= value <= 1))


def bounds_of(cls: type[Any]) -> dict[str, list[Bound]]:
    """Return what bounds each field of a dataclass: a few words, or its ``Annotated``.

    >>> from sentiment.config import ModelConfig
    >>> bounds_of(ModelConfig)["dropout"][0].words
    'in [0, 1)'
    """
    hints = get_type_hints(cls, include_extras=True)
    return {name: [*_bounds_in(hint)] for name, hint in hints.items()}


def _bounds_in(hint: Any) -> Iterable[Bound]:
    if get_origin(hint) is Literal:
        return [Among(get_args(hint))]
    return getattr(hint, "__metadata__", ())


def check_bounds(config: object, where: str) -> None:
    """Hold each value of a dataclass against its bounds; None has none.

    ``where`` stands in front of the settings' names: the table of a recipe.

    Raises:
        ConfigError: A value is out of them.
    """
    for name, bounds in bounds_of(type(config)).items():
        value = getattr(config, name)
        for bound in bounds if value is not None else ():
            complaint = bound.complaint(name, value)
            if complaint is not None:
                raise ConfigError(f"{where} {complaint}")
