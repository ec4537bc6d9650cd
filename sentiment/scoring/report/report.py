"""Count what a scoring finds, and write the page about it when all rows are scored."""

import os
from itertools import product
from pathlib import Path
from typing import Any, BinaryIO

from sentiment.disk import (
    is_pipe_or_device,
    is_same_file,
    replace_file,
    unfinished_of,
)
from sentiment.errors import DataError
from sentiment.scoring.columns import quoted_name, require_column
from sentiment.scoring.report.dates import FORMS
from sentiment.scoring.report.findings import Findings
from sentiment.scoring.report.page import TITLE, ReportSubject, render
from sentiment.scoring.results import Tally
from sentiment.wording import counted

# In so many bytes of a page its title begins.
_HEAD_BYTES = 1_024


class Report:
    """A page to be written at ``path`` when all rows are scored.

    Its figures are counted block by block in ``findings``, which are kept in the
    output's journal, so that a resumed run writes the same page. It replaces an earlier
    page; with ``overwrite`` any file.

    Raises:
        DataError: There is no folder to write it into, or it may not be written to.
    """

    def __init__(
        self, path: Path, date_column: str | None = None, *, overwrite: bool = False
    ) -> None:
        # Checked now, not after an hour of scoring.
        into_file = not is_pipe_or_device(path)
        place = path.resolve().parent if into_file else path
        if into_file and not place.is_dir():
            raise DataError(
                f"there is no folder {place} for the report: make it, or name another "
                "place",
                option="report",
            )
        if not os.access(place, os.W_OK):
            raise DataError(
                f"{place} may not be written to: name another place for the report",
                option="report",
            )
        self.path = path
        self.date_column = date_column
        self.overwrite = overwrite
        self.findings = Findings(date_column)

    def check(self, columns: list[str], *others: str | Path | BinaryIO) -> None:
        """Refuse what cannot become a report of a table with these columns.

        Raises:
            DataError: There is no such column of dates, or the page, or what it is
                written into first, would replace one of the files ``others``, or the
                page another file than an earlier page.
        """
        if self.date_column is not None:
            require_column(columns, self.date_column, option="date_column")
        written = (self.path, unfinished_of(self.path.resolve()))
        for other, path in product(others, written):
            if is_same_file(other, path):
                raise DataError(f"the report would replace {path}: name another file")
        if not self.overwrite and self.path.is_file() and not _is_page(self.path):
            raise DataError(
                f"{self.path} exists, and is not an earlier report: name another file "
                "for the report, or let this one be replaced",
                option="overwrite",
            )

    def take(self, noted: dict[str, Any] | None, rows_before: int = 0) -> None:
        """Count what was noted of rows, the first of which is row ``rows_before + 1``.

        Raises:
            DataError: The earlier run kept no report data, used another date column, or
                its data is damaged.
        """
        if noted is None:
            raise DataError(
                "the unfinished output was begun without --report: leave it out, or "
                "run again without --resume"
            )
        try:
            findings = Findings.from_json(noted)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise DataError(
                "what was noted for the report is damaged: run again without --resume"
            ) from error
        if findings.date_column != self.date_column:
            raise DataError(
                f"the unfinished output was begun with the dates of "
                f"{findings.date_column!r}, not {self.date_column!r}: go back "
                "to that, or run again without --resume"
            )
        self.findings.merge(findings, rows_before)

    def unread_dates(self) -> str | None:
        """Return a sentence about dates that could not be read, None if all could."""
        _, unread = self.findings.timeline
        if self.date_column is None or not unread:
            return None
        return (
            f"{unread:,} of {counted(self.findings.dated, 'date')} in "
            f"{quoted_name(self.date_column)} could not be read (first: row "
            f"{self.findings.first_unread_row:,}): dates are read if they are like "
            f"{FORMS}"
        )

    def write(self, subject: ReportSubject, tally: Tally) -> None:
        """Write the page, whole or not at all, or into a pipe or device.

        Raises:
            OSError: It cannot be written; the error names it.
        """
        page = render(subject, tally, self.findings)
        try:
            replace_file(self.path, page.encode())
        except OSError as error:
            # The error of a full disk names no file; without a name it would seem to be
            # the output.
            raise OSError(error.errno, error.strerror, str(self.path)) from error


def _is_page(path: Path) -> bool:
    """Say whether a file is a page of ours, or empty, as `mktemp` makes it."""
    with path.open("rb") as file:
        begins = file.read(_HEAD_BYTES)
    return not begins or TITLE.encode() in begins
