"""From files to the parts that are made of them; the same files give the same parts."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sentiment.disk import Watch, unwatched
from sentiment.errors import DataError
from sentiment.scoring.cluster.parts import Part
from sentiment.scoring.cluster.sources import Source
from sentiment.scoring.options import ScoreOptions
from sentiment.tables import TableReader
from sentiment.tables.stretches import cut_stretches

# A part takes an actor from seconds to some minutes: enough of them that all actors end
# at about the same time and that little is done twice after a death, and no more than a
# folder holds well.
_MOST_PARTS = 4_096
_LEAST_BYTES = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Reading:
    """How the files are read, and the columns that all of them must have."""

    options: ScoreOptions
    columns: list[str]
    part_bytes: int

    def parts_of(self, number: int, source: Source) -> Iterator[Part]:
        """Yield the parts of the file that is the ``number``-th of all.

        Raises:
            DataError: It cannot be read, or has other columns.
        """
        source.require_unchanged()
        with open_scorable(source, self) as table:
            dialect = table.dialect
            if list(table.columns) != self.columns:
                raise DataError(
                    f"{source.path} has other columns than the first file: "
                    f"{_difference(table.columns, self.columns)}. A possible solution "
                    "is to score the files one by one"
                )
        stretches = cut_stretches(Path(source.path), dialect, self.part_bytes)
        for place, stretch in enumerate(stretches):
            yield Part(
                key=f"{number:06d}-{place:06d}",
                source=source,
                dialect=dialect,
                stretch=stretch,
            )


def open_scorable(
    source: Source, reading: Reading, watch: Watch = unwatched
) -> TableReader:
    """Open a file that can be read in stretches.

    Raises:
        DataError: It cannot be read, or is JSON lines.
    """
    table = reading.options.open(source.path, watch)
    if table.dialect.format == "jsonl":
        with table:
            raise DataError(
                f"{source.path} is JSON lines, and --engine ray reads CSV and Parquet: "
                "score it with --engine local, or write it as Parquet first"
            )
    return table


def part_bytes(sources: Sequence[Source]) -> int:
    """Return how much of a file goes into a part; it hangs on the files alone."""
    return max(_LEAST_BYTES, sum(source.size for source in sources) // _MOST_PARTS)


def _difference(found: Sequence[str], wanted: Sequence[str]) -> str:
    lacking = [name for name in wanted if name not in found]
    surplus = [name for name in found if name not in wanted]
    if lacking:
        return f"it lacks {lacking[0]!r}"
    return f"{surplus[0]!r} is there, too" if surplus else "they stand in another order"
