"""Rows of Parquet; pyarrow is imported only where there is such a file."""

from collections.abc import Iterator
from typing import Any, BinaryIO

from sentiment.errors import DataError, MissingExtraError
from sentiment.tables.dialect import Dialect
from sentiment.tables.rows import Row, Start, column_index

_BATCH_ROWS = 1_024
# Without it a row group, which may be the whole file, is read a column at a time.
_BUFFER_BYTES = 1 << 20


def start_parquet(name: str, _dialect: Dialect, source: BinaryIO) -> Start:
    """Return the rows, the columns and the schema of a Parquet file.

    Raises:
        MissingExtraError: pyarrow is not installed.
        DataError: It is no Parquet.
    """
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise MissingExtraError("Parquet", "parquet") from error
    try:
        file = parquet.ParquetFile(source, buffer_size=_BUFFER_BYTES)
    except (pyarrow.ArrowException, OSError) as error:
        raise DataError(f"{name} is no Parquet: {error}") from error
    schema = file.schema_arrow
    return _rows(file, name, list(schema.names)), list(schema.names), schema


def _rows(file: Any, name: str, columns: list[str]) -> Iterator[Row]:
    import pyarrow

    index = column_index(columns)
    number = 0
    try:
        for batch in file.iter_batches(_BATCH_ROWS):
            readable = [_values(column) for column in batch.columns]
            for place, values in enumerate(zip(*readable, strict=True)):
                number += 1
                yield Row(number, list(values), index, origin=(batch, place))
    except (pyarrow.ArrowException, OSError) as error:
        raise DataError(f"{name} is damaged after row {number:,}: {error}") from error


def _values(column: Any) -> list[Any]:
    """Return an array's values; times as text, since Python's have no nanoseconds."""
    from pyarrow import types

    if types.is_duration(column.type):
        column = column.cast("int64")
    elif types.is_temporal(column.type):
        column = column.cast("string")
    values: list[Any] = column.to_pylist()
    return values
