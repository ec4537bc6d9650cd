"""What the student learns from: labelled texts with soft labels, and those without."""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from sentiment.errors import ConfigError
from training.config import TrainingConfig
from training.data.examples import Example
from training.data.splitting import Splits
from training.data.targets import Target
from training.distillation.soft_labels import SoftLabels, at_temperature, key_of
from training.distillation.texts import unlabelled_texts

# The source that texts without labels are counted under.
UNLABELLED = "unlabelled"

_log = logging.getLogger(__name__)


def with_soft_labels(
    config: TrainingConfig, splits: Splits, *, data_root: Path, runs: Path
) -> list[Example]:
    """Return the train split and the unlabelled texts, with their soft labels.

    Without ``[distillation] soft_labels`` in the recipe it is the train split.

    Raises:
        ConfigError: The folder holds no soft labels, or none of the train split.
        DataError: A file of unlabelled texts cannot be read.
    """
    settings = config.distillation
    if not settings.soft_labels:
        return splits.train
    soft = {
        key: at_temperature(target, settings.temperature)
        for key, target in SoftLabels(runs / settings.soft_labels).read().items()
    }
    labelled = [
        replace(example, soft=soft.get(key_of(example.text)))
        for example in splits.train
    ]
    unlabelled = _unlabelled(unlabelled_texts(config, splits, data_root), soft)
    taught = sum(example.soft is not None for example in labelled)
    if not taught and not unlabelled:
        raise ConfigError(
            f"none of {len(labelled):,} train texts has a soft label in "
            f"{runs / settings.soft_labels}: they are of other texts. A possible "
            "solution is to run `sentiment-train distill RECIPE` again"
        )
    _log.info(
        "%s",
        f"{taught:,} of {len(labelled):,} train texts have a soft label, and so have "
        f"{len(unlabelled):,} texts without a label",
    )
    return [*labelled, *unlabelled]


def _unlabelled(texts: Iterable[str], soft: Mapping[str, Target]) -> list[Example]:
    found = ((text, soft.get(key_of(text))) for text in texts)
    return [
        Example(
            text=text,
            target=target,
            soft=target,
            labelled=False,
            source=UNLABELLED,
            split="train",
        )
        for text, target in found
        if target is not None
    ]
