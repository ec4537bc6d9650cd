"""The command that reads a recipe's texts and reports what it found."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sentiment.labels import LABELS
from sentiment.wording import counted
from training.commands.options import DATA, LEAVE_OUT, chosen
from training.reporting.warnings import (
    few_test_texts,
    no_neutral,
    unread_teachers,
)

if TYPE_CHECKING:
    from training.data.cleaning import DuplicateReport
    from training.data.reading import SourceReading
    from training.data.source import SourceConfig

# What de-duplication leaves out, by the names in its report.
_LEFT_OUT = {
    "repeated": "occur elsewhere, too",
    "equal_to_test": "are equal to a text of an official test split",
    "conflicting": "have another label elsewhere",
}


@click.command()
@click.argument("recipe")
@DATA
@LEAVE_OUT
def check(recipe: str, data_root: Path, leave_out: str | None) -> None:
    """Read and split the texts of RECIPE, and report what was found."""
    from training.data.gathering import read, require_two_labels
    from training.data.splitting import count_examples
    from training.data.unlabelled import read_unlabelled

    config = chosen(recipe, leave_out)
    data = read(config, data_root)
    counts = count_examples(data.splits)
    for one in data.reading.of_sources:
        for line in _of_source(one, counts.get(one.source.name, {}), data.duplicates):
            click.echo(line)
    known = data.splits.identities() if config.unlabelled else set()
    for unlabelled in config.unlabelled:
        texts = read_unlabelled([unlabelled], data_root=data_root, but=known)
        click.echo(f"{unlabelled.name}: {counted(len(texts), 'text')} without a label")
    for conflict in data.duplicates.conflicts:
        click.echo(f"another label: {conflict}")
    require_two_labels(data.splits)
    unusual = (
        *no_neutral(data.reading.sources, counts),
        *few_test_texts(counts),
        *unread_teachers(config),
    )
    for warning in unusual:
        click.echo(f"warning: {warning}", err=True)


def _of_source(
    reading: "SourceReading",
    counts: Mapping[str, Mapping[str, int]],
    duplicates: "DuplicateReport",
) -> Iterator[str]:
    """Yield how a source was read, its texts by split and label, and those left out."""
    source = reading.source
    yield f"{source.name}: {reading.read_as}{_labels_in(source)}"
    yield "  ".join([f"  {'':10}", *(f"{label:>9}" for label in LABELS)])
    for split, labels in counts.items():
        numbers = (f"{labels[label]:9,}" for label in LABELS)
        yield "  ".join([f"  {split:10}", *numbers])
    for reason, skipped in reading.bad_rows.reasons.items():
        first = f"first {skipped.first.file}:{skipped.first.line}"
        yield f"  rows skipped: {skipped.count:,}, {reason} ({first})"
    for name, why in _LEFT_OUT.items():
        count = getattr(duplicates, name).get(source.name, 0)
        if count:
            yield f"  texts left out: {count:,}, they {why}"


def _labels_in(source: "SourceConfig") -> str:
    """Name the columns that labels are read from, if the source has columns."""
    columns = [
        *(source.label_column, source.stars_column),
        *source.soft_label_columns,
    ]
    named = ", ".join(column for column in columns if column)
    return f"; labels from {named}" if named else ""
