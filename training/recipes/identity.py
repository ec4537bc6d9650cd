"""The fingerprint of what a recipe says about a training, and of nothing else."""

from dataclasses import fields

from training.disk.fingerprints import fingerprint_of
from training.recipes.config import TrainingConfig

# Settings that change how a training runs, not what comes of it.
WITHOUT_EFFECT = tuple(
    f"training.{one}" for one in ("threads", "checkpoint_minutes", "device")
)
# Settings that do not affect a training: how the model is presented, and how soft
# labels and language models are made, which have fingerprints of their own.
_BESIDE = (
    "description",
    "neutral",
    "purpose",
    "limits",
    "failures",
    "baselines",
    "teachers",
    "teacher",
    "bag_of_words",
    "language_model",
)


def sum_of(config: TrainingConfig) -> str:
    """Return a fingerprint of the settings of a recipe that affect its training."""
    said = {
        one.name: getattr(config, one.name)
        for one in fields(config)
        if one.name not in _BESIDE
    }
    said["training"] = {
        one.name: getattr(config.training, one.name)
        for one in fields(config.training)
        if f"training.{one.name}" not in WITHOUT_EFFECT
    }
    return fingerprint_of(said)
