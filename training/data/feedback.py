"""Users' corrections as a source: the last one of each text, for training alone.

Otherwise anyone who may send corrections could decide how a model is evaluated.
"""

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sentiment.errors import ConfigError
from sentiment.feedback import VARIABLE, Correction, open_store
from sentiment.labels import LABELS
from training.data.cleaning import normalised
from training.data.examples import Example
from training.data.source import SourceConfig, no_such_file
from training.data.splitting import position
from training.data.targets import one_hot

# A table of corrections may be long, and no client waits for it here.
_SECONDS = 60.0


@dataclass(frozen=True, kw_only=True)
class FeedbackReport:
    """How many corrections a source has, and how many of them were left out.

    ``superseded`` have a later one of the same text. ``held_out`` are of texts that
    their hash assigns to validation or test.
    """

    corrections: int
    superseded: int
    held_out: int = 0


def read_feedback(
    source: SourceConfig, data_root: Path
) -> tuple[list[Example], FeedbackReport]:
    """Return the last correction of each text, in the order in which they came.

    Raises:
        ConfigError: The source names no database, or one of an unknown kind.
        DataError: The file that its path names is not there. If the environment names
            the file, it may be missing: then there are no corrections yet.
        FeedbackError: The database does not answer.
        MissingExtraError: The extra ``feedback`` is not installed.
    """
    store = open_store(_address(source, data_root), seconds=_SECONDS)
    try:
        last: dict[str, Correction] = {}
        count = 0
        for correction in store.corrections():
            count += 1
            identity = normalised(correction.text)
            # Removed first, so that the order is that of the last corrections.
            last.pop(identity, None)
            last[identity] = correction
    finally:
        store.close()
    examples = [_example(source, correction) for correction in last.values()]
    report = FeedbackReport(corrections=count, superseded=count - len(examples))
    return examples, report


def without_held_out(
    examples: Sequence[Example], *, validation: float, test: float
) -> tuple[list[Example], Counter[str]]:
    """Leave out corrections of texts whose hash holds them out; count them by source.

    So a file's test text is never trained on because a user corrected it, and no
    correction is used for evaluation.
    """
    left_out: Counter[str] = Counter()
    kept = []
    for example in examples:
        if example.feedback and not test <= position(example.text) < 1 - validation:
            left_out[example.source] += 1
        else:
            kept.append(example)
    return kept, left_out


def feedback_sources(sources: Iterable[SourceConfig]) -> list[str]:
    """Return the names of the sources that are corrections."""
    return [source.name for source in sources if source.kind == "feedback"]


def _address(source: SourceConfig, data_root: Path) -> str:
    if source.paths:
        file = data_root / source.paths[0]
        if not file.is_file():
            raise no_such_file(f"source {source.name!r}", file)
        return str(file)
    variable = source.url_from or VARIABLE
    address = os.environ.get(variable)
    if not address:
        raise ConfigError(
            f"source {source.name!r}: the environment has no {variable}: set it to the "
            "address that the service keeps corrections at, or give the source a path"
        )
    return address


def _example(source: SourceConfig, correction: Correction) -> Example:
    return Example(
        text=correction.text,
        target=one_hot(LABELS.index(correction.label)),
        source=source.name,
        unit=source.unit,
        feedback=True,
    )
