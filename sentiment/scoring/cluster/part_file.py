"""Write one part: rows with the key by which each is found again, and their results."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any, BinaryIO, Protocol
from uuid import uuid4

from sentiment.disk import sync
from sentiment.scoring.blocks import Block
from sentiment.scoring.cluster.parts import Job, Part
from sentiment.scoring.formats import ParquetBlockWriter, block_writer
from sentiment.scoring.formats.parquet import RowGroups
from sentiment.scoring.results import Results
from sentiment.tables.parquet import open_parquet


class PartFile(Protocol):
    """The file of a part, open; blocks come in their order."""

    def add(self, block: Block, results: Results) -> None:
        """Write a block's rows."""


@contextmanager
def open_part(job: Job, part: Part, path: Path) -> Iterator[PartFile]:
    """Write a part to ``path``, which appears when it is whole and synced to disk.

    A second actor may write it, if the first one's end was not reported, and replaces
    it by the same content.
    """
    unfinished = path.with_name(f"{_unfinished(path)}{uuid4().hex}")
    try:
        with unfinished.open("wb") as file:
            if job.output_dialect.format == "parquet":
                with _parquet_part(job, part, file) as opened:
                    yield opened
            else:
                yield _CsvPart(job, part, file)
            sync(file)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def deaths_over(path: Path) -> int:
    """Return how many actors died while they wrote ``path``: each left a file."""
    return sum(1 for _ in path.parent.glob(f"{_unfinished(path)}*"))


def _unfinished(path: Path) -> str:
    return f".{path.name}."


class _CsvPart:
    def __init__(self, job: Job, part: Part, file: BinaryIO) -> None:
        columns = [*job.columns, *job.keys]
        self._block_writer = block_writer(job.output_dialect, columns, job.results)
        self._file = file
        self._pack = job.output_dialect.pack
        self._name = part.source.name
        self._numbers = count(part.stretch.first_row)
        self._file.write(self._pack(self._block_writer.header()))

    def add(self, block: Block, results: Results) -> None:
        # Only now: blocks are cut by the size of the original rows.
        for row, number in zip(block.rows, self._numbers, strict=False):
            row.values = [*row.values, self._name, str(number)]
        self._file.write(self._pack(self._block_writer.block(block.rows, results)))


class _ParquetPart:
    """Blocks are gathered to row groups of a size that is quick to read."""

    def __init__(
        self, job: Job, part: Part, schema: Any | None, file: BinaryIO
    ) -> None:
        import pyarrow
        from pyarrow import parquet

        self._arrow = pyarrow
        self._block_writer = ParquetBlockWriter(job.columns, job.results, schema)
        self._place = len(job.columns)
        self._keys = (
            pyarrow.field(job.keys[0], pyarrow.string()),
            pyarrow.field(job.keys[1], pyarrow.int64()),
        )
        self._name = part.source.name
        self._next = part.stretch.first_row
        self._writer = parquet.ParquetWriter(file, self._schema())
        self._groups = RowGroups(self._writer)

    def add(self, block: Block, results: Results) -> None:
        table = self._block_writer.table(block.rows, results)
        numbers = range(self._next, self._next + len(block.rows))
        self._next = numbers.stop
        columns = ([self._name] * len(numbers), numbers)
        for at, (field, values) in enumerate(zip(self._keys, columns, strict=True)):
            array = self._arrow.array(values, type=field.type)
            table = table.add_column(self._place + at, field, array)
        self._groups.add(table)

    def finish(self) -> None:
        """Write what waits yet."""
        self._groups.flush()

    def close(self) -> None:
        """Write the table of contents, without which it is not valid Parquet."""
        self._writer.close()

    def _schema(self) -> Any:
        schema = self._block_writer.schema
        for at, field in enumerate(self._keys):
            schema = schema.insert(self._place + at, field)
        return schema


@contextmanager
def _parquet_part(job: Job, part: Part, file: BinaryIO) -> Iterator[_ParquetPart]:
    schema = None
    if part.dialect.format == "parquet":
        with Path(part.source.path).open("rb") as source:
            schema = open_parquet(part.source.path, source).schema_arrow
    opened = _ParquetPart(job, part, schema, file)
    try:
        yield opened
        opened.finish()
    finally:
        opened.close()
