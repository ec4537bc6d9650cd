"""The options of a search, and its results."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sentiment.errors import ConfigError
from training.options import WorkOptions
from training.tuning.limits import Limits
from training.tuning.trials import TrialRecord


@dataclass(frozen=True, kw_only=True)
class TuneOptions(WorkOptions):
    """How long a search may take, and within which limits.

    ``seed`` is of the search; networks are initialised with the recipe's. Without
    ``out``, the best recipe is written beside the study. ``keep`` names settings to
    leave alone. ``trials`` is how many it runs at most, without those of a search that
    it resumes. ``began`` is when the search began, by ``time.monotonic()``.
    """

    minutes: float
    trials: int | None = None
    limits: Limits = field(default_factory=Limits)
    seed: int = 1
    keep: tuple[str, ...] = ()
    out: Path | None = None
    began: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        if not 0 < self.minutes < float("inf"):
            raise ConfigError(f"--minutes must be above 0, not {self.minutes!r}")
        if self.trials is not None and self.trials < 1:
            raise ConfigError(f"--trials must be 1 at least, not {self.trials}")


@dataclass(frozen=True, kw_only=True)
class Tuned:
    """The trials, the best of them, that of the recipe itself, and the files."""

    best: TrialRecord
    own: TrialRecord | None
    trials: Sequence[TrialRecord]
    recipe: Path
    table: Path
    picture: Path
    interrupted: bool
