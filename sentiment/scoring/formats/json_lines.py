"""Write rows with their results as JSON lines."""

from collections.abc import Sequence
from typing import Any

from sentiment.scoring.formats.cells import as_json, in_utf_8
from sentiment.scoring.results import Results
from sentiment.tables import Row


class JsonLinesWriter:
    """A JSON object a line; those that came as JSON keep every character they had."""

    assemble = None

    def __init__(self, columns: Sequence[str], results: Sequence[str]) -> None:
        self._columns = list(columns)
        self._results = list(results)

    def header(self) -> bytes:
        """Return nothing: JSON lines have no header."""
        return b""

    def block(self, rows: Sequence[Row], results: Results) -> bytes:
        """Return a line for each row."""
        lines = [
            self._line(row, values)
            for row, values in zip(rows, results.values(), strict=True)
        ]
        return in_utf_8("".join(f"{line}\n" for line in lines))

    def _line(self, row: Row, results: Sequence[Any]) -> str:
        added = dict(zip(self._results, results, strict=True))
        if row.raw is None:
            values = dict(zip(self._columns, row.values, strict=True))
            return as_json({**values, **added})
        if row.error and not row.index:
            return as_json({"line": row.raw, **added})
        # Spliced in as text: 1.10, 1e3 and a key given twice stay as they were.
        head = row.raw.rstrip()[:-1].rstrip()
        return f"{head}{', ' if row.index else ''}{as_json(added)[1:]}"
