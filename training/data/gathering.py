"""Read, de-duplicate and split the texts of a recipe."""

import logging
from dataclasses import dataclass, replace
from pathlib import Path

from sentiment.errors import DataError
from sentiment.labels import LABELS
from sentiment.wording import counted
from training.data.cleaning import DuplicateReport, deduplicate
from training.data.feedback import FeedbackReport, without_held_out
from training.data.reading import Reading, read_sources
from training.data.splitting import Splits, split
from training.recipes.config import TrainingConfig

# How to get texts into a split that has none.
_MORE_ROOM = {
    "train": "sources that are not held_out and that no file calls test or validation",
    **{
        name: (
            "a larger share for it in [split]; a source that marks its texts as train "
            f"must leave {name} out of `official`"
        )
        for name in ("validation", "test")
    },
}

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Data:
    """The texts of a run, and how many were left out for which reason."""

    splits: Splits
    reading: Reading
    duplicates: DuplicateReport
    feedback: dict[str, FeedbackReport]


def require_two_labels(splits: Splits) -> None:
    """Refuse texts of a single label, before the training.

    Raises:
        DataError: The train split has fewer than two labels.
    """
    found = {example.label for example in splits.train}
    if len(found) < 2:
        raise DataError(
            f"all {len(splits.train):,} texts of the train split are "
            f"{' or '.join(LABELS[label] for label in found)}, so that there is "
            "nothing to tell apart: a possible solution is to add texts of another "
            "label, or to check the columns and the `labels` that the recipe names"
        )


def read(config: TrainingConfig, data_root: Path) -> Data:
    """Read, clean and split the recipe's sources.

    Raises:
        DataError: A source cannot be read, or a split is left empty.
    """
    reading = read_sources(
        config.sources,
        data_root=data_root,
        refuse_bad_rows=config.bad_rows == "refuse",
    )
    for skipped in reading.bad_rows:
        _log.warning("%s", skipped)
    learnable, held_out = without_held_out(
        reading.examples,
        validation=config.split.validation,
        test=config.split.test,
    )
    examples, duplicates = deduplicate(learnable)
    splits = split(
        examples,
        validation=config.split.validation,
        test=config.split.test,
        sources=config.sources,
    )
    for name, part in splits.by_name().items():
        if not part:
            raise DataError(
                f"the {name} split is empty, of {counted(len(examples), 'text')} in "
                f"all: a possible solution is more texts, or {_MORE_ROOM[name]}"
            )
    _log.info(
        "%d texts: %d to train on, %d for validation, %d for the test; %d bad rows "
        "and %d duplicates left out",
        len(examples),
        len(splits.train),
        len(splits.validation),
        len(splits.test),
        reading.bad_row_count,
        duplicates.total,
    )
    return Data(
        splits=splits,
        reading=reading,
        duplicates=duplicates,
        feedback={
            name: replace(one, held_out=held_out[name])
            for name, one in reading.feedback.items()
        },
    )
