"""The quality of the model: by source, by label, by kind of text."""

from collections.abc import Collection, Iterator
from itertools import groupby

from sentiment.labels import LABELS
from sentiment.wording import counted
from training.evaluation.evaluate import Evaluation
from training.evaluation.slices import FEWEST, Slice
from training.reporting.markdown import (
    Row,
    calibration_cells,
    decimals,
    mean_with_interval,
    percent,
    span,
    table,
)
from training.reporting.record import RunRecord


def quality(record: RunRecord) -> Iterator[str]:
    """Show the overall figures, beside those of the baselines."""
    yield "## How well it does"
    yield (
        "On the test split, by which nothing was chosen. Macro-F1 is the mean over "
        "sources, in percent, with its 95 % bootstrap interval; pooled, over all texts "
        "at once. A source without neutral texts is judged between negative and "
        "positive, with neutral masked. ECE, the mean gap between confidence and "
        "accuracy over 15 bins of equal width, Brier score and log loss are of the "
        "answers as the service gives them, unmasked."
    )
    yield table(
        ["", "macro-F1", "pooled", "accuracy", "recall", "ECE", "Brier", "log loss"],
        [
            _quality_row(f"**{record.version}**", record.evaluation),
            *(_quality_row(name, one) for name, one in record.others().items()),
        ],
    )
    for said in record.warnings():
        yield f"**Warning**: {said}."
    if record.evaluation.unscored:
        yield (
            "Texts that could not be scored, which count as wrong: "
            f"{record.evaluation.unscored:,}."
        )
    if record.evaluation.three_way is not None:
        yield (
            "As the service answers, neutral included even where the truth knows none: "
            f"pooled macro-F1 {percent(record.evaluation.three_way.macro_f1)}."
        )


def sources(record: RunRecord) -> Iterator[str]:
    """Show macro-F1 by source."""
    yield "### By source"
    yield (
        "Macro-F1; `*` marks a two-class source, with the figure of unmasked answers. "
        "ECE is of the answers as served; masked, of those that macro-F1 judges."
    )
    others = record.others()
    rows = [
        [
            name if one.three_way_macro_f1 is None else f"{name} *",
            f"{one.examples:,}",
            f"**{percent(one.macro_f1)}** {span(one.interval)}",
            percent(one.three_way_macro_f1),
            f"{one.ece:.3f}",
            decimals(one.masked_ece),
            *(percent(other.of_sources()[name].macro_f1) for other in others.values()),
        ]
        for name, one in record.evaluation.of_sources().items()
    ]
    header = ["source", "texts", "this model", "unmasked", "ECE", "masked ECE"]
    yield table([*header, *others], rows)


def labels(record: RunRecord) -> Iterator[str]:
    """Show precision, recall and F1 by label, and the confusion matrix."""
    evaluation = record.evaluation
    yield "### By label"
    rows = []
    for label, one in evaluation.per_class.items():
        interval = evaluation.intervals.get(f"f1_{label}")
        rows.append(
            [
                label,
                f"{one.support:,}",
                percent(one.precision),
                percent(one.recall),
                f"{percent(one.f1)} {span(interval) if interval else ''}".rstrip(),
            ]
        )
    yield table(["label", "texts", "precision", "recall", "F1"], rows)
    yield "![confusion matrix](confusion.png)"
    yield table(
        ["truth \\ answer", *LABELS],
        [
            [label, *(f"{count:,}" for count in counts)]
            for label, counts in zip(LABELS, evaluation.confusion, strict=True)
        ],
    )


def units(record: RunRecord) -> Iterator[str]:
    """Show a confusion matrix for each kind of text that sources name."""
    found = record.evaluation.of_units()
    if found:
        yield "### Which labels are taken for which, by kind of text"
    for name, one in found.items():
        yield table(
            [f"{name}: truth \\ answer", *LABELS],
            [
                [label, *(f"{count:,}" for count in counts)]
                for label, counts in zip(LABELS, one.confusion, strict=True)
                if sum(counts)
            ],
        )


def calibration(record: RunRecord) -> Iterator[str]:
    """Show how well confidence is calibrated, before and after the temperature."""
    yield "## What its confidence is worth"
    yield (
        f"Temperature {record.temperature:.3f}, found on the validation split, "
        f"{counted(record.data.in_split('validation'), 'text')}: the fewer, the closer "
        "it is kept to 1, at which answers are as the network gives them. These are "
        "the test texts, answered as the service would. A neutral answer to a text of "
        "a two-class source counts as wrong."
    )
    yield table(
        ["", "ECE", "Brier", "log loss"],
        [
            ["as the network says", *calibration_cells(record.uncalibrated)],
            ["with temperature", *calibration_cells(record.evaluation.served)],
        ],
    )
    yield (
        "By predicted label. One temperature raises or lowers all confidences: it "
        "cannot correct for labels that were balanced in training but are not equally "
        "frequent."
    )
    yield table(
        ["answer", "texts", "mean confidence", "right"],
        [
            [
                one.label,
                f"{one.count:,}",
                percent(one.confidence),
                percent(one.accuracy),
            ]
            for one in record.evaluation.served.answered
        ],
    )
    yield "![reliability](reliability.png)"


def lost(record: RunRecord) -> Iterator[str]:
    """Compare the model with its teachers, if it has any."""
    found = record.lost
    if found is None:
        return
    ratio = found.student_speed / found.teachers_speed
    yield "## What it lost against its teachers"
    yield (
        f"On {found.student.examples:,} test texts, at most 200 of a source, that the "
        f"teachers take: the label is the same for {found.agreement:.1%}. In this run "
        f"the model answered {found.student_speed:,.0f} texts/s and its teachers "
        f"{found.teachers_speed:,.0f}: {ratio:,.0f} times as many."
    )
    theirs = found.teachers.of_sources()
    rows = [
        [
            name,
            f"{one.examples:,}",
            f"{percent(one.macro_f1)} {span(one.interval)}",
            percent(theirs[name].macro_f1),
        ]
        for name, one in found.student.of_sources().items()
    ]
    if len(rows) > 1:
        rows.append(
            [
                "mean of sources",
                f"{found.student.examples:,}",
                mean_with_interval(found.student),
                percent(found.teachers.mean_source_macro_f1),
            ]
        )
    yield table(["source", "texts", "this model", "teachers"], rows)


def slices(record: RunRecord) -> Iterator[str]:
    """Show the figures by trait of the text."""
    yield "## Kinds of text"
    yield (
        "With how many texts have each label. Macro-F1 is left out where a label is "
        f"missing, since it is then over others, and of fewer than {FEWEST} texts."
    )
    labels = [
        at
        for at, label in enumerate(LABELS)
        if record.evaluation.per_class[label].support
    ]
    traits = [one for one in record.evaluation.slices if one.kind != "source"]
    for kind, group in groupby(traits, key=lambda one: one.kind):
        yield table(
            [kind, "texts", " / ".join(LABELS), "macro-F1", "accuracy", "ECE"],
            [_slice_row(one, labels) for one in group],
        )


def _quality_row(name: str, one: Evaluation) -> Row:
    figures = (one.macro_f1, one.accuracy, one.macro_recall)
    return [
        name,
        mean_with_interval(one),
        *map(percent, figures),
        *calibration_cells(one.served),
    ]


def _slice_row(one: Slice, labels: Collection[int]) -> Row:
    figure = f"{percent(one.macro_f1)} {span(one.interval)}"
    return [
        one.name,
        f"{one.examples:,}",
        " / ".join(f"{count:,}" for count in one.label_counts),
        figure if one.compares(labels) else "too few",
        percent(one.accuracy),
        f"{one.ece:.3f}",
    ]
