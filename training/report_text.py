"""The report's page: from what was run to the gate's verdict, top to bottom."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby

import numpy as np

from sentiment.labels import LABELS
from training.evaluate import Evaluation
from training.evaluation.bootstrap import Interval
from training.evaluation.calibration import Calibration
from training.evaluation.slices import Slice
from training.gradients.flow import REPORT_TOKENS, GradientFlow
from training.record import RunRecord

Row = Sequence[str]

# In steps before a text's last: where the report gives the gradient in numbers.
_DISTANCES = (0, 1, 2, 5, 10, 20, 50, 100, 150, 199)


def render(record: RunRecord) -> str:
    """Return the page as Markdown; pictures are those that lie beside it."""
    sections = (
        _summary,
        _what_was_run,
        _data,
        _learning,
        _gradient_health,
        _quality,
        _sources,
        _labels,
        _units,
        _calibration,
        _lost,
        _slices,
        _gate,
    )
    blocks = [block for section in sections for block in section(record)]
    return "\n\n".join(blocks) + "\n"


def _summary(record: RunRecord) -> Iterator[str]:
    evaluation = record.evaluation
    yield f"# {record.version}"
    if record.description.strip():
        yield record.description.strip()
    sources = len(evaluation.of_sources())
    yield (
        f"**Macro-F1 {_mean_with_interval(evaluation)}** on {evaluation.examples:,} "
        f"test texts, the mean over {sources} source{'s' if sources > 1 else ''}; "
        f"accuracy {_percent(evaluation.accuracy)}, calibration error (ECE) "
        f"{evaluation.ece:.3f}. {_beside(record)}"
    )
    yield f"Gate: {_verdict(record)}"


def _what_was_run(record: RunRecord) -> Iterator[str]:
    yield "## What was run"
    yield f"```\n{record.command}\n```"
    yield (
        f"Begun {record.created}, seed {record.seed}, took "
        f"{_duration(record.seconds)}. The recipe, as it was understood:"
    )
    yield f"```json\n{json.dumps(record.recipe, indent=1, default=str)}\n```"


def _data(record: RunRecord) -> Iterator[str]:
    data = record.data
    yield "## The data"
    yield (
        f"Texts by source and split, in each negative / neutral / positive. "
        f"{data.bad_row_count:,} rows were no examples."
    )
    yield _table(["source", "train", "validation", "test"], _count_rows(record))
    if data.bad_rows:
        yield "The first rows that were no examples:"
        yield "\n".join(f"- `{row}`" for row in data.bad_rows)
    yield from _left_out(record)
    unknown = [f"{share:.2%} of {name}" for name, share in data.unknown_share.items()]
    yield (
        f"The vocabulary holds {data.vocabulary_size:,} tokens of the train split. Of "
        f"all tokens it does not know: {', '.join(unknown) or 'not counted'}."
    )


def _left_out(record: RunRecord) -> Iterator[str]:
    left_out = record.data.duplicates
    if not left_out.total:
        yield "No text came twice."
        return
    yield (
        f"{left_out.total:,} texts were left out. Two texts are the same when their "
        "letters and digits are; one that comes with several labels goes altogether."
    )
    columns = (left_out.repeated, left_out.equal_to_test, left_out.conflicting)
    yield _table(
        ["source", "repeated", "equal to a test text", "conflicting labels"],
        [
            [name, *(f"{column.get(name, 0):,}" for column in columns)]
            for name in sorted(set().union(*columns))
        ],
    )
    if left_out.conflicts:
        yield "The first texts that came with several labels:"
        yield "\n".join(f"- `{conflict}`" for conflict in left_out.conflicts)


def _learning(record: RunRecord) -> Iterator[str]:
    history = record.history
    if not history.epochs:
        return
    yield "## How it learned"
    yield "![learning curve](learning-curve.png)"
    kept = history.best().epoch
    yield _table(
        ["epoch", "train loss", "validation loss", "macro-F1", "time", "tokens/s"],
        [
            [
                f"**{one.epoch}**" if one.epoch == kept else str(one.epoch),
                f"{one.train_loss:.4f}",
                f"{one.validation_loss:.4f}",
                _percent(one.validation_macro_f1),
                _duration(one.seconds),
                f"{one.tokens_per_second:,.0f}",
            ]
            for one in history.epochs
        ],
    )
    yield f"Epoch {kept} was kept: the highest macro-F1 on the validation split."


def _gradient_health(record: RunRecord) -> Iterator[str]:
    norms, flow = record.history.gradient_norms, record.gradient_flow
    if norms or flow is not None:
        yield "## Gradient health"
    if norms:
        yield "![gradient norms](gradient-norms.png)"
        yield _gradients(record)
    if flow is not None:
        yield "![gradient flow](gradient-flow.png)"
        yield from _flow(flow)


def _flow(flow: GradientFlow) -> Iterator[str]:
    """Tell how much of the gradient is left some way from the end of a text."""
    shown = [at for at in _DISTANCES if at < len(flow.texts)]
    yield (
        "Mean norm of the loss's gradient with respect to a state of the fitted model, "
        f"by how many steps the state lies before the last, on the {flow.texts[0]} "
        f"longest validation texts (of each the last {REPORT_TOKENS} tokens at most). "
        "What has vanished by some distance, the model could hardly learn from words "
        "further from the end; what grows with the distance may explode."
    )
    yield _table(
        ["steps before the last", *map(str, shown)],
        [
            ["texts that reach so far", *(str(flow.texts[at]) for at in shown)],
            *(
                [name, *(f"{norms[at]:.2g}" for at in shown)]
                for name, norms in flow.norms.items()
            ),
        ],
    )


def _gradients(record: RunRecord) -> str:
    norms = np.asarray(record.history.gradient_norms)
    # Not interpolated: a norm may be infinite.
    median, high = np.quantile(norms, (0.5, 0.99), method="lower")
    clipped = "nothing was clipped"
    if record.clip_norm:
        clipped = f"{record.clipped_share:.1%} were clipped at {record.clip_norm:g}"
    return (
        f"Norm of the gradient over {len(norms):,} steps, before clipping: median "
        f"{median:.3g}, 99 % below {high:.3g}, largest {norms.max():.3g}; {clipped}."
    )


def _quality(record: RunRecord) -> Iterator[str]:
    yield "## How well it does"
    yield (
        "On the test split, which steered nothing. Macro-F1 is the mean over sources, "
        "in percent, with its 95 % bootstrap interval; pooled, over all texts at once. "
        "A source without neutral texts is judged between negative and positive. ECE "
        "is the mean gap between confidence and accuracy over 15 bins of equal width."
    )
    yield _table(
        ["", "macro-F1", "pooled", "accuracy", "recall", "ECE", "Brier", "log loss"],
        [
            _quality_row(f"**{record.version}**", record.evaluation),
            *(_quality_row(name, one) for name, one in record.others().items()),
        ],
    )
    if record.evaluation.unscored:
        yield (
            f"{record.evaluation.unscored:,} texts could not be scored and count as "
            "one third for each label."
        )
    if record.evaluation.three_way is not None:
        yield (
            "As the service answers, neutral included even where the truth knows none: "
            f"pooled macro-F1 {_percent(record.evaluation.three_way.macro_f1)}."
        )


def _sources(record: RunRecord) -> Iterator[str]:
    yield "### By source"
    yield "Macro-F1; `*` marks a two-class source, with the figure of unmasked answers."
    others = record.others()
    rows = [
        [
            name if one.three_way_macro_f1 is None else f"{name} *",
            f"{one.examples:,}",
            f"**{_percent(one.macro_f1)}** {_span(one.interval)}",
            _percent(one.three_way_macro_f1),
            *(_percent(other.of_sources()[name].macro_f1) for other in others.values()),
        ]
        for name, one in record.evaluation.of_sources().items()
    ]
    yield _table(["source", "texts", "this model", "unmasked", *others], rows)


def _labels(record: RunRecord) -> Iterator[str]:
    evaluation = record.evaluation
    yield "### By label"
    rows = []
    for label, one in evaluation.per_class.items():
        span = evaluation.intervals.get(f"f1_{label}")
        rows.append(
            [
                label,
                f"{one.support:,}",
                _percent(one.precision),
                _percent(one.recall),
                f"{_percent(one.f1)} {_span(span) if span else ''}".rstrip(),
            ]
        )
    yield _table(["label", "texts", "precision", "recall", "F1"], rows)
    yield "![confusion matrix](confusion.png)"
    yield _table(
        ["truth \\ answer", *LABELS],
        [
            [label, *(f"{count:,}" for count in counts)]
            for label, counts in zip(LABELS, evaluation.confusion, strict=True)
        ],
    )


def _units(record: RunRecord) -> Iterator[str]:
    units = record.evaluation.of_units()
    if units:
        yield "### Which labels are taken for which, by kind of text"
    for name, one in units.items():
        yield _table(
            [f"{name}: truth \\ answer", *LABELS],
            [
                [label, *(f"{count:,}" for count in counts)]
                for label, counts in zip(LABELS, one.confusion, strict=True)
                if sum(counts)
            ],
        )


def _calibration(record: RunRecord) -> Iterator[str]:
    yield "## What its confidence is worth"
    yield (
        f"Temperature {record.temperature:.3f}, found on the validation split; these "
        "are the test texts."
    )
    yield _table(
        ["", "ECE", "Brier", "log loss"],
        [
            ["as the network says", *_calibration_cells(record.uncalibrated)],
            ["with temperature", *_calibration_cells(record.evaluation.calibration)],
        ],
    )
    yield "![reliability](reliability.png)"


def _lost(record: RunRecord) -> Iterator[str]:
    lost = record.lost
    if lost is None:
        return
    ratio = lost.student_speed / lost.teachers_speed
    yield "## What it lost of its teachers"
    yield (
        f"On {lost.student.examples:,} test texts, at most 200 of a source, that the "
        f"teachers take: the label is the same for {lost.agreement:.1%}. In this run "
        f"the model answered {lost.student_speed:,.0f} texts/s and its teachers "
        f"{lost.teachers_speed:,.0f}: {ratio:,.0f} times as many."
    )
    theirs = lost.teachers.of_sources()
    rows = [
        [
            name,
            f"{one.examples:,}",
            f"{_percent(one.macro_f1)} {_span(one.interval)}",
            _percent(theirs[name].macro_f1),
        ]
        for name, one in lost.student.of_sources().items()
    ]
    mean = [
        "mean of sources",
        f"{lost.student.examples:,}",
        _mean_with_interval(lost.student),
        _percent(lost.teachers.mean_source_macro_f1),
    ]
    yield _table(["source", "texts", "this model", "teachers"], [*rows, mean])


def _slices(record: RunRecord) -> Iterator[str]:
    yield "## Kinds of text"
    traits = [one for one in record.evaluation.slices if one.kind != "source"]
    for kind, slices in groupby(traits, key=lambda one: one.kind):
        yield _table(
            [kind, "texts", "macro-F1", "accuracy", "ECE"], map(_slice_row, slices)
        )


def _gate(record: RunRecord) -> Iterator[str]:
    yield "## The gate"
    yield _verdict(record)
    comparison = record.comparison
    if comparison is None:
        return
    rows = [["all", f"{100 * comparison.difference:+.1f} {_span(comparison.interval)}"]]
    rows += [
        [name, f"{100 * one:+.1f}"] for name, one in sorted(comparison.sources.items())
    ]
    yield f"Macro-F1 less that of {record.compared_with}, on the same texts:"
    yield _table(["source", "difference"], rows)
    yield (
        f"In {comparison.worse_share:.1%} of the bootstrap's resamples the new model "
        "was worse."
    )


def _verdict(record: RunRecord) -> str:
    if record.comparison is None:
        return "no model was published before, there is nothing to be worse than."
    override = " Published all the same, as was asked." * record.published_anyway
    passed = "passed" if record.comparison.passed else "refused"
    return f"{passed}: {record.comparison.reason}.{override}"


def _beside(record: RunRecord) -> str:
    figures = [
        f"{name} {_percent(one.mean_source_macro_f1)}"
        for name, one in record.others().items()
    ]
    return f"Beside it: {', '.join(figures)}." if figures else ""


def _count_rows(record: RunRecord) -> Iterator[Row]:
    for source, splits in record.data.counts.items():
        yield [source, *(_of_labels(labels) for labels in splits.values())]


def _of_labels(labels: Mapping[str, int]) -> str:
    parts = " / ".join(f"{count:,}" for count in labels.values())
    total = sum(labels.values())
    return f"{total:,} ({parts})" if total else "0"


def _quality_row(name: str, one: Evaluation) -> Row:
    figures = (one.macro_f1, one.accuracy, one.macro_recall)
    return [
        name,
        _mean_with_interval(one),
        *map(_percent, figures),
        *_calibration_cells(one.calibration),
    ]


def _mean_with_interval(one: Evaluation) -> str:
    span = _span(one.intervals["mean_source_macro_f1"])
    return f"{_percent(one.mean_source_macro_f1)} {span}"


def _calibration_cells(one: Calibration) -> Row:
    return [f"{one.ece:.3f}", f"{one.brier:.3f}", f"{one.log_loss:.3f}"]


def _slice_row(one: Slice) -> Row:
    return [
        one.name,
        f"{one.examples:,}",
        f"{_percent(one.macro_f1)} {_span(one.interval)}",
        _percent(one.accuracy),
        f"{one.ece:.3f}",
    ]


def _percent(value: float | None) -> str:
    return "" if value is None else f"{100 * value:.1f}"


def _span(interval: Interval) -> str:
    return f"({100 * interval.low:.1f} to {100 * interval.high:.1f})"


def _duration(seconds: float) -> str:
    """Return a time as people say it.

    >>> _duration(12.34), _duration(754), _duration(7500)
    ('12.3 s', '12 min 34 s', '2 h 5 min')
    """
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def _table(header: Row, rows: Iterable[Row]) -> str:
    """Return a Markdown table; the first column is words, the others are numbers."""
    rule = ["---", *["---:"] * (len(header) - 1)]
    cells = [
        [cell.replace("|", "\\|") for cell in row] for row in (header, rule, *rows)
    ]
    return "\n".join(f"| {' | '.join(row)} |" for row in cells)
