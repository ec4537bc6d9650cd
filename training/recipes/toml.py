"""Format values as TOML, for recipes."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


def toml_of(value: Any) -> str:
    """Return a value as TOML writes it.

    >>> toml_of({"pos": "positive", "nicht gut": "negative"}), toml_of(30_000)
    ('{ pos = "positive", "nicht gut" = "negative" }', '30_000')
    """
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return f"{value:_}"
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, Mapping):
        pairs = [f"{_key(name)} = {toml_of(held)}" for name, held in value.items()]
        return f"{{ {', '.join(pairs)} }}" if pairs else "{}"
    if isinstance(value, Sequence):
        return f"[{', '.join(map(toml_of, value))}]"
    return repr(value)


def _string(value: str) -> str:
    """Return a string; one of several lines has its lines."""
    if "\n" not in value:
        return f'"{_escaped(value)}"'
    lines = "\n".join(_escaped(line) for line in value.split("\n"))
    return f'"""\n{lines}"""'


def _escaped(line: str) -> str:
    # TOML escapes what JSON does, and DEL.
    return json.dumps(line, ensure_ascii=False)[1:-1].replace("\x7f", "\\u007f")


def _key(name: str) -> str:
    return name if _BARE_KEY.fullmatch(name) else f'"{_escaped(name)}"'
