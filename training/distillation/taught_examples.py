"""The examples to train on: labelled texts with soft labels, and unlabelled texts."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from sentiment.errors import ConfigError
from sentiment.wording import counted
from training.data.examples import Example
from training.data.splitting import Splits
from training.data.targets import Target
from training.distillation.soft_labels import SoftLabels, at_temperature, key_of
from training.distillation.texts import unlabelled_texts
from training.options import Folders
from training.recipes.config import TrainingConfig

# The source that texts without labels are counted under.
UNLABELLED = "unlabelled"

# The target of a text without any label; its weight is 0.
_EVEN: Target = (1 / 3, 1 / 3, 1 / 3)

_log = logging.getLogger(__name__)


def with_soft_labels(
    config: TrainingConfig, splits: Splits, folders: Folders
) -> list[Example]:
    """Return the train split and the unlabelled texts, with their soft labels.

    Unlabelled texts without a soft label are included only for virtual adversarial
    training. With neither in the recipe this is the train split.

    Raises:
        ConfigError: The folder holds no soft labels, or none of the train split.
        DataError: A file of unlabelled texts cannot be read.
    """
    folder = config.distillation.soft_labels
    virtual = config.training.virtual_adversarial > 0
    if not folder and not virtual:
        return splits.train
    soft: dict[str, Target] = {}
    if folder:
        temperature = config.distillation.temperature
        soft = {
            key: at_temperature(target, temperature)
            for key, target in SoftLabels(folders.runs / folder).read().items()
        }
    labelled = [
        replace(example, soft=soft.get(key_of(example.text)))
        for example in splits.train
    ]
    unlabelled = [
        _unlabelled(text, soft)
        for text in unlabelled_texts(config, splits, folders.data)
    ]
    taught = [example for example in unlabelled if example.soft is not None]
    if folder:
        _log_soft_labels(labelled, taught, folders.runs / folder)
    if not virtual:
        return [*labelled, *taught]
    unknown = len(unlabelled) - len(taught)
    if unknown:
        _log.info("also trained on: %s without any label", counted(unknown, "text"))
    return [*labelled, *unlabelled]


def _log_soft_labels(
    labelled: Sequence[Example], unlabelled: Sequence[Example], folder: Path
) -> None:
    """Log how many texts have a soft label.

    Raises:
        ConfigError: None has.
    """
    taught = sum(example.soft is not None for example in labelled)
    if not taught and not unlabelled:
        raise ConfigError(
            f"none of {len(labelled):,} train texts has a soft label in {folder}: they "
            "are of other texts. A possible solution is to run "
            "`sentiment-train distill RECIPE` again"
        )
    _log.info(
        "%s",
        f"{taught:,} of {len(labelled):,} train texts have a soft label, beside "
        f"{counted(len(unlabelled), 'text')} without a label",
    )


def _unlabelled(text: str, soft: Mapping[str, Target]) -> Example:
    """Return a text without a label, with its soft label if there is one."""
    target = soft.get(key_of(text))
    return Example(
        text=text,
        target=target or _EVEN,
        soft=target,
        labelled=False,
        source=UNLABELLED,
        split="train",
    )
