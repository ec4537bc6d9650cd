"""The options of a run that do not change its model."""

from dataclasses import dataclass
from pathlib import Path

from training.recipes.config import TrainingConfig


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
