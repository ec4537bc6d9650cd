"""Values of any table as the text of a cell, or as JSON."""

import json
import math
import re
from collections.abc import Sequence
from typing import Any

from sentiment.tables import Row

_DECODER = json.JSONDecoder()
_SPACE = re.compile(r"[ \t\r\n]*")


def in_utf_8(text: str) -> bytes:
    """Encode ``text``; half a character, as JSON can spell it, stays spelled out."""
    return text.encode("utf-8", "backslashreplace")


def as_cell(value: Any) -> str:
    """Return a value as the text of a cell, a missing one as an empty cell."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    if isinstance(value, dict | list | bool):
        return as_json(value)
    return str(value)


def values_in_order(row: Row, columns: Sequence[str]) -> list[Any]:
    """Return the values of a row of JSON lines in the order of a table's columns."""
    if row.error and not row.index:
        # A line that is no object: keep it where it is seen.
        return [row.raw, *[None] * (len(columns) - 1)]
    values = [row.get(column) for column in columns]
    if not any(isinstance(value, float | dict | list) for value in values):
        return values
    # As they were written: 1.10 stays 1.10, and no digit is lost, however deep.
    written = _as_written(row.raw or "{}")
    return [
        written[column] if isinstance(value, float | dict | list) else value
        for column, value in zip(columns, values, strict=True)
    ]


def _as_written(record: str) -> dict[str, str]:
    """Return the text of each key's value, the last of a key that comes twice.

    >>> _as_written('{"a": 1.10, "b": {"c": [1e400]}}')
    {'a': '1.10', 'b': '{"c": [1e400]}'}
    """
    written: dict[str, str] = {}
    at = _behind_space(record, record.index("{") + 1)
    while record[at] == '"':
        key, at = _DECODER.raw_decode(record, at)
        at = _behind_space(record, _behind_space(record, at) + len(":"))
        start, (_, at) = at, _DECODER.raw_decode(record, at)
        written[key] = record[start:at]
        at = _behind_space(record, at)
        if record[at] == ",":
            at = _behind_space(record, at + 1)
    return written


def _behind_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def as_json(value: Any) -> str:
    """Return a value as JSON; a number that JSON does not have is null."""
    try:
        return _ENCODER.encode(value)
    except ValueError:
        return json.dumps(_without_nan(value), ensure_ascii=False, default=as_cell)


# One for all values: json.dumps makes one for each.
_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, default=as_cell)


def _without_nan(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {key: _without_nan(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(inner) for inner in value]
    return value
