"""Fit a variant as a run of its recipe would fit it."""

from collections.abc import Callable
from pathlib import Path

from sentiment.network.classifier import RNNClassifier
from training.config import TrainingConfig
from training.fitting.fit import fit
from training.fitting.history import EpochRecord, History
from training.variants.data import VariantData


def fit_variant(
    classifier: RNNClassifier,
    data: VariantData,
    config: TrainingConfig,
    *,
    checkpoints: Path | None = None,
    show_progress: bool = False,
    on_step: Callable[[], None] | None = None,
    on_epoch: Callable[[EpochRecord], None] | None = None,
) -> History:
    """Fit ``classifier`` in place, so that a run of ``config`` gives the same figures.

    Raises:
        ConfigError: The checkpoint is of a fit that began with anything else.
        FloatingPointError: The loss is no longer a number.
    """
    return fit(
        classifier,
        data.train,
        data.validation,
        config.training,
        seed=config.seed,
        temperature=config.distillation.temperature,
        knows_neutral=data.knows_neutral,
        checkpoints=checkpoints,
        show_progress=show_progress,
        on_step=on_step,
        on_epoch=on_epoch,
    )
