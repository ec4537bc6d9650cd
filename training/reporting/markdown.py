"""Format figures in Markdown for reports and cards: percents, intervals, tables."""

from collections.abc import Iterable, Mapping, Sequence

from sentiment import wording
from training.evaluation.bootstrap import Interval
from training.evaluation.calibration import Calibration
from training.evaluation.evaluate import Evaluation
from training.evaluation.gains import Gain, Gains

Row = Sequence[str]


def percent(value: float | None) -> str:
    """Return a share in percent; empty where there is none."""
    return "" if value is None else wording.percent(value)


def decimals(value: float | None) -> str:
    """Return a figure with three decimals; empty where there is none."""
    return "" if value is None else f"{value:.3f}"


def span(interval: Interval) -> str:
    """Return an interval in percent, in brackets."""
    return f"({100 * interval.low:.1f} to {100 * interval.high:.1f})"


def points(gain: Gain) -> str:
    """Return a gain in points of a hundred, with its sign and its interval."""
    low, high = 100 * gain.interval.low, 100 * gain.interval.high
    return f"{100 * gain.difference:+.1f} ({low:+.1f} to {high:+.1f})"


def gain_rows(gains: Mapping[str, Gains]) -> list[Row]:
    """Return a row for the mean of the sources and for each kind of text, pooled.

    The mean of an only source has its name.
    """
    first = next(iter(gains.values()))
    mean, *others = first.sources
    return [
        ["mean of sources" if others else mean, f"{first.mean.examples:,}"]
        + [points(one.mean) for one in gains.values()],
        *(
            [f"{kind} of sources with neutral ones, pooled", f"{known.examples:,}"]
            + [points(one.pooled[kind]) for one in gains.values()]
            for kind, known in first.pooled.items()
        ),
    ]


def duration(seconds: float) -> str:
    """Return a duration in hours, minutes and seconds.

    >>> duration(12.34), duration(754), duration(7500)
    ('12.3 s', '12 min 34 s', '2 h 5 min')
    """
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def table(header: Row, rows: Iterable[Row], *, numbers: bool = True) -> str:
    r"""Return a Markdown table; ``numbers`` puts all but the first column to the right.

    >>> print(table(["label", "texts"], [["a|b", "7"]]))
    | label | texts |
    | --- | ---: |
    | a\|b | 7 |
    """
    rule = ["---", *["---:" if numbers else "---"] * (len(header) - 1)]
    cells = [
        [cell.replace("|", "\\|") for cell in row] for row in (header, rule, *rows)
    ]
    return "\n".join(f"| {' | '.join(row)} |" for row in cells)


def mean_with_interval(one: Evaluation) -> str:
    """Return the mean of the sources' macro-F1 with its interval."""
    interval = span(one.intervals["mean_source_macro_f1"])
    return f"{percent(one.mean_source_macro_f1)} {interval}"


def calibration_cells(one: Calibration) -> Row:
    """Return ECE, Brier score and log loss."""
    return [f"{one.ece:.3f}", f"{one.brier:.3f}", f"{one.log_loss:.3f}"]
