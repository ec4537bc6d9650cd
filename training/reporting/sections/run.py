"""The run: its command, its texts, the gate's verdict, and its recipe."""

from collections.abc import Iterator, Mapping

from sentiment.wording import counted
from training.new_recipe.changed import changed_settings
from training.reporting.markdown import (
    Row,
    duration,
    mean_with_interval,
    percent,
    span,
    table,
)
from training.reporting.record import RunRecord


def summary(record: RunRecord) -> Iterator[str]:
    """Show the main figure, those beside it, and the verdict."""
    evaluation = record.evaluation
    yield f"# {record.version}"
    description = record.recipe.description.strip()
    if description:
        yield description
    sources = len(evaluation.of_sources())
    mean = f", the mean over {sources} sources" if sources > 1 else ""
    yield (
        f"**Macro-F1 {mean_with_interval(evaluation)}** on {evaluation.examples:,} "
        f"test texts{mean}; accuracy {percent(evaluation.accuracy)}, calibration "
        f"error (ECE) of the answers as served {evaluation.ece:.3f}. {_beside(record)}"
    )
    yield f"Gate: {_verdict(record)}"


def what_was_run(record: RunRecord) -> Iterator[str]:
    """Show the command and the time."""
    yield "## What was run"
    yield f"```\n{record.command}\n```"
    yield (
        f"Begun {record.created}, seed {record.recipe.seed}, took "
        f"{duration(record.seconds)}. The recipe is at the end."
    )


def data(record: RunRecord) -> Iterator[str]:
    """Show the texts by source, and which were left out and why."""
    read = record.data
    yield "## The data"
    yield (
        f"Texts by source and split, in each negative / neutral / positive. "
        f"Rows that are not examples: {read.bad_row_count:,}."
    )
    yield table(["source", "train", "validation", "test"], _count_rows(record))
    if read.bad_rows:
        yield "The first of them for each source and reason:"
        yield "\n".join(f"- `{row}`" for row in read.bad_rows)
    yield from _feedback(record)
    yield from _left_out(record)
    unknown = [f"{share:.2%} of {name}" for name, share in read.unknown_share.items()]
    yield (
        f"The vocabulary holds {read.vocabulary_size:,} tokens {_tokens_of(record)}. "
        f"Of all tokens it does not know: {', '.join(unknown) or 'not counted'}."
    )


def recipe(record: RunRecord) -> Iterator[str]:
    """Show the settings that differ from their defaults."""
    yield "## The recipe"
    yield "The settings that differ from their defaults; report.json has all of them."
    yield f"```toml\n{changed_settings(record.recipe)}\n```"


def _tokens_of(record: RunRecord) -> str:
    """Return where the vocabulary is from."""
    if record.recipe.start_from:
        return "and is that of the model it started from"
    if record.recipe.pretrained:
        return "and is that of the language model it started from"
    return "of the texts that were learned from"


def _feedback(record: RunRecord) -> Iterator[str]:
    counts = record.data.counts
    for name, one in record.data.feedback.items():
        learned = sum(counts[name]["train"].values()) if name in counts else 0
        yield (
            f"`{name}` is feedback: {counted(one.corrections, 'correction')} that "
            f"users sent. {one.superseded:,} had a later one of the same text, "
            f"{one.held_out:,} are of texts that are held out, and "
            f"{record.data.duplicates.of(name):,} of texts that another source has, "
            f"too. The other {learned:,} are in train alone; what the model is judged "
            "on is the same without them."
        )


def _left_out(record: RunRecord) -> Iterator[str]:
    left_out = record.data.duplicates
    if not left_out.total:
        yield "No text came twice."
        return
    yield (
        f"Texts left out: {left_out.total:,}. Two texts are the same when their "
        "letters and digits are. Of a text that a source gives several labels all of "
        "that source's examples go; where sources disagree, the first is believed."
    )
    columns = (left_out.repeated, left_out.equal_to_test, left_out.conflicting)
    yield table(
        ["source", "repeated", "equal to a test text", "conflicting labels"],
        [
            [name, *(f"{column.get(name, 0):,}" for column in columns)]
            for name in sorted(set().union(*columns))
        ],
    )
    if left_out.conflicts:
        yield "The first texts that came with several labels:"
        yield "\n".join(f"- `{conflict}`" for conflict in left_out.conflicts)


def gate(record: RunRecord) -> Iterator[str]:
    """Compare the model with the published one, if there is one."""
    comparison = record.comparison
    if comparison is None:
        return
    yield "## The gate"
    rows = [["all", f"{100 * comparison.difference:+.1f} {span(comparison.interval)}"]]
    rows += [
        [name, f"{100 * one:+.1f}"] for name, one in sorted(comparison.sources.items())
    ]
    if comparison.note:
        yield comparison.note
    yield f"Macro-F1 less that of {record.compared_with}, on the same texts:"
    yield table(["source", "difference"], rows)
    yield (
        f"In {comparison.worse_share:.1%} of the bootstrap's resamples the new model "
        "was worse."
    )


def _verdict(record: RunRecord) -> str:
    if record.comparison is None and record.compared_with is not None:
        return f"{record.compared_with} could not be loaded, so nothing was compared."
    if record.comparison is None:
        return (
            "this is the first published model, so there was nothing to compare it "
            "with."
        )
    override = " Published all the same, as was asked." * record.published_anyway
    passed = "passed" if record.comparison.passed else "refused"
    return f"{passed}: {record.comparison.reason}.{override}"


def _beside(record: RunRecord) -> str:
    figures = [
        f"{name} {percent(one.mean_source_macro_f1)}"
        for name, one in record.others().items()
    ]
    return f"Beside it: {', '.join(figures)}." if figures else ""


def _count_rows(record: RunRecord) -> Iterator[Row]:
    for source, splits in record.data.counts.items():
        name = f"{source} (feedback)" if source in record.data.feedback else source
        yield [name, *(_of_labels(labels) for labels in splits.values())]


def _of_labels(labels: Mapping[str, int]) -> str:
    parts = " / ".join(f"{count:,}" for count in labels.values())
    total = sum(labels.values())
    return f"{total:,} ({parts})" if total else "0"
