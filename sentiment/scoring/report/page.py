"""The report as one HTML page that loads nothing and runs nothing."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape
from importlib import resources
from itertools import pairwise

from sentiment.errors import counted
from sentiment.labels import LABELS
from sentiment.scoring.report.charts import Counts, columns, heights, mix_bar, share
from sentiment.scoring.report.dates import MONTHS
from sentiment.scoring.report.extremes import Extremes
from sentiment.scoring.report.findings import BINS, LEAST_CONFIDENCE, Findings
from sentiment.scoring.report.timeline import Bars
from sentiment.scoring.results import Tally

# The browser is told so, too: no script, no picture, no font, no form.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_UNSHOWABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


@dataclass(frozen=True)
class About:
    """What was scored, and by what.

    ``files`` are those of a folder in the order of the rows: a name, and how many rows.
    """

    source: str
    text_column: str
    model: str
    files: Sequence[tuple[str, int]] = ()

    def place(self, row: int) -> str:
        """Return where a row lies, as HTML; one of several files in its own.

        >>> About("in", "text", "1", [("a.csv", 3), ("b.csv", 9)]).place(5)
        '2 of <bdi>b.csv</bdi>'
        """
        if len(self.files) > 1:
            for name, rows in self.files:
                if row <= rows:
                    return f"{row:,} of <bdi>{safe(name)}</bdi>"
                row -= rows
        return f"{row:,}"


def render(about: About, tally: Tally, findings: Findings) -> str:
    """Return the page; it is the same for the same rows and model."""
    style = resources.files("sentiment.scoring.report").joinpath("style.css")
    parts = [
        _head(about, tally),
        _figures(tally, findings),
        _mix(tally),
        _confidence(findings),
        _time(findings),
        _rows("Most negative", "negative", findings.most_negative, about),
        _rows("Most positive", "positive", findings.most_positive, about),
        _errors(tally, findings, about),
    ]
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>Sentiment of {safe(about.source)}</title>\n"
        f"<style>\n{style.read_text('utf-8')}</style>\n</head>\n<body>\n"
        f"{''.join(parts)}</body>\n</html>\n"
    )


def safe(text: str) -> str:
    r"""Return ``text`` as HTML that shows it and does nothing else.

    >>> safe("<b>\x00 & 'q'")
    '&lt;b&gt;\ufffd &amp; &#x27;q&#x27;'
    """
    return escape(_UNSHOWABLE.sub("\ufffd", text))


def _head(about: About, tally: Tally) -> str:
    return (
        f"<header><h1>Sentiment of <bdi>{safe(about.source)}</bdi></h1>\n"
        f'<p class="quiet">{counted(tally.rows, "row")}, column '
        f"<bdi>{safe(about.text_column)}</bdi>, "
        f"model {safe(about.model)}</p></header>\n"
    )


def _figures(tally: Tally, findings: Findings) -> str:
    scored = tally.rows - tally.errors
    mean = f"{findings.millionths / scored / 1e6:.3f}" if scored else "none"
    figures = [
        (f"{scored:,}", "rows scored"),
        (f"{tally.errors:,}", "with an error"),
        (f"{tally.truncated:,}", "read in part, being very long"),
        (mean, "mean confidence"),
    ]
    items = "".join(
        f"<div><dt>{name}</dt><dd>{value}</dd></div>" for value, name in figures
    )
    return f'<dl class="figures">{items}</dl>\n'


def _mix(tally: Tally) -> str:
    counts = [tally.labels[label] for label in LABELS]
    total = sum(counts)
    rows = [
        [_named(label), f"{count:,}", share(count, total or 1)]
        for label, count in zip(LABELS, counts, strict=True)
    ]
    return _section(
        "Mix", mix_bar(counts) + _table(["label", "rows", "share"], rows, numbers=2)
    )


def _confidence(findings: Findings) -> str:
    stacks = list(zip(*findings.confidences, strict=True))
    step = (1 - LEAST_CONFIDENCE) / BINS
    edges = [LEAST_CONFIDENCE + step * place for place in range(BINS + 1)]
    ranges = [f"{low:.2f} to {high:.2f}" for low, high in pairwise(edges)]
    tips, rows = _told(ranges, stacks)
    chart = columns(stacks, tips, "Rows by confidence, from 0.3 to 1")
    ticks = "".join(f"<span>{tenth / 10:.1f}</span>" for tenth in range(3, 11))
    return _section(
        "Confidence",
        f'<p class="quiet">Among answers given with 0.8, about 80 % are right on texts '
        f"like those the model was calibrated on. The highest column is "
        f"{counted(max(map(sum, stacks)), 'row')}.</p>\n"
        f'{chart}<div class="ticks">{ticks}</div>\n'
        f"{_details(_table(['confidence', *LABELS], rows, numbers=3))}",
    )


def _told(
    names: Sequence[str], stacks: Sequence[Counts]
) -> tuple[list[str], list[list[str]]]:
    """Return each column's tip, and its row in the table of the same figures."""
    pairs = list(zip(names, stacks, strict=True))
    tips = [f"{name}: {_counted(counts)}" for name, counts in pairs]
    rows = [[name, *(f"{count:,}" for count in counts)] for name, counts in pairs]
    return tips, rows


def _time(findings: Findings) -> str:
    if findings.date_column is None:
        return ""
    timeline, unread = findings.timeline
    bars = timeline.bars()
    told = _left_out(findings, unread, bars)
    if bars is None:
        return _section("Over time", f"<p>{told}</p>\n")
    stacks = [bar.counts for bar in bars.bars]
    names = [_when(bar.start, bars.unit) for bar in bars.bars]
    sums = list(map(sum, stacks))
    tips, rows = _told(names, stacks)
    middle = names[len(names) // 2] if len(names) > 2 else ""
    ticks = "".join(
        f"<span>{tick}</span>" for tick in dict.fromkeys([names[0], middle, names[-1]])
    )
    return _section(
        "Over time",
        f'<p class="quiet">By {bars.unit}, after the column '
        f"<bdi>{safe(findings.date_column)}</bdi>. {told}</p>\n"
        f"<h3>Rows a {bars.unit}, at most {max(sums):,}</h3>\n"
        f"{heights(sums, tips, f'Rows a {bars.unit}')}\n"
        f"<h3>Mix</h3>\n"
        f"{columns(stacks, tips, f'Mix a {bars.unit}', whole=True)}"
        f'<div class="ticks ends">{ticks}</div>\n{_legend()}'
        f"{_details(_table([bars.unit, *LABELS], rows, numbers=3))}",
    )


def _left_out(findings: Findings, unread: int, bars: Bars | None) -> str:
    """Say which rows the picture leaves out."""
    counts = [
        (findings.dateless, "without a date"),
        (unread, "with a date that could not be read"),
        (bars.before if bars else 0, "dated earlier than shown"),
        (bars.after if bars else 0, "dated later than shown"),
    ]
    told = ", ".join(f"{count:,} {what}" for count, what in counts if count)
    return f"Left out are rows: {told}." if told else "Every scored row has its date."


def _rows(title: str, label: str, extremes: Extremes, about: About) -> str:
    items = "".join(
        f'<li><p class="quiet">{one.share:.4f} {label}, row {about.place(one.row)}'
        f"{f', {one.times:,} times' if one.times > 1 else ''}</p>"
        f'<blockquote dir="auto">{safe(one.text)}'
        "</blockquote></li>\n"
        for one in extremes
    )
    content = f'<ol class="{label}">\n{items}</ol>\n' if items else "<p>None.</p>\n"
    return _section(title, content)


def _errors(tally: Tally, findings: Findings, about: About) -> str:
    if not tally.errors:
        return ""
    ordered = sorted(findings.reasons.items(), key=lambda one: (-one[1][0], one[1][1]))
    rows = [
        [safe(reason), f"{count:,}", about.place(first)]
        for reason, (count, first) in ordered
    ]
    table = _table(["reason", "rows", "first row"], rows, numbers=2)
    return _section("Errors", table)


def _section(title: str, content: str) -> str:
    return f"<section><h2>{title}</h2>\n{content}</section>\n"


def _table(names: Sequence[str], rows: Iterable[Sequence[str]], numbers: int) -> str:
    """Return a table of HTML cells whose last ``numbers`` columns are numbers."""
    kinds = ["", *[' class="number"'] * numbers]
    kinds = [""] * (len(names) - len(kinds)) + kinds
    head = "".join(
        f'<th scope="col"{kind}>{name}</th>'
        for kind, name in zip(kinds, names, strict=True)
    )
    body = "".join(
        "<tr>"
        + "".join(
            f"<td{kind}>{cell}</td>" for kind, cell in zip(kinds, row, strict=True)
        )
        + "</tr>\n"
        for row in rows
    )
    return (
        f'<div class="table"><table><thead><tr>{head}</tr></thead>\n'
        f"<tbody>{body}</tbody></table></div>\n"
    )


def _details(content: str) -> str:
    return f"<details><summary>The numbers</summary>\n{content}</details>\n"


def _legend() -> str:
    return f'<p class="legend">{" ".join(_named(label) for label in LABELS)}</p>\n'


def _named(label: str) -> str:
    return f'<span><span class="swatch {label}"></span>{label}</span>'


def _counted(counts: Sequence[int]) -> str:
    each = ", ".join(
        f"{count:,} {label}" for label, count in zip(LABELS, counts, strict=True)
    )
    return f"{counted(sum(counts), 'row')} ({each})"


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
