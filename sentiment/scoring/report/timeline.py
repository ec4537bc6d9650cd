"""How many rows of each label there were in each stretch of time."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice
from typing import Any

from sentiment.labels import LABELS

UNITS = ("day", "week", "month", "quarter", "year", "decade")

# With more days than a chart can show, months are counted instead.
_MOST = 2_000
_COARSER = {"day": "month", "month": "year"}
# The share of the rows that may be left out at either end of the chart, where a few
# stray dates would otherwise stretch it.
_STRAY_SHARE = 0.005


@dataclass(frozen=True)
class Bar:
    """One stretch of time: when it begins, and its rows of each label."""

    start: date
    counts: tuple[int, ...]


@dataclass(frozen=True)
class Bars:
    """A timeline to be drawn, without gaps, and the rows that lie outside of it."""

    unit: str
    bars: list[Bar]
    before: int = 0
    after: int = 0


class Timeline:
    """Counts by day, and by month or year where there would be too many days."""

    def __init__(self) -> None:
        self._unit = "day"
        self._counts: dict[date, list[int]] = {}

    def add(self, day: date, label: int) -> None:
        """Count a row of the label with that number."""
        self._of(day)[label] += 1
        while len(self._counts) > _MOST:
            self._coarsen()

    def merge(self, other: "Timeline") -> None:
        """Count what another counted, too."""
        while UNITS.index(self._unit) < UNITS.index(other._unit):
            self._coarsen()
        self._take(other._counts)
        while len(self._counts) > _MOST:
            self._coarsen()

    @property
    def rows(self) -> int:
        """How many rows were counted."""
        return sum(map(sum, self._counts.values()))

    def bars(self, most: int = 60) -> Bars | None:
        """Return at most ``most`` bars of the finest unit that does; None without rows.

        A few stray rows, such as those of a wrong clock, do not squeeze the others:
        where leaving them out makes the unit finer, they are counted beside it.
        """
        if not self._counts:
            return None
        days = sorted(self._counts)
        first, last = self._ends_without_strays(days)
        unit = self._unit_for(days[0], days[-1], most)
        if self._unit_for(first, last, most) == unit:
            first, last = days[0], days[-1]
        unit = self._unit_for(first, last, most)
        return Bars(
            unit,
            self._drawn(first, last, unit),
            sum(sum(self._counts[day]) for day in days if day < first),
            sum(sum(self._counts[day]) for day in days if day > last),
        )

    def to_json(self) -> dict[str, Any]:
        """Return plain values, as a journal keeps them."""
        counts = {day.isoformat(): counts for day, counts in self._counts.items()}
        return {"unit": self._unit, "counts": counts}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "Timeline":
        """Rebuild what :meth:`to_json` gave."""
        timeline = cls()
        timeline._unit = str(values["unit"])
        for day, counts in values["counts"].items():
            timeline._counts[date.fromisoformat(day)] = [int(count) for count in counts]
        return timeline

    def _of(self, day: date) -> list[int]:
        return self._counts.setdefault(floor(day, self._unit), [0] * len(LABELS))

    def _take(self, counted: dict[date, list[int]]) -> None:
        for day, counts in counted.items():
            into = self._of(day)
            for label, count in enumerate(counts):
                into[label] += count

    def _coarsen(self) -> None:
        before, self._counts = self._counts, {}
        self._unit = _COARSER[self._unit]
        self._take(before)

    def _ends_without_strays(self, days: list[date]) -> tuple[date, date]:
        stray = int(self.rows * _STRAY_SHARE)
        return self._end(days, stray), self._end(days[::-1], stray)

    def _end(self, days: list[date], stray: int) -> date:
        for day in days:
            stray -= sum(self._counts[day])
            if stray < 0:
                return day
        return days[-1]

    def _unit_for(self, first: date, last: date, most: int) -> str:
        finest = UNITS.index(self._unit)
        for unit in UNITS[finest:]:
            if len(list(islice(_starts(first, last, unit), most + 1))) <= most:
                return unit
        return UNITS[-1]

    def _drawn(self, first: date, last: date, unit: str) -> list[Bar]:
        counts = {start: [0] * len(LABELS) for start in _starts(first, last, unit)}
        for day, found in self._counts.items():
            if first <= day <= last:
                into = counts[floor(day, unit)]
                for label, count in enumerate(found):
                    into[label] += count
        return [Bar(start, tuple(found)) for start, found in counts.items()]


def floor(day: date, unit: str) -> date:
    """Return when the ``unit`` begins that ``day`` lies in; a week does on a Monday.

    >>> floor(date(2024, 2, 29), "quarter")
    datetime.date(2024, 1, 1)
    """
    match unit:
        case "day":
            return day
        case "week":
            return day - timedelta(days=day.weekday())
        case "month":
            return day.replace(day=1)
        case "quarter":
            return date(day.year, 1 + (day.month - 1) // 3 * 3, 1)
        case "year":
            return date(day.year, 1, 1)
        case _:
            return date(day.year // 10 * 10, 1, 1)


def _starts(first: date, last: date, unit: str) -> Iterator[date]:
    """Yield when each ``unit`` begins, from that of ``first`` to that of ``last``."""
    # Longer than the unit, shorter than two of it.
    step = {"day": 1, "week": 7, "month": 31, "quarter": 92, "year": 366}
    start = floor(first, unit)
    while start <= last:
        yield start
        start = floor(start + timedelta(days=step.get(unit, 3_654)), unit)
