"""The figures of a report, counted block by block in constant memory."""

import re
from collections.abc import Sequence
from typing import Any

from sentiment.labels import LABELS, NEGATIVE, POSITIVE
from sentiment.scoring.report.dates import ReadDate, is_year_alone, read_date
from sentiment.scoring.report.extremes import Extremes
from sentiment.scoring.report.timeline import Timeline
from sentiment.scoring.results import Results
from sentiment.tables import Row

# Confidence is that of the most probable of three: never below a third.
LEAST_CONFIDENCE = 0.3
BINS = 14
_PER_BIN = (1 - LEAST_CONFIDENCE) / BINS

# Reasons differ in numbers alone: "cells in the row: 3 (in the header: 2)".
_NUMBER = re.compile(r"0x[0-9a-f]+|\d[\d,]*")
_MOST_REASONS = 30
OTHER_REASONS = "other reasons"


class Findings:
    """Counts of one scoring, independent of how its rows are cut and ordered.

    A resumed run and merged parts therefore give the counts of one run over all rows.
    For the same reason confidences are whole millionths.
    """

    def __init__(self, date_column: str | None = None) -> None:
        self.date_column = date_column
        self.rows = 0
        self.confidences = [[0] * BINS for _ in LABELS]
        self.millionths = 0
        self.most_negative, self.most_positive = Extremes(), Extremes()
        self.reasons: dict[str, list[int]] = {}
        self.day_first, self.month_first = Timeline(), Timeline()
        self.dateless = self.years_alone = 0
        # The first rows with a date that cannot be read so: the day first, the month.
        self.first_unread: list[int | None] = [None, None]

    def add(
        self,
        rows: Sequence[Row],
        texts: Sequence[str | None],
        results: Results,
    ) -> None:
        """Count a block."""
        answers = results.probabilities.tolist()
        for row, text, shares, error in zip(
            rows, texts, answers, results.errors, strict=True
        ):
            self.rows += 1
            if error:
                self._count_reason(_NUMBER.sub("…", error), 1, self.rows)
            elif text is not None:
                label = shares.index(max(shares))
                self._add_answer(text, shares, label)
                if self.date_column is not None:
                    self._add_date(row.get(self.date_column), label)

    def merge(self, other: "Findings", rows_before: int) -> None:
        """Count other rows, too, the first of which is row ``rows_before + 1``."""
        self.rows += other.rows
        for bins, more in zip(self.confidences, other.confidences, strict=True):
            bins[:] = map(sum, zip(bins, more, strict=True))
        self.millionths += other.millionths
        self.most_negative.merge(other.most_negative, rows_before)
        self.most_positive.merge(other.most_positive, rows_before)
        for reason, (rows, first) in other.reasons.items():
            self._count_reason(reason, rows, first + rows_before)
        self.day_first.merge(other.day_first)
        self.month_first.merge(other.month_first)
        self.dateless += other.dateless
        self.years_alone += other.years_alone
        for order, row in enumerate(other.first_unread):
            if row is not None:
                self._note_unread(order, row + rows_before)

    @property
    def scored(self) -> int:
        """How many rows have an answer."""
        return sum(map(sum, self.confidences))

    @property
    def timeline(self) -> tuple[Timeline, int]:
        """The dates as most of them can be read, and how many then cannot.

        01/02/2024 is read as the other dates of its kind ask for, else as in America.
        """
        chosen = self._orders[self._order]
        return chosen, self.dated - chosen.rows

    @property
    def dated(self) -> int:
        """How many rows have an answer and something in the column of dates."""
        return self.scored - self.dateless

    @property
    def first_unread_row(self) -> int | None:
        """The first row with a date that cannot be read as most of them can."""
        return self.first_unread[self._order]

    @property
    def _orders(self) -> tuple[Timeline, Timeline]:
        return self.day_first, self.month_first

    @property
    def _order(self) -> int:
        """Which of two is chosen."""
        return 0 if self.day_first.rows > self.month_first.rows else 1

    def to_json(self) -> dict[str, Any]:
        """Return plain values, as a journal keeps them."""
        return {
            "date_column": self.date_column,
            "rows": self.rows,
            "confidences": [list(bins) for bins in self.confidences],
            "millionths": self.millionths,
            "most_negative": self.most_negative.to_json(),
            "most_positive": self.most_positive.to_json(),
            "reasons": {reason: list(found) for reason, found in self.reasons.items()},
            "day_first": self.day_first.to_json(),
            "month_first": self.month_first.to_json(),
            "dateless": self.dateless,
            "years_alone": self.years_alone,
            "first_unread": list(self.first_unread),
        }

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "Findings":
        """Rebuild what :meth:`to_json` gave."""
        findings = cls(values["date_column"])
        findings.rows = int(values["rows"])
        findings.confidences = [list(map(int, bins)) for bins in values["confidences"]]
        findings.millionths = int(values["millionths"])
        findings.most_negative = Extremes.from_json(values["most_negative"])
        findings.most_positive = Extremes.from_json(values["most_positive"])
        findings.reasons = {
            reason: list(map(int, found)) for reason, found in values["reasons"].items()
        }
        findings.day_first = Timeline.from_json(values["day_first"])
        findings.month_first = Timeline.from_json(values["month_first"])
        findings.dateless = int(values["dateless"])
        findings.years_alone = int(values["years_alone"])
        findings.first_unread = [
            None if row is None else int(row) for row in values["first_unread"]
        ]
        return findings

    def _add_answer(self, text: str, shares: Sequence[float], label: int) -> None:
        confidence = shares[label]
        place = min(int((confidence - LEAST_CONFIDENCE) / _PER_BIN + 1e-9), BINS - 1)
        self.confidences[label][place] += 1
        self.millionths += round(confidence * 1_000_000)
        # Of a small table the most negative rows would else be positive ones, too.
        if label == NEGATIVE:
            self.most_negative.add(shares[NEGATIVE], self.rows, text)
        elif label == POSITIVE:
            self.most_positive.add(shares[POSITIVE], self.rows, text)

    def _count_reason(self, reason: str, rows: int, first: int) -> None:
        """Count rows with a reason, of which the last by name become the others."""
        known = self.reasons.setdefault(reason, [0, first])
        known[:] = known[0] + rows, min(known[1], first)
        named = self.reasons.keys() - {OTHER_REASONS}
        if len(named) > _MOST_REASONS:
            self._count_reason(OTHER_REASONS, *self.reasons.pop(max(named)))

    def _add_date(self, value: Any, label: int) -> None:
        if value is None or value == "":
            self.dateless += 1
            return
        self.years_alone += is_year_alone(value)
        for order, day in enumerate(read_date(value) or ReadDate(None, None)):
            if day is None:
                self._note_unread(order, self.rows)
            else:
                self._orders[order].add(day, label)

    def _note_unread(self, order: int, row: int) -> None:
        known = self.first_unread[order]
        self.first_unread[order] = row if known is None else min(known, row)
