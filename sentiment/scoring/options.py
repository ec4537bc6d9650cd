"""What is asked of a scoring: how a table is read, how its results are written."""

from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from sentiment.disk import Watch, unwatched
from sentiment.tables import Said, TableReader, open_table


@dataclass(frozen=True, kw_only=True)
class ScoreOptions(Said):
    """How a table is read and its results are named and written; None: found out."""

    text_column: str | None = None
    prefix: str = ""
    output_format: str | None = None
    escape_formulas: bool = False

    def open(
        self,
        source: str | Path | BinaryIO,
        watch: Watch = unwatched,
        *,
        name: str | None = None,
    ) -> TableReader:
        """Open a table as it was asked; ``watch`` hears of readings before the rows.

        Messages call it ``name``, if it has none of its own.

        Raises:
            DataError: There is no such file, or it cannot be read as a table.
        """
        return open_table(source, self, name=name, watch=watch)
