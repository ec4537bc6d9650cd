"""The options of a run that do not change its model."""

from dataclasses import dataclass
from pathlib import Path

from training.options import WorkOptions
from training.recipes.config import TrainingConfig


@dataclass(frozen=True, kw_only=True)
class RunOptions(WorkOptions):
    """What a run is told beside its recipe; nothing here changes the model.

    ``publish_anyway`` names the published version that the new one may be worse than.
    """

    models: Path = Path("models")
    publish: bool = True
    publish_anyway: str | None = None

    def checkpoints(self, config: TrainingConfig) -> Path:
        """Return the folder that a run of ``config`` leaves its checkpoint in."""
        return self.folders.runs / "checkpoints" / config.name
