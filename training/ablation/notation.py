"""The notation of settings on the command line: parsing and writing it."""

import re
import tomllib
from collections.abc import Iterator
from typing import Any

from sentiment.errors import ConfigError

_WORD = re.compile(r"[A-Za-z][\w-]*", re.ASCII)


def read_settings(text: str) -> Iterator[tuple[str, Any]]:
    """Yield each setting's name and value from ``"model.layers=2,model.cell=gru"``.

    Raises:
        ConfigError: A part of it is not a setting with its value.
    """
    for part in text.split(","):
        name, sign, value = (one.strip() for one in part.partition("="))
        if _is_cut(value):
            raise ConfigError(
                f"{name} has one value in a variant, and a comma begins the next "
                "setting: for each value give a --with of its own"
            )
        if not (name and sign and value):
            raise ConfigError(
                f"{part.strip()!r} is not a setting with its value: write it as "
                "model.layers=2, several with commas between them, and for each value "
                "give a --with of its own"
            )
        yield name, _value(name, value)


def written(value: Any) -> str:
    """Return a value as :func:`read_settings` takes it."""
    if isinstance(value, float):
        short = f"{value:g}"
        return short if float(short) == value else str(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _is_cut(value: str) -> bool:
    """Say whether this is the beginning of a list or a quoted text, cut at a comma."""
    quoted = value[:1] in ("'", '"')
    return value.startswith("[") or (quoted and value[0] not in value[1:])


def _value(name: str, text: str) -> Any:
    """Parse a value as in TOML, except that a single word needs no quotes."""
    try:
        table = tomllib.loads(f"value = {text}")
        if list(table) != ["value"]:
            raise ValueError(text)
    except ValueError as error:  # tomllib's own error is one
        if _WORD.fullmatch(text):
            return text
        raise ConfigError(
            f"{name} is {text!r}, which is not a value in TOML: write it as in a "
            "recipe: 0.001, true, gru or 'a text'"
        ) from error
    return table["value"]
