"""The part of a report that shows how rows and their mix changed over time."""

from datetime import date

from sentiment.labels import LABELS
from sentiment.scoring.report.charts import columns, in_words
from sentiment.scoring.report.dates import MONTHS
from sentiment.scoring.report.findings import Findings
from sentiment.scoring.report.html_pieces import details, legend, safe, section, table
from sentiment.scoring.report.timeline import Bars
from sentiment.wording import counted


def over_time(findings: Findings) -> str:
    """Return the part of the page; nothing where no column of dates was named."""
    if findings.date_column is None:
        return ""
    timeline, unread = findings.timeline
    bars = timeline.bars()
    told = _left_out(findings, unread, bars)
    if bars is None:
        return section("Over time", f"<p>{told}</p>\n")
    stacks = [bar.counts for bar in bars.bars]
    names = [_when(bar.start, bars.unit) for bar in bars.bars]
    tips, rows = in_words(names, stacks)
    middle = names[len(names) // 2] if len(names) > 2 else ""
    ticks = "".join(
        f"<span>{tick}</span>" for tick in dict.fromkeys([names[0], middle, names[-1]])
    )
    return section(
        "Over time",
        f'<p class="quiet">By {bars.unit}, from the dates in the column '
        f"<bdi>{safe(findings.date_column)}</bdi>. {told}"
        f"{_years_alone(findings, bars)}</p>\n"
        f"<h3>Rows a {bars.unit}, at most {max(map(sum, stacks)):,}</h3>\n"
        f"{columns(stacks, tips, f'Rows a {bars.unit}')}\n"
        f"<h3>Mix</h3>\n"
        f"{columns(stacks, tips, f'Mix a {bars.unit}', whole=True)}"
        f'<div class="ticks ends">{ticks}</div>\n{legend()}'
        f"{details(table([bars.unit, *LABELS], rows, numbers=3))}",
    )


def _left_out(findings: Findings, unread: int, bars: Bars | None) -> str:
    """Describe which rows the charts leave out."""
    counts = [
        (findings.dateless, "without a date"),
        (unread, "with a date that could not be read"),
        (bars.before if bars else 0, "dated earlier than shown"),
        (bars.after if bars else 0, "dated later than shown"),
    ]
    told = ", ".join(f"{count:,} {what}" for count, what in counts if count)
    return f"Left out are rows: {told}." if told else "Every scored row has its date."


def _years_alone(findings: Findings, bars: Bars) -> str:
    """Describe which rows stand at the beginning of a year for want of a day."""
    if not findings.years_alone or bars.unit in ("year", "decade"):
        return ""
    which = counted(findings.years_alone, "row")
    return f" A year alone counts as its first day: {which}."


def _when(start: date, unit: str) -> str:
    """Return a stretch of time in words.

    >>> _when(date(2024, 4, 1), "quarter"), _when(date(2024, 4, 1), "week")
    ('2024 Q2', 'from 2024-04-01')
    """
    match unit:
        case "day":
            return start.isoformat()
        case "week":
            return f"from {start.isoformat()}"
        case "month":
            return f"{MONTHS[start.month - 1]} {start.year}"
        case "quarter":
            return f"{start.year} Q{1 + (start.month - 1) // 3}"
        case "year":
            return str(start.year)
        case _:
            return f"{start.year}s"
