"""Rows of JSON lines: one object per line, whose original text is kept, too."""

import json
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, BinaryIO, NoReturn

from sentiment.disk import OnBytesRead, ignore_progress
from sentiment.errors import DataError
from sentiment.tables.dialect import Dialect
from sentiment.tables.lines import Lines, damage_in
from sentiment.tables.rows import Row, Start, column_index
from sentiment.tables.sources import unzipped, watched
from sentiment.tables.strangers import what_a_table_is

_NO_OBJECT = "the line is not a JSON object"


def start_json_lines(
    name: str,
    dialect: Dialect,
    source: BinaryIO,
    on_bytes_read: OnBytesRead = ignore_progress,
) -> Start:
    """Return the rows and the columns, every key that some line has.

    The search for them reads every line, and reports to ``on_bytes_read``.

    Raises:
        DataError: No line is a JSON object.
    """
    start = source.tell()
    columns: dict[str, None] = {}
    first = ""
    # A key may first appear in the last line.
    for _, raw in _filled(dialect, source, on_bytes_read):
        record = _record(raw)
        if not first:
            first = raw
            if first.startswith("[") and record != _NO_OBJECT:
                break  # an array over several lines
        if not isinstance(record, str):
            columns.update(dict.fromkeys(record))
    if not columns:
        raise DataError(_no_object(name, first))
    source.seek(start)
    return _rows(dialect, source), list(columns), None


def _no_object(name: str, first: str) -> str:
    """Describe a file without any object, by its first line."""
    if not first:
        return f"{name} is empty: it has no line"
    if first.startswith("["):
        return (
            f"{name} is one JSON array: an object a line is read, which "
            "`jq -c '.[]'` makes of it"
        )
    if first.startswith("{"):
        return (
            f"{name} has no line that is a JSON object: if they stand over several "
            "lines, `jq -c .` makes one of each"
        )
    return f"{name} has no line that is a JSON object: {what_a_table_is()}"


def _rows(dialect: Dialect, source: BinaryIO) -> Iterator[Row]:
    for number, raw in _filled(dialect, source):
        yield _row(number, raw, dialect.encoding)


def _filled(
    dialect: Dialect, source: BinaryIO, on_bytes_read: OnBytesRead = ignore_progress
) -> Iterator[tuple[int, str]]:
    """Yield the lines that are not blank, with their numbers."""
    lines = Lines(unzipped(source, dialect.gzipped), dialect.encoding)
    for number, line in enumerate(watched(lines, source, on_bytes_read), start=1):
        raw = line.strip().removeprefix("\ufeff")
        if raw:
            yield number, raw


def _record(raw: str) -> dict[str, Any] | str:
    """Return a line's object, or what is wrong with it."""
    try:
        record = _DECODER.decode(raw)
    except (ValueError, RecursionError) as error:
        return f"the line is not valid JSON: {error}"
    return record if isinstance(record, dict) else _NO_OBJECT


def _row(number: int, raw: str, encoding: str) -> Row:
    record = _record(raw)
    if isinstance(record, str):
        return Row(number, [], {}, record, raw)
    problem = damage_in([raw], encoding)
    return Row(number, list(record.values()), _index(tuple(record)), problem, raw)


# The lines of a file mostly have the same keys.
@lru_cache(maxsize=8)
def _index(keys: tuple[str, ...]) -> dict[str, int]:
    return column_index(list(keys))


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not a JSON number")


# One decoder for all lines: json.loads with options makes a new one per call.
_DECODER = json.JSONDecoder(parse_constant=_refuse)
