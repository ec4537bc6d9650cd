"""Rows of JSON lines: an object a line, kept as it was written beside its values."""

import json
from collections.abc import Iterator
from typing import BinaryIO, NoReturn

from sentiment.errors import DataError
from sentiment.tables.dialect import Dialect
from sentiment.tables.lines import Lines, damage_in
from sentiment.tables.rows import Row, Start, column_index
from sentiment.tables.sources import unzipped
from sentiment.tables.strangers import EXPORT

_NO_OBJECT = "the line is no JSON object"


def start_json_lines(name: str, dialect: Dialect, source: BinaryIO) -> Start:
    """Return the rows and the columns, every key that some line has.

    Raises:
        DataError: No line is a JSON object.
    """
    start = source.tell()
    columns: dict[str, None] = {}
    first = ""
    # A key may first appear in the last line.
    for row in _rows(dialect, source):
        if not first:
            first = row.raw or ""
            if first.startswith("[") and row.error != _NO_OBJECT:
                break  # an array over several lines
        columns.update(dict.fromkeys(row.index))
    if not columns:
        raise DataError(_no_object(name, first))
    source.seek(start)
    return _rows(dialect, source), list(columns), None


def _no_object(name: str, first: str) -> str:
    """Say what is wrong with a file none of whose lines is an object, by the first."""
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
    return f"{name} has no line that is a JSON object: {EXPORT}"


def _rows(dialect: Dialect, source: BinaryIO) -> Iterator[Row]:
    lines = Lines(unzipped(source, dialect.gzipped), dialect.encoding)
    for number, line in enumerate(lines, start=1):
        raw = line.strip().removeprefix("\ufeff")
        if raw:
            yield _row(number, raw, dialect.encoding)


def _row(number: int, raw: str, encoding: str) -> Row:
    try:
        record = json.loads(raw, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        return Row(number, [], {}, f"the line is no JSON: {error}", raw)
    if not isinstance(record, dict):
        return Row(number, [], {}, _NO_OBJECT, raw)
    problem = damage_in([raw], encoding)
    return Row(number, list(record.values()), column_index(list(record)), problem, raw)


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON number")
