"""Write rows with their results as Parquet; pyarrow is imported only for that."""

import io
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from sentiment.errors import MissingExtraError
from sentiment.scoring.formats.cells import as_cell, in_utf_8, values_in_order
from sentiment.scoring.results import Results
from sentiment.tables import Row

# Smaller groups make a file slow to read, larger ones need more memory.
_GROUP_ROWS = 1 << 16
_GROUP_BYTES = 1 << 26


class RowGroups:
    """Tables on their way into a Parquet file, gathered to groups of a size.

    ``writer`` is a ``pyarrow.parquet.ParquetWriter``.
    """

    def __init__(self, writer: Any) -> None:
        self._writer = writer
        self._waiting: list[Any] = []
        self._rows = self._bytes = 0

    def add(self, table: Any) -> None:
        """Take the next rows."""
        self._waiting.append(table)
        self._rows += table.num_rows
        self._bytes += table.nbytes
        if self._rows >= _GROUP_ROWS or self._bytes >= _GROUP_BYTES:
            self.flush()

    def flush(self) -> None:
        """Write what waits as a row group."""
        import pyarrow

        if self._waiting:
            self._writer.write_table(pyarrow.concat_tables(self._waiting))
            self._waiting, self._rows, self._bytes = [], 0, 0


class ParquetBlockWriter:
    """Each block is an Arrow stream of its own; :meth:`assemble` makes the Parquet.

    A Parquet file ends with its table of contents, so it cannot grow block by block and
    be resumed after a kill; Arrow streams can be concatenated. Columns that came from
    Parquet (``schema``) keep their types, others are texts.
    """

    def __init__(
        self, columns: Sequence[str], results: Sequence[str], schema: Any | None = None
    ) -> None:
        try:
            import pyarrow
            import pyarrow.parquet
        except ImportError as error:
            raise MissingExtraError("Parquet", "parquet") from error
        self._arrow = pyarrow
        self._columns = list(columns)
        text, number = pyarrow.string(), pyarrow.float64()
        kinds = [text, *[number] * (len(results) - 2), text]
        self._added = [
            pyarrow.field(_name(name), kind)
            for name, kind in zip(results, kinds, strict=True)
        ]
        self._kept = schema or pyarrow.schema([(_name(name), text) for name in columns])

    def header(self) -> bytes:
        """Return an empty stream, so that a table without rows has its columns."""
        return self._stream(self.schema.empty_table())

    def block(self, rows: Sequence[Row], results: Results) -> bytes:
        """Return the rows as an Arrow stream."""
        return self._stream(self.table(rows, results))

    def table(self, rows: Sequence[Row], results: Results) -> Any:
        """Return the rows as an Arrow table, with their results."""
        table = self._rows_as_they_were(rows)
        columns = zip(*results.values(), strict=True)
        for field, values in zip(self._added, columns, strict=True):
            array = self._arrow.array(values, type=field.type)
            table = table.append_column(field, array)
        return table

    def assemble(self, parts: Path, whole: Path) -> None:
        """Write the streams of ``parts`` as one Parquet file."""
        size = parts.stat().st_size
        with (
            self._arrow.OSFile(str(parts)) as source,
            self._arrow.parquet.ParquetWriter(str(whole), self.schema) as writer,
        ):
            groups = RowGroups(writer)
            while source.tell() < size:
                groups.add(self._arrow.ipc.open_stream(source).read_all())
            groups.flush()

    @property
    def schema(self) -> Any:
        """The columns with their results."""
        schema = self._kept
        for field in self._added:
            schema = schema.append(field)
        return schema

    def _rows_as_they_were(self, rows: Sequence[Row]) -> Any:
        if rows[0].origin is None:
            arrays = [self._texts(values) for values in self._by_column(rows)]
            return self._arrow.Table.from_arrays(arrays, schema=self._kept)
        # Cut out of what was read, so that no value goes through Python's types.
        slices = []
        origins = [row.origin for row in rows if row.origin is not None]
        for _, group in groupby(origins, key=lambda origin: id(origin[0])):
            (batch, first), *others = group
            slices.append(batch.slice(first, 1 + len(others)))
        return self._arrow.Table.from_batches(slices, schema=self._kept)

    def _by_column(self, rows: Sequence[Row]) -> list[tuple[Any, ...]]:
        values = [
            row.values if row.raw is None else values_in_order(row, self._columns)
            for row in rows
        ]
        return list(zip(*values, strict=True))

    def _texts(self, values: Sequence[Any]) -> Any:
        texts = [None if value is None else as_cell(value) for value in values]
        try:
            return self._arrow.array(texts, type=self._arrow.string())
        except UnicodeEncodeError:
            # Half a character, as JSON can spell it, has no place in UTF-8.
            sound = [
                None if text is None else in_utf_8(text).decode() for text in texts
            ]
            return self._arrow.array(sound, type=self._arrow.string())

    def _stream(self, table: Any) -> bytes:
        sink = io.BytesIO()
        options = self._arrow.ipc.IpcWriteOptions(compression="lz4")
        with self._arrow.ipc.new_stream(sink, table.schema, options=options) as stream:
            stream.write_table(table)
        return sink.getvalue()


def _name(column: str) -> str:
    """Return a column's name with what has no place in UTF-8 spelled out."""
    return in_utf_8(column).decode()
