"""What came out of all parts: their tally, and what a report tells of their rows.

The findings of a part are a file beside it and not part of what travels: they hold
texts, and those of many days may be large.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

from sentiment.disk import write_durably
from sentiment.errors import DataError
from sentiment.scoring.cluster.parts import Made, Part
from sentiment.scoring.report import About, Findings, Report
from sentiment.scoring.results import Tally


class Counting:
    """Counts parts as they are made, in any order; the findings are in ``folder``."""

    def __init__(
        self, folder: Path, parts: Sequence[Part], report: Report | None
    ) -> None:
        self.tally = Tally()
        self.read_bytes = 0
        self._folder = folder
        self._parts = parts
        self._report = report
        self._rows_before: dict[str, int] = {}
        rows = 0
        for part in parts:
            self._rows_before[part.key] = rows
            rows += part.stretch.rows

    def add(self, made: Made) -> None:
        """Count a part.

        Raises:
            DataError: It was made for no report, or for one of other dates, or what was
                noted of it is damaged.
        """
        self.tally.merge(Tally.from_json(made.tally))
        self.read_bytes += made.read_bytes
        if self._report is not None:
            path = findings_beside(self._folder / made.part)
            self._report.take(_noted_in(path), self._rows_before[made.key])

    def write_report(self, source: str, text_column: str, model: str) -> None:
        """Write the page, if one is wanted."""
        if self._report is not None:
            about = About(source, text_column, model, _rows_by_file(self._parts))
            self._report.write(about, self.tally)


def findings_beside(part: Path) -> Path:
    """Return where the findings of a part lie, by a name that marks them as no data."""
    return part.with_name(f"_{part.name}.findings")


def note_findings(findings: Findings, part: Path) -> None:
    """Write what was found in a part, before the part itself is there."""
    path = findings_beside(part)
    # Two may write it at once, when the first one's end was not heard of.
    unfinished = path.with_name(f"{path.name}.{uuid4().hex}")
    write_durably(unfinished, json.dumps(findings.to_json()).encode())
    unfinished.replace(path)


def _noted_in(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise DataError(f"{path} is damaged: run again without --resume") from error


def _rows_by_file(parts: Sequence[Part]) -> list[tuple[str, int]]:
    rows: dict[str, int] = {}
    for part in parts:
        name = part.source.name
        rows[name] = rows.get(name, 0) + part.stretch.rows
    return list(rows.items())
