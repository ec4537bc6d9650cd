"""Plan an output: its columns and its parts. The same files give the same parts."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sentiment.disk import OnBytesRead, ignore_progress
from sentiment.errors import DataError
from sentiment.scoring.cluster.input_files import Source
from sentiment.scoring.cluster.parts import KEY_COLUMNS, Part
from sentiment.scoring.columns import (
    RESULT_COLUMNS,
    choose_text_column,
    free_names,
    quoted_name,
)
from sentiment.scoring.formats import (
    OutputDialect,
    choose_output_dialect,
    require_distinct,
)
from sentiment.scoring.options import ScoreOptions
from sentiment.scoring.progress import Progress
from sentiment.tables import Dialect, TableReader, open_table
from sentiment.tables.stretches import cut_stretches

# A part takes an actor from seconds to some minutes: enough parts that all actors end
# at about the same time and little is repeated after a crash, but no more files than a
# folder handles well.
_MOST_PARTS = 4_096
_LEAST_BYTES = 1 << 20


@dataclass(frozen=True, kw_only=True)
class CutPlan:
    """How files are read and cut, and the columns that all of them must have.

    With a ``schema``, that of the first file, the parts are Parquet: their columns must
    be of types that a reader can take together.
    """

    options: ScoreOptions
    columns: list[str]
    part_bytes: int
    schema: Any | None = None

    def parts_of(self, number: int, source: Source) -> Iterator[Part]:
        """Yield the parts of the file that is the ``number``-th of all.

        Raises:
            DataError: It cannot be read, or has other columns.
        """
        source.require_unchanged()
        with open_scorable(source, self.options) as table:
            dialect = table.dialect
            if list(table.columns) != self.columns:
                raise DataError(
                    f"{source.path} has other columns than the first file: "
                    f"{_difference(table.columns, self.columns)}. A possible solution "
                    "is to score the files one by one"
                )
            if self.schema is not None:
                _require_like_types(source.path, schema_of(table), self.schema)
        stretches = cut_stretches(Path(source.path), dialect, self.part_bytes)
        for place, stretch in enumerate(stretches):
            yield Part(
                key=f"{number:06d}-{place:06d}",
                source=source,
                dialect=dialect,
                stretch=stretch,
            )


def open_scorable(
    source: Source, options: ScoreOptions, on_bytes_read: OnBytesRead = ignore_progress
) -> TableReader:
    """Open a file that can be read in stretches.

    Raises:
        DataError: It cannot be read, or is JSON lines.
    """
    table = open_table(source.path, options, on_bytes_read=on_bytes_read)
    if table.dialect.format == "jsonl":
        with table:
            raise DataError(
                f"{source.path} is JSON lines, and --engine ray reads CSV and Parquet: "
                "score it with --engine local, or write it as Parquet first"
            )
    return table


def schema_of(table: TableReader) -> Any:
    """Return the types of a table's columns in Parquet: its own, or texts."""
    import pyarrow

    texts = ((name, pyarrow.string()) for name in table.columns)
    return table.schema or pyarrow.schema(list(texts))


def _require_like_types(path: str, found: Any, wanted: Any) -> None:
    import pyarrow

    for one, other in zip(found, wanted, strict=True):
        schemas = [pyarrow.schema([field.remove_metadata()]) for field in (one, other)]
        try:
            pyarrow.unify_schemas(schemas, promote_options="permissive")
        except (pyarrow.ArrowTypeError, pyarrow.ArrowInvalid) as error:
            raise DataError(
                f"{path} has {one.type} in {quoted_name(one.name)}, the first file "
                f"{other.type}: no reader of Parquet could take their parts for one "
                "table. A possible solution is an output that ends in .csv, or to "
                "score the files one by one"
            ) from error


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The form of an output, according to its first file; no row is scored yet."""

    columns: list[str]
    text_column: str
    keys: list[str]
    results: list[str]
    output_dialect: OutputDialect
    cutting: CutPlan


def make_plan(
    sources: Sequence[Source],
    options: ScoreOptions,
    output: Path,
    progress: Progress,
    size: int | None = None,
) -> Plan:
    """Return what the first file says of the output; ``size`` is that of a part.

    Raises:
        DataError: It cannot be read or scored so, or the output not be written.
    """
    first = sources[0]
    progress.look(f"looking through {first.path}", first.size)
    with open_scorable(first, options, progress.looked) as table:
        files = first.path if len(sources) == 1 else f"{len(sources):,} files"
        progress.say_dialect(files, table.dialect)
        columns = list(table.columns)
        output_dialect = _output_dialect(output, columns, table.dialect, options)
        schema = schema_of(table) if output_dialect.format == "parquet" else None
        # Both at once, so that the suggested prefix fits keys and results.
        added = free_names(columns, (*KEY_COLUMNS, *RESULT_COLUMNS), options.prefix)
        return Plan(
            columns=columns,
            text_column=choose_text_column(
                columns,
                options.text_column,
                progress.say,
                table.schema,
                headed=table.dialect.format == "csv" and table.dialect.header,
                rows=table,
            ),
            keys=added[: len(KEY_COLUMNS)],
            results=added[len(KEY_COLUMNS) :],
            output_dialect=output_dialect,
            cutting=CutPlan(
                options=options,
                columns=columns,
                part_bytes=size or part_bytes(sources),
                schema=schema,
            ),
        )


def _output_dialect(
    folder: Path, columns: Sequence[str], dialect: Dialect, options: ScoreOptions
) -> OutputDialect:
    output_dialect = choose_output_dialect(
        str(folder),
        dialect,
        given=options.output_format,
        escape_formulas=options.escape_formulas,
        decimal_comma=options.decimal == "comma",
    )
    if output_dialect.format == "jsonl":
        raise DataError(
            f"{folder.name} would be JSON lines, and --engine ray writes "
            "Parquet and CSV: end the folder's name in .parquet or .csv"
        )
    if output_dialect.format == "parquet":
        require_distinct(columns, "Parquet")
    return output_dialect


def part_bytes(sources: Sequence[Source]) -> int:
    """Return how much of a file goes into a part; it depends on the files alone."""
    return max(_LEAST_BYTES, sum(source.size for source in sources) // _MOST_PARTS)


def _difference(found: Sequence[str], wanted: Sequence[str]) -> str:
    lacking = [name for name in wanted if name not in found]
    surplus = [name for name in found if name not in wanted]
    if lacking:
        return f"it lacks {quoted_name(lacking[0])}"
    return (
        f"{quoted_name(surplus[0])} is there, too"
        if surplus
        else "they stand in another order"
    )
