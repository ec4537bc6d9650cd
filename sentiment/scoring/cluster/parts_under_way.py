"""Track the parts of an output: each is made once and counted, in any order."""

from collections.abc import Sequence
from typing import Any

from sentiment.errors import SentimentError
from sentiment.scoring.cluster.part_findings import noted_findings
from sentiment.scoring.cluster.part_folder import PartFolder
from sentiment.scoring.cluster.parts import FinishedPart, Part
from sentiment.scoring.progress import Progress
from sentiment.scoring.report.page import ReportSubject
from sentiment.scoring.report.report import Report
from sentiment.scoring.results import Tally
from sentiment.wording import counted


class PartsUnderWay:
    """An output under way in ``folder``: which parts are finished, and their counts.

    Those that an earlier run ``made`` are counted at once.

    Raises:
        DataError: One was made for no report, or for one of other dates, or what was
            noted of it is damaged.
    """

    def __init__(
        self,
        folder: PartFolder,
        parts: Sequence[Part],
        made: Sequence[FinishedPart],
        report: Report | None,
        progress: Progress,
    ) -> None:
        self.tally = Tally()
        self._folder = folder
        self._parts = parts
        self._report = report
        self._progress = progress
        self._made: list[FinishedPart] = []
        self._read_bytes = 0
        self._rows_before: dict[str, int] = {}
        rows = 0
        for part in parts:
            self._rows_before[part.key] = rows
            rows += part.stretch.rows
        for one in made:
            self._count(one)
        self._begin()

    def missing(self) -> list[Part]:
        """Return the parts that are still to be made."""
        done = {one.key for one in self._made}
        return [part for part in self._parts if part.key not in done]

    def take(self, one: FinishedPart) -> None:
        """Remember that a part is whole, and count it.

        Raises:
            DataError: What was noted of it for the report is damaged.
        """
        self._folder.note(one)
        self._count(one)
        self._progress.update(self._read_bytes, self.tally)

    def finish(
        self, about: dict[str, Any], *, source: str, text_column: str, model: str
    ) -> None:
        """Write the report, if one is wanted, and put the output under its name.

        ``about`` and the counts become the head of the output's manifest.

        Raises:
            SentimentError: A part is missing, or there twice.
            OSError: The disk is full or refuses.
        """
        made = require_each_once([part.key for part in self._parts], self._made)
        # Before the output, whose name says that all is done.
        if self._report is not None:
            rows = _rows_by_file(self._parts)
            subject = ReportSubject(source, text_column, model, rows)
            self._report.write(subject, self.tally)
        self._folder.finish({**about, **self.tally.to_json()}, made)

    def _begin(self) -> None:
        """Show how much there is, and how much of it is done."""
        if self._made:
            self._progress.say(
                f"resuming: {len(self._made):,} of {len(self._parts):,} parts are "
                f"there, {counted(self.tally.rows, 'row')}"
            )
        total = sum(part.stretch.size for part in self._parts)
        self._progress.start(total, self.tally)

    def _count(self, one: FinishedPart) -> None:
        self._made.append(one)
        self.tally.merge(Tally.from_json(one.tally))
        self._read_bytes += one.read_bytes
        if self._report is not None:
            noted = noted_findings(self._folder.path / one.part)
            self._report.take(noted, self._rows_before[one.key])


def require_each_once(
    wanted: Sequence[str], made: Sequence[FinishedPart]
) -> list[FinishedPart]:
    """Return the parts in order, if each that was wanted was made once.

    Raises:
        SentimentError: One was not, or came twice: that is what a cluster promises.
    """
    found = sorted(made, key=lambda one: one.key)
    keys = [one.key for one in found]
    if keys != sorted(wanted):
        raise SentimentError(
            f"the cluster returned {len(keys):,} parts, {len(set(keys)):,} of them "
            f"different, where {len(wanted):,} were wanted: run again with --resume"
        )
    return found


def _rows_by_file(parts: Sequence[Part]) -> list[tuple[str, int]]:
    rows: dict[str, int] = {}
    for part in parts:
        name = part.source.name
        rows[name] = rows.get(name, 0) + part.stretch.rows
    return list(rows.items())
