"""Parse dates in many formats; where countries differ, in both orders."""

import math
import re
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any, NamedTuple

MONTHS = (
    *("Jan", "Feb", "Mar", "Apr", "May", "Jun"),
    *("Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
)
# Dates such as 1.1.1 and 31.12.9999 stand for a missing one.
_YEARS = range(1900, 2100)

# For messages; docs/files.md lists them all.
FORMS = "2024-01-31, 31.1.2024, 1/31/2024 or 31 Jan 2024, with English names of months"

# 2024-01-31T10:00:00Z, 2024/1/31, 2024.01
_YEAR_FIRST = re.compile(r"(\d{4})([-/.])(\d{1,2})(?:\2(\d{1,2}))?(?!\d)")
# 20240131, 20240131T100000
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})(?!\d)")
# 2024013110, 202401311000, 20240131100000. As a count since 1970 such a number would
# mean a second after 2032, or a millisecond of the 1970s.
_COMPACT_TIME = re.compile(
    r"(\d{4})(\d{2})(\d{2})(?:[01]\d|2[0-3])(?:[0-5]\d(?:[0-5]\d|60)?)?"
)
_BEGINS_WITH_YEAR = re.compile(r"(?:199|20\d)\d(?:\d{6}|\d{8}|\d{10})")
# 31/01/2024, 1/31/24, 31.1.2024
_YEAR_LAST = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})(?!\d)")
_MONTH = (
    r"\b(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b"
)
_NAMED = re.compile(_MONTH, re.IGNORECASE)
# Jan-24, as spreadsheets show a month; its number is the year.
_MONTH_AND_YEAR = re.compile(rf"{_MONTH}-(\d{{2}})", re.IGNORECASE)
_FOUR_DIGITS = re.compile(r"(?<!\d)(\d{4})(?!\d)")
# A zone such as +0200, which may stand before the year, as Twitter writes it.
_ZONE = re.compile(r"(?:\+|(?<=\s)-|(?<=:\d\d)-)\d{2}:?\d{2}(?!\d)")
# Not of a time such as 22:19:45.
_ONE_OR_TWO_DIGITS = re.compile(r"(?<![\d:+.])(\d{1,2})(?![\d:.])")
# How many of them make a second, by the number of their digits.
_SINCE_1970 = {9: 1, 10: 1, 12: 10**3, 13: 10**3, 15: 10**6, 16: 10**6}
_SINCE_1970 |= {18: 10**9, 19: 10**9}
_LONGEST = 64


class ReadDate(NamedTuple):
    """A date read with the day first and with the month first: mostly the same."""

    day_first: date | None
    month_first: date | None


def read_date(value: Any) -> ReadDate | None:
    """Return the date that a cell holds, None where it holds none that can be read.

    It is that of the place where it was written; a time and a zone are left out. A
    number counts seconds since 1970 (or thousandths, millionths) in UTC, unless it
    begins with a year and is as long as a date with its hour, minute or second.

    >>> read_date("Mon, 05 Feb 2024 10:00:00 +0200").day_first
    datetime.date(2024, 2, 5)
    >>> read_date("2/13/24")
    ReadDate(day_first=None, month_first=datetime.date(2024, 2, 13))
    """
    text = _text_of(value)
    return None if text is None else _read(text)


def is_year_alone(value: Any) -> bool:
    """Say whether a cell holds a year, which is read as its first day.

    >>> is_year_alone(2024), is_year_alone("2024-01")
    (True, False)
    """
    text = _text_of(value)
    return text is not None and _is_year(text) and _read(text) is not None


def _text_of(value: Any) -> str | None:
    if isinstance(value, float) and math.isfinite(value):
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    return value.strip()[:_LONGEST] if isinstance(value, str) else None


def _is_year(text: str) -> bool:
    return text.isdecimal() and len(text) == 4


@lru_cache(maxsize=4_096)
def _read(text: str) -> ReadDate | None:
    if _BEGINS_WITH_YEAR.fullmatch(text):
        # What is none, such as one with a month 13, counts nothing either.
        found = _COMPACT_TIME.fullmatch(text)
        return found and _same(_date(int(found[1]), int(found[2]), int(found[3])))
    if text.isdecimal() and len(text) in _SINCE_1970:
        return _same(_since_1970(text))
    if _is_year(text):
        return _same(_date(int(text), 1, 1))
    if found := _YEAR_FIRST.match(text):
        return _same(_date(int(found[1]), int(found[3]), int(found[4] or 1)))
    if found := _COMPACT.match(text):
        return _same(_date(int(found[1]), int(found[2]), int(found[3])))
    if found := _YEAR_LAST.match(text):
        return _day_and_month(int(found[1]), int(found[3]), found[4], found[2])
    if found := _MONTH_AND_YEAR.fullmatch(text):
        return _same(_date(_full(found[2]), _number(found[1]), 1))
    if found := _NAMED.search(text):
        return _same(_named(text, found))
    return None


def _since_1970(digits: str) -> date | None:
    seconds = int(digits) // _SINCE_1970[len(digits)]
    moment = datetime.fromtimestamp(seconds, UTC)
    return _date(moment.year, moment.month, moment.day)


def _day_and_month(first: int, second: int, year: str, between: str) -> ReadDate | None:
    day_first = _date(_full(year), second, first)
    if between == ".":
        return _same(day_first)  # nobody writes the month first with dots
    month_first = _date(_full(year), first, second)
    if day_first is None and month_first is None:
        return None
    return ReadDate(day_first, month_first)


def _named(text: str, month: re.Match[str]) -> date | None:
    """Return the date of ``5 Jan 2024``, ``January 5th, 2024``, ``Jan 2024``."""
    text = _ZONE.sub("", text)
    text = re.sub(r"(?<=\d)(st|nd|rd|th)\b", "", text)
    numbers = _ONE_OR_TWO_DIGITS.findall(text)
    year = _FOUR_DIGITS.search(text)
    if year is None and len(numbers) < 2:
        return None
    day = int(numbers[0]) if numbers else 1
    written = year[1] if year else numbers[1]
    return _date(_full(written), _number(month[1]), day)


def _number(month: str) -> int:
    """Return the number of a month by its name.

    >>> _number("february")
    2
    """
    return 1 + MONTHS.index(month[:3].capitalize())


def _full(year: str) -> int:
    """Return the year of two digits that Python's and POSIX's strptime mean by it."""
    if len(year) == 4:
        return int(year)
    return int(year) + (1900 if int(year) >= 69 else 2000)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day) if year in _YEARS else None
    except ValueError:
        return None


def _same(day: date | None) -> ReadDate | None:
    return None if day is None else ReadDate(day, day)
