"""Checks before a training, so that it does not fail after hours of work."""

import logging
from pathlib import Path
from tempfile import TemporaryFile

from sentiment.artifacts.folder import load_artifact
from sentiment.artifacts.store import CURRENT, read_manifest
from sentiment.errors import ArtifactError, ConfigError
from training.data.feedback import feedback_sources
from training.data.gathering import require_two_labels
from training.data.splitting import Splits
from training.drawing import require_drawing
from training.evaluation.baselines import require_packages
from training.pipeline.options import RunOptions
from training.publishing.held_out import HeldOut, SplitRecord
from training.publishing.publish import current_version
from training.recipes.config import TrainingConfig

_log = logging.getLogger(__name__)


def before_reading(config: TrainingConfig, options: RunOptions) -> None:
    """Refuse a run that could not judge or publish its model.

    Raises:
        ConfigError: The folder of models cannot be written; ``publish_anyway`` names
            another version than the published one, or nothing is to be published; or,
            where the run learns from users' corrections, the gate would be overridden
            or has no model to compare with.
        MissingExtraError: The baselines or the report's pictures need a package.
        ArtifactError: The published model is gone or damaged, and the new one would be
            published in its place.
    """
    _check_override(options)
    _check_gate(config, options)
    if options.publish:
        _check_writable(options.models)
    # These packages are imported only when the model is judged.
    require_packages(config.baselines)
    require_drawing()
    _check_published(options)


def after_reading(config: TrainingConfig, options: RunOptions, splits: Splits) -> None:
    """Refuse texts that are no use for training, or for a comparison.

    Raises:
        DataError: The train split has a single label.
        ConfigError: The published model held out too few of the test texts.
    """
    require_two_labels(splits)
    _check_comparable(config, options, splits)


def _check_override(options: RunOptions) -> None:
    if options.publish_anyway is not None and not options.publish:
        raise ConfigError(
            "--publish-anyway and --no-publish exclude each other: leave one out"
        )
    if options.publish_anyway is None:
        return
    current = current_version(options.models)
    if options.publish_anyway != current:
        raise ConfigError(
            f"--publish-anyway names {options.publish_anyway!r}, and the published "
            f"version is {current or 'none'}: name that one"
        )


def _check_gate(config: TrainingConfig, options: RunOptions) -> None:
    """Refuse to publish what was learned from users without the gate's consent."""
    names = feedback_sources(config.sources)
    if not names or not options.publish:
        return
    if options.publish_anyway is not None:
        raise ConfigError(
            f"source {names[0]!r} is feedback: what is learned from it is published "
            "only if the gate lets it pass, so leave --publish-anyway out"
        )
    if current_version(options.models) is None:
        raise ConfigError(
            f"source {names[0]!r} is feedback, and {options.models} has no published "
            "model that the gate could compare with: publish one that was trained "
            "without it first, or judge this one with --no-publish"
        )


def _check_writable(models: Path) -> None:
    """Refuse a folder that cannot be written, before publishing fails because of it."""
    # The folder is made only when there is something to publish: try what is there.
    nearest = next(one for one in (models, *models.absolute().parents) if one.exists())
    try:
        # Permission bits show neither a read-only disk nor that root may do anything.
        with TemporaryFile(dir=nearest):
            pass
    except OSError as error:
        raise ConfigError(
            f"nothing can be published in {models}: {nearest} cannot be written "
            f"({error.strerror}). A possible solution is to name another folder with "
            "--models DIR, or to judge without publishing, with --no-publish"
        ) from error


def _check_published(options: RunOptions) -> None:
    """Refuse a published model that the gate could not compare with.

    Where nothing is to be published, warn: the comparison will be missing.
    """
    try:
        version = current_version(options.models)
        if version is not None:
            _require_loadable(version, options.models)
    except ArtifactError as error:
        if options.publish:
            raise
        _log.warning("warning: %s", error)


def _require_loadable(version: str, models: Path) -> None:
    try:
        load_artifact(models / version)
    except ArtifactError as error:
        raise ArtifactError(
            f"the published model, with which the new one is compared, cannot be used: "
            f"{error}. A possible solution is `sentiment-train models promote VERSION` "
            f"of another version, or to remove {models / CURRENT}"
        ) from error


def _check_comparable(
    config: TrainingConfig, options: RunOptions, splits: Splits
) -> None:
    """Refuse test texts of which the published model held out too few."""
    if not options.publish or options.publish_anyway is not None:
        return
    version = current_version(options.models)
    if version is None:
        return
    then = SplitRecord.of(read_manifest(options.models / version)["metrics"])
    held_out = HeldOut.of(splits.test, then, config.sources)
    if held_out.too_few:
        raise ConfigError(held_out.shortage(version))
