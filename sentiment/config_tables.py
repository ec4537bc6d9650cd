"""Make a configuration from a table of TOML or JSON; what it cannot hold is refused."""

import dataclasses
from collections.abc import Mapping, Sequence
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

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
        ConfigError: ``values`` is no table, has an unknown name, lacks a required one,
            or has a value of a kind that the field's type does not allow.
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
    hints = get_type_hints(cls)
    for name, value in values.items():
        _check_kind(f"{where} {name}", value, hints[name])
    return cls(**values)


def check_kinds(config: object, where: str) -> None:
    """Hold every value of a dataclass against its type, as :func:`from_table` does.

    Raises:
        ConfigError: A value is of another kind.
    """
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
