"""The options of an ablation, and its results."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from training.ablation.comparison import Row
from training.options import WorkOptions
from training.recipes.config import TrainingConfig


@dataclass(frozen=True, kw_only=True)
class AblationOptions(WorkOptions):
    """Which variants are tried, and how often.

    Each of ``changes`` is a variant as on the command line, "model.layers=2".
    """

    changes: tuple[str, ...]
    seeds: int = 1

    def folder(self, config: TrainingConfig) -> Path:
        """Return the folder of an ablation of ``config``."""
        return self.folders.runs / "ablations" / config.name


@dataclass(frozen=True, kw_only=True)
class Ablation:
    """The results: a row for the recipe itself, then one for each variant.

    ``train`` and ``validation`` are the numbers of texts. Of the ``planned`` trainings
    some are ``missing`` after Ctrl-C.
    """

    recipe: str
    command: str
    seeds: Sequence[int]
    train: int
    validation: int
    planned: int
    missing: int = 0
    rows: Sequence[Row]


@dataclass(frozen=True, kw_only=True)
class Written:
    """The files of the results."""

    page: Path
    table: Path
    picture: Path
