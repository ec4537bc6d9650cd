"""The report as one HTML page that loads nothing and runs nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from itertools import pairwise

from sentiment.labels import LABELS
from sentiment.scoring.report.charts import columns, in_words, mix_bar, share
from sentiment.scoring.report.extremes import Extremes
from sentiment.scoring.report.findings import BINS, LEAST_CONFIDENCE, Findings
from sentiment.scoring.report.html_pieces import details, safe, section, swatch, table
from sentiment.scoring.report.over_time import over_time
from sentiment.scoring.results import Tally
from sentiment.wording import counted

# The policy enforces it: no script, no image, no font, no form.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"

# By this a page of ours is known.
TITLE = "<title>Sentiment of "


@dataclass(frozen=True)
class ReportSubject:
    """What was scored, and by what.

    ``files`` are those of a folder in the order of the rows: a name, and how many rows.
    """

    source: str
    text_column: str
    model: str
    files: Sequence[tuple[str, int]] = ()

    def place(self, row: int) -> str:
        """Return where a row lies, as HTML; one of several files in its own.

        >>> ReportSubject("in", "text", "1", [("a.csv", 3), ("b.csv", 9)]).place(5)
        '2 of <bdi>b.csv</bdi>'
        """
        if len(self.files) > 1:
            for name, rows in self.files:
                if row <= rows:
                    return f"{row:,} of <bdi>{safe(name)}</bdi>"
                row -= rows
        return f"{row:,}"


def render(subject: ReportSubject, tally: Tally, findings: Findings) -> str:
    """Return the page; it is the same for the same rows and model."""
    style = resources.files("sentiment.scoring.report").joinpath("style.css")
    parts = [
        _head(subject, tally),
        _figures(tally, findings),
        _mix(tally),
        _confidence(findings),
        over_time(findings),
        _rows("Most negative", "negative", findings.most_negative, subject),
        _rows("Most positive", "positive", findings.most_positive, subject),
        _errors(tally, findings, subject),
    ]
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"{TITLE}{safe(subject.source)}</title>\n"
        f"<style>\n{style.read_text('utf-8')}</style>\n</head>\n<body>\n"
        f"{''.join(parts)}</body>\n</html>\n"
    )


def _head(subject: ReportSubject, tally: Tally) -> str:
    return (
        f"<header><h1>Sentiment of <bdi>{safe(subject.source)}</bdi></h1>\n"
        f'<p class="quiet">{counted(tally.rows, "row")}, column '
        f"<bdi>{safe(subject.text_column)}</bdi>, "
        f"model {safe(subject.model)}. "
        "Row 1 is the first below a header.</p></header>\n"
    )


def _figures(tally: Tally, findings: Findings) -> str:
    scored = tally.rows - tally.errors
    mean = f"{findings.millionths / scored / 1e6:.3f}" if scored else "none"
    figures = [
        (f"{scored:,}", "rows scored"),
        (f"{tally.errors:,}", "with an error"),
        (f"{tally.truncated:,}", "read in part, being very long"),
        (mean, "mean confidence"),
        (share(tally.unknown_tokens, tally.tokens_read or 1), "of the words unknown"),
    ]
    items = "".join(
        f"<div><dt>{name}</dt><dd>{value}</dd></div>" for value, name in figures
    )
    doubt = tally.doubt()
    warning = f'<p class="doubt" role="note">{safe(doubt)}.</p>\n' if doubt else ""
    return f'<dl class="figures">{items}</dl>\n{warning}'


def _mix(tally: Tally) -> str:
    counts = [tally.labels[label] for label in LABELS]
    total = sum(counts)
    rows = [
        [swatch(label), f"{count:,}", share(count, total or 1)]
        for label, count in zip(LABELS, counts, strict=True)
    ]
    return section(
        "Mix", mix_bar(counts) + table(["label", "rows", "share"], rows, numbers=2)
    )


def _confidence(findings: Findings) -> str:
    stacks = list(zip(*findings.confidences, strict=True))
    step = (1 - LEAST_CONFIDENCE) / BINS
    edges = [LEAST_CONFIDENCE + step * place for place in range(BINS + 1)]
    ranges = [f"{low:.2f} to {high:.2f}" for low, high in pairwise(edges)]
    tips, rows = in_words(ranges, stacks)
    chart = columns(stacks, tips, "Rows by confidence, from 0.3 to 1")
    ticks = "".join(f"<span>{tenth / 10:.1f}</span>" for tenth in range(3, 11))
    return section(
        "Confidence",
        f'<p class="quiet">Among answers given with 0.8, about 80 % are right on texts '
        f"like those the model was calibrated on. The highest column is "
        f"{counted(max(map(sum, stacks)), 'row')}.</p>\n"
        f'{chart}<div class="ticks">{ticks}</div>\n'
        f"{details(table(['confidence', *LABELS], rows, numbers=3))}",
    )


def _rows(title: str, label: str, extremes: Extremes, subject: ReportSubject) -> str:
    items = "".join(
        f'<li><p class="quiet">{one.share:.4f} {label}, row {subject.place(one.row)}'
        f"{f', {one.times:,} times' if one.times > 1 else ''}</p>"
        f'<blockquote dir="auto">{safe(one.text)}'
        "</blockquote></li>\n"
        for one in extremes
    )
    content = (
        f'<ol class="{label}">\n{items}</ol>\n'
        if items
        else f"<p>No row is {label}.</p>\n"
    )
    return section(title, content)


def _errors(tally: Tally, findings: Findings, subject: ReportSubject) -> str:
    if not tally.errors:
        return ""
    ordered = sorted(findings.reasons.items(), key=lambda one: (-one[1][0], one[1][1]))
    rows = [
        [safe(reason), f"{count:,}", subject.place(first)]
        for reason, (count, first) in ordered
    ]
    return section("Errors", table(["reason", "rows", "first row"], rows, numbers=2))
