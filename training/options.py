"""Where a run reads and writes, and whether it may publish."""

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile

from sentiment.errors import ConfigError
from training.config import TrainingConfig
from training.data.feedback import feedback_sources
from training.drawing import require_drawing
from training.evaluation.baselines import require_packages
from training.publishing.publish import current_version


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """Where a run reads and writes, and how; nothing here changes the model.

    ``publish_anyway`` names the published version that the new one may be worse than.
    """

    data_root: Path = Path()
    models: Path = Path("models")
    runs: Path = Path("runs")
    resume: bool = False
    publish: bool = True
    publish_anyway: str | None = None
    show_progress: bool = True
    command: str = ""

    def checkpoints(self, config: TrainingConfig) -> Path:
        """Return the folder that a run of ``config`` leaves its checkpoint in."""
        return self.runs / "checkpoints" / config.name


def check_permission(config: TrainingConfig, options: RunOptions) -> None:
    """Refuse a run whose model could not be published, before anything is learned.

    Raises:
        ConfigError: The folder of models cannot be written; ``publish_anyway`` names
            another version than the published one;
            or, where users' corrections are learned from, the gate would be overridden
            or has nothing to compare with.
    """
    _check_override(options)
    _check_gate(config, options)
    if options.publish:
        _check_writable(options.models)


def check_packages(config: TrainingConfig) -> None:
    """Refuse a run that would miss a package, which it asks for only when it judges.

    Raises:
        MissingExtraError: The baselines or the report's pictures need one.
    """
    require_packages(config.baselines)
    require_drawing()


def _check_override(options: RunOptions) -> None:
    current = current_version(options.models)
    if options.publish_anyway not in (None, current):
        raise ConfigError(
            f"--publish-anyway names {options.publish_anyway!r}, and the published "
            f"version is {current or 'none'}: name that one"
        )


def _check_writable(models: Path) -> None:
    """Refuse a folder that nothing can be written into, which publishing would find."""
    # Nothing is made before there is something to publish: the nearest folder is asked.
    nearest = next(one for one in (models, *models.absolute().parents) if one.exists())
    try:
        # Permissions do not tell of a disk that is read-only, nor anything to root.
        with TemporaryFile(dir=nearest):
            pass
    except OSError as error:
        raise ConfigError(
            f"nothing can be published in {models}: {nearest} cannot be written "
            f"({error.strerror}). A possible solution is to name another folder with "
            "--models DIR, or to judge without publishing, with --no-publish"
        ) from error


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
