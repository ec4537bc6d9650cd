"""Check what a configuration holds: kinds by the fields' types, and bounds."""

import dataclasses
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import (
    Any,
    Literal,
    Protocol,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

from sentiment.errors import ConfigError
from sentiment.wording import nearest

_KINDS: dict[Any, str] = {
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    str: "a text",
    Sequence: "a list",
    Mapping: "a table",
    NoneType: "left out",
}
_PLURALS = {int: "whole numbers", float: "numbers", str: "texts"}


def from_table(cls: type[Any], values: Mapping[str, Any], where: str) -> Any:
    """Make the dataclass ``cls`` from ``values``; ``where`` is the table's name.

    Raises:
        ConfigError: ``values`` is not a table, has an unknown name, or lacks a required
            one; or a value is none that ``cls`` allows, which it checks itself, first
            of all, by :func:`check_values`.
    """
    if not isinstance(values, Mapping):
        raise ConfigError(f"{where} must be a table, not {values!r}")
    fields = {field.name: field for field in dataclasses.fields(cls)}
    for name in values:
        if name not in fields:
            raise ConfigError(f"{where} has no {name!r}: {nearest(name, fields)}")
    for name, field in fields.items():
        required = (
            field.default is dataclasses.MISSING
            and field.default_factory is dataclasses.MISSING
        )
        if required and name not in values:
            raise ConfigError(f"{where} must say {name!r}")
    return cls(**values)


def check_values(config: object, where: str) -> None:
    """Check each value of a dataclass: first its kind, then its bounds.

    ``where`` stands in front of the settings' names: the table of a recipe. A value
    that is None has no bounds.

    Raises:
        ConfigError: A value is of another kind than the field's type allows, or out of
            its bounds.
    """
    _check_kinds(config, where)
    _check_bounds(config, where)


class Bound(Protocol):
    """What stands in a field's ``Annotated`` type, for :func:`check_values`."""

    @property
    def words(self) -> str:
        """What a value must be, to stand behind "must be"."""

    def complaint(self, name: str, value: Any) -> str | None:
        """Return what is wrong with the ``value`` of the setting ``name``, if it is."""


@dataclass(frozen=True)
class Condition:
    """A yes/no condition on a value.

    Comparisons are false for NaN, so NaN is refused.
    """

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
    """One of a few words: the setting's value, or each item of its list or table."""

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
    """Return each field's bounds, from its ``Literal`` or ``Annotated``.

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


def _check_kinds(config: object, where: str) -> None:
    for name, hint in get_type_hints(type(config)).items():
        _check_kind(f"{where} {name}", getattr(config, name), hint)


def _check_kind(what: str, value: Any, hint: Any) -> None:
    hints = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    kinds = [_kind_of(one) for one in hints]
    if not all(kind in _KINDS for kind in kinds):
        return  # a table of its own, which its class checks
    if not any(_is_of(value, kind) for kind in kinds):
        wanted = " or ".join(_KINDS[kind] for kind in kinds)
        raise ConfigError(f"{what} must be {wanted}, not {value!r}")
    items = next((get_args(one) for one in hints if _kind_of(one) is Sequence), ())
    if isinstance(value, list | tuple) and items:
        for item in value:
            if not _is_of(item, items[0]):
                raise ConfigError(
                    f"{what} must hold {_PLURALS[items[0]]}, not {item!r}"
                )


def _kind_of(hint: Any) -> Any:
    """Return the kind of plain value that a type hint stands for, or the hint."""
    origin = get_origin(hint)
    return str if origin is Literal else origin or hint


def _is_of(value: Any, kind: Any) -> bool:
    # To Python a bool is an int, and a text is a sequence; neither is meant as one.
    if isinstance(value, bool):
        return kind is bool
    if kind is float:
        return isinstance(value, int | float)
    if kind is Sequence:
        return isinstance(value, list | tuple)
    return isinstance(value, kind)


def _check_bounds(config: object, where: str) -> None:
    for name, bounds in bounds_of(type(config)).items():
        value = getattr(config, name)
        for bound in bounds if value is not None else ():
            complaint = bound.complaint(name, value)
            if complaint is not None:
                raise ConfigError(f"{where} {complaint}")
