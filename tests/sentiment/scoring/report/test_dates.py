"""Dates are read however people and programs write them; what is none is not."""

from datetime import date

import pytest

from sentiment.scoring.report.dates import read_date

LEAP_DAY = date(2024, 2, 29)


@pytest.mark.parametrize(
    "written",
    [
        *("2024-02-29", "2024-2-29", "2024/02/29", "2024.02.29", "20240229"),
        *("2024-02-29T23:59:59Z", "2024-02-29 10:00:00.123456789", "20240229T1000"),
        *("29/02/2024", "29-02-2024", "29.2.2024", "29.02.24", "2/29/2024", "02/29/24"),
        *("29 Feb 2024", "Feb 29, 2024", "February 29th, 2024", "29-FEB-24"),
        *("Thu, 29 Feb 2024 10:00:00 +0200", "Thu Feb 29 22:19:45 PDT 2024"),
        *("Thu Feb 29 20:19:24 +0000 2024", "Thu Feb 29 20:19:24 -0430 2024"),
        *(" 2024-02-29 ", "1709208000", "1709208000000", "1709208000000000000"),
        *(1_709_208_000, 1_709_208_000_000, 1_709_208_000.5),
    ],
)
def test_a_date_is_read_however_it_is_written(written):
    found = read_date(written)
    assert LEAP_DAY in (found.day_first, found.month_first)
    assert {found.day_first, found.month_first} <= {LEAP_DAY, None}


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2024-02", date(2024, 2, 1)),
        ("Feb 2024", date(2024, 2, 1)),
        ("2024", date(2024, 1, 1)),
        # As spreadsheets show a month.
        ("Feb-24", date(2024, 2, 1)),
        ("february-99", date(1999, 2, 1)),
        ("1/1/70", date(1970, 1, 1)),
        ("1/1/68", date(2068, 1, 1)),
    ],
)
def test_what_is_not_said_is_the_first(written, day):
    assert read_date(written).day_first == day


@pytest.mark.parametrize(
    "written",
    ["2024022910", "202402291000", "20240229100059", 202402291000, 20240229100059.0],
)
def test_a_date_with_its_time_in_digits_alone_counts_no_seconds(written):
    """202402291000 was a day of 1976, as milliseconds, and no row was left out."""
    assert read_date(written) == (LEAP_DAY, LEAP_DAY)


@pytest.mark.parametrize("written", ["202413011000", "2024023010", "20240229106000"])
def test_a_number_that_begins_with_a_year_and_is_no_date_is_left_out(written):
    assert read_date(written) is None


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("946684799000", date(1999, 12, 31)),
        ("946684799", date(1999, 12, 31)),
        ("1989999999", date(2033, 1, 22)),
    ],
)
def test_other_numbers_as_long_count_since_1970(written, day):
    assert read_date(written) == (day, day)


def test_what_countries_read_differently_is_read_both_ways():
    assert read_date("01/02/2024") == (date(2024, 2, 1), date(2024, 1, 2))
    assert read_date("13/02/2024") == (date(2024, 2, 13), None)


@pytest.mark.parametrize(
    "written",
    [
        *("", "soon", "2024-02-30", "31/31/2024", "9999-12-31", "0001-01-01", "1.1.1"),
        *("12", "99999999999999999999", "Feb 30, 2024", "Feb", "2024-13-01"),
        # Which year, nobody knows; and days since 1900, as spreadsheets count.
        *("Feb 24", "24-Feb", "44500"),
        *(None, True, float("nan"), float("inf"), ["2024-02-29"], -1, 10**400),
        "9" * 100_000,
    ],
)
def test_what_is_no_date_is_none(written):
    assert read_date(written) is None
