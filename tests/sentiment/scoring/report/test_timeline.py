"""However many days there are, a picture of them has few bars and every row."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment.scoring.report.timeline import Timeline, floor

DAYS = st.dates(date(1900, 1, 1), date(2099, 12, 31))


def timeline_of(days: list[date]) -> Timeline:
    timeline = Timeline()
    for day in days:
        timeline.add(day, day.day % 3)
    return timeline


def shown(timeline: Timeline) -> int:
    bars = timeline.bars()
    return sum(sum(bar.counts) for bar in bars.bars) + bars.before + bars.after


@given(st.lists(DAYS, min_size=1))
def test_every_row_is_in_a_bar_or_told_and_bars_are_few_and_in_order(days):
    timeline = timeline_of(days)
    bars = timeline.bars()
    assert shown(timeline) == timeline.rows == len(days)
    starts = [bar.start for bar in bars.bars]
    assert len(starts) <= 60
    assert starts == sorted(set(starts))
    assert [floor(start, bars.unit) for start in starts] == starts


@pytest.mark.parametrize(
    ("days", "unit", "bars"),
    [
        *[(1, "day", 1), (60, "day", 60), (61, "week", 9), (60 * 7, "week", 60)],
        *[(3 * 365, "month", 36), (10 * 365, "quarter", 40), (40 * 365, "year", 40)],
        (100 * 365, "decade", 10),
    ],
)
def test_the_unit_is_the_finest_that_gives_few_bars(days, unit, bars):
    first = date(1990, 1, 1)  # a Monday
    found = timeline_of([first, first + timedelta(days=days - 1)]).bars()
    assert (found.unit, len(found.bars)) == (unit, bars)


def test_a_stretch_without_rows_is_an_empty_bar():
    found = timeline_of([date(2024, 1, 1), date(2024, 1, 4)]).bars()
    assert [sum(bar.counts) for bar in found.bars] == [1, 0, 0, 1]


def test_a_few_strays_do_not_squeeze_the_others():
    days = [date(2024, 1, 1) + timedelta(days=n % 30) for n in range(3_000)]
    timeline = timeline_of([*days, date(1970, 1, 1), date(2099, 1, 1)])
    found = timeline.bars()
    assert (found.unit, len(found.bars)) == ("day", 30)
    assert (found.before, found.after) == (1, 1)
    assert shown(timeline) == 3_002


def test_strays_that_do_no_harm_are_shown():
    days = [date(2024, 1, 1) + timedelta(days=n % 30) for n in range(3_000)]
    found = timeline_of([*days, date(2024, 2, 10)]).bars()
    assert (found.before, found.after, len(found.bars)) == (0, 0, 41)


@pytest.mark.parametrize("years", [10, 199])
def test_too_many_days_become_months_and_no_row_is_lost(years):
    days = [date(1900, 1, 1) + timedelta(days=n) for n in range(365 * years)]
    timeline = timeline_of(days)
    assert len(timeline.to_json()["counts"]) <= 2_000
    assert shown(timeline) == len(days)
    # Whatever their order.
    assert timeline_of(days[::-1]).bars() == timeline.bars()


@given(st.lists(DAYS))
def test_a_journal_gives_the_same_back(days):
    timeline = timeline_of(days)
    again = Timeline.from_json(timeline.to_json())
    assert again.bars() == timeline.bars()
