"""One training of an ablation, from the starting network to its predictions."""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sentiment.out_of_memory import lacks_memory
from sentiment.wording import first_line
from training.data.splitting import Splits
from training.evaluation.cost import megabytes
from training.evaluation.measures import Integers
from training.fitting.config import FitConfig
from training.fitting.history import History
from training.fitting.predicting import predict_logits, predicted_labels
from training.options import Folders
from training.recipes.config import TrainingConfig
from training.start.prepared import Prepared, fit_prepared, prepare


@dataclass(frozen=True, kw_only=True)
class TrainingOutcome:
    """The outcome of a training: its best epoch, or why it ``failed``.

    ``predicted`` has a digit for each validation text, the predicted label. ``seconds``
    are those of training, without validation. ``chance``: the failure may not occur
    another time.
    """

    megabytes: float = math.nan
    macro_f1: float = math.nan
    validation_loss: float = math.nan
    epoch: int = 0
    seconds: float = 0.0
    predicted: str = ""
    failed: str = ""
    chance: bool = False

    @property
    def answers(self) -> Integers:
        """The predicted labels, shape ``(validation texts,)``."""
        return np.array([int(digit) for digit in self.predicted], dtype=np.int64)


def outcome_of(
    config: TrainingConfig,
    splits: Splits,
    folders: Folders,
    *,
    checkpoints: Path,
    show_progress: bool,
) -> TrainingOutcome:
    """Train ``config`` as a run of it would, and return its best epoch's figures.

    A training that was interrupted is resumed from ``checkpoints``.

    Raises:
        SentimentError: What the recipe starts from or learns from, or the checkpoint,
            cannot be used.
    """
    size = math.nan
    try:
        prepared = prepare(config, splits, folders)
        size = megabytes(prepared.classifier, prepared.vocabulary, config.weights)
        history = fit_prepared(
            prepared, config, checkpoints=checkpoints, show_progress=show_progress
        )
        return _finished(prepared, history, config.training, size)
    except (FloatingPointError, MemoryError, RuntimeError) as error:
        exploded = isinstance(error, FloatingPointError)
        if not (exploded or lacks_memory(error)):
            raise
        return TrainingOutcome(
            megabytes=size, failed=_reason(error), chance=not exploded
        )


def _finished(
    prepared: Prepared, history: History, settings: FitConfig, size: float
) -> TrainingOutcome:
    best = history.best()
    logits = predict_logits(
        prepared.classifier,
        prepared.validation,
        settings.batch_tokens,
        settings.precision,
    )
    answers = predicted_labels(logits, prepared.validation)
    return TrainingOutcome(
        megabytes=size,
        macro_f1=best.validation_macro_f1,
        validation_loss=best.validation_loss,
        epoch=best.epoch,
        seconds=sum(one.seconds for one in history.epochs),
        predicted="".join(map(str, answers)),
    )


def _reason(error: Exception) -> str:
    line = first_line(error).partition(". A possible")[0]
    return line.rpartition("err == 0. ")[2] or type(error).__name__
