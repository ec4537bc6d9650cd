"""What an ablation is asked for, and what it leaves."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from training.ablation.judging import Row
from training.config import TrainingConfig


@dataclass(frozen=True, kw_only=True)
class AblationOptions:
    """Which variants are tried, how often, and where it reads and writes.

    Each of ``changes`` is a variant as the command line has it, "model.layers=2".
    """

    changes: tuple[str, ...]
    seeds: int = 1
    data_root: Path = Path()
    runs: Path = Path("runs")
    resume: bool = False
    show_progress: bool = True
    command: str = ""

    def folder(self, config: TrainingConfig) -> Path:
        """Return the folder of an ablation of ``config``."""
        return self.runs / "ablations" / config.name


@dataclass(frozen=True, kw_only=True)
class Ablation:
    """What was found: a row for the recipe itself, then one for each variant.

    ``train`` and ``validation`` are how many texts were learned from and judged by.
    Of the ``planned`` trainings some are ``missing`` where Ctrl-C came before the end.
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
    """Where the results lie."""

    page: Path
    table: Path
    picture: Path
