"""Rows of Parquet; pyarrow is imported only for such a file."""

import itertools
from collections.abc import Iterator
from typing import Any, BinaryIO

from sentiment.errors import DataError, MissingExtraError
from sentiment.tables.arrow import values_of
from sentiment.tables.dialect import Dialect
from sentiment.tables.rows import Row, Start, column_index

_BATCH_ROWS = 1_024
# Without it a row group, which may be the whole file, is read a column at a time.
_BUFFER_BYTES = 1 << 20


def start_parquet(name: str, _dialect: Dialect, source: BinaryIO) -> Start:
    """Return the rows, the columns and the schema of a Parquet file.

    Raises:
        MissingExtraError: pyarrow is not installed.
        DataError: It is not valid Parquet.
    """
    file = open_parquet(name, source)
    schema = file.schema_arrow
    return parquet_rows(file, name), list(schema.names), schema


def open_parquet(name: str, source: BinaryIO) -> Any:
    """Return a ``pyarrow.parquet.ParquetFile``.

    Raises:
        MissingExtraError: pyarrow is not installed.
        DataError: It is not valid Parquet.
    """
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise MissingExtraError("Parquet", "parquet") from error
    try:
        return parquet.ParquetFile(source, buffer_size=_BUFFER_BYTES)
    except (pyarrow.ArrowException, OSError) as error:
        raise DataError(f"{name} is not valid Parquet: {error}") from error


def parquet_rows(file: Any, name: str, wanted: range | None = None) -> Iterator[Row]:
    """Yield the rows whose numbers, from 1, are in ``wanted``: a stretch, or all."""
    import pyarrow

    if wanted is None:
        wanted = range(1, file.metadata.num_rows + 1)
    index = column_index(list(file.schema_arrow.names))
    number = wanted.start - 1
    try:
        for batch in _batches(file, wanted):
            readable = [values_of(column) for column in batch.columns]
            for place, values in enumerate(zip(*readable, strict=True)):
                number += 1
                yield Row(number, list(values), index, origin=(batch, place))
    except (pyarrow.ArrowException, OSError) as error:
        raise DataError(f"{name} is damaged after row {number:,}: {error}") from error
    except (ValueError, OverflowError) as error:
        raise DataError(
            f"{name} has a value after row {number:,} that Python has no way to hold: "
            f"{error}"
        ) from error


def _batches(file: Any, wanted: range) -> Iterator[Any]:
    """Yield record batches of the wanted rows; no row group without one is read."""
    ends = itertools.accumulate(
        (file.metadata.row_group(at).num_rows for at in range(file.num_row_groups)),
        initial=1,
    )
    groups = [
        (group, first)
        for group, (first, after) in enumerate(itertools.pairwise(ends))
        if first < wanted.stop and wanted.start < after
    ]
    if not groups:
        return
    start = groups[0][1]
    for batch in file.iter_batches(_BATCH_ROWS, row_groups=[at for at, _ in groups]):
        unwanted = max(0, wanted.start - start)
        kept = min(batch.num_rows, wanted.stop - start) - unwanted
        if kept > 0:
            yield batch.slice(unwanted, kept)
        start += batch.num_rows
