"""The record of each trial, and their table."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from optuna.trial import FrozenTrial

from training.recipes.changes import Settings
from training.tuning.space import Space

# User attributes of a trial in a study.
SETTINGS, MEGABYTES, MILLISECONDS = "settings", "megabytes", "milliseconds"
SECONDS, EPOCHS, STATE, REASON = "seconds", "epochs", "state", "reason"
OWN, AGAIN = "own", "again"

FINISHED, PRUNED, REFUSED = "finished", "pruned", "refused"
OUT_OF_TIME, INTERRUPTED, FAILED = "out of time", "interrupted", "failed"


@dataclass(frozen=True, kw_only=True)
class TrialRecord:
    """One trial: ``own`` is the recipe itself; only a finished one has ``macro_f1``.

    ``reason`` says why a trial ended early.
    """

    number: int
    state: str
    reason: str = ""
    own: bool = False
    macro_f1: float | None = None
    epochs: int = 0
    megabytes: float | None = None
    milliseconds: float | None = None
    seconds: float = 0.0
    settings: Settings = field(default_factory=dict)

    @classmethod
    def of(cls, trial: FrozenTrial) -> "TrialRecord":
        """Return the record of ``trial`` in a study."""
        known = trial.user_attrs
        state = known.get(STATE, INTERRUPTED)
        return cls(
            number=trial.number,
            state=state,
            reason=known.get(REASON, ""),
            own=known.get(OWN, False),
            macro_f1=trial.value if state == FINISHED else None,
            epochs=known.get(EPOCHS, 0),
            megabytes=known.get(MEGABYTES),
            milliseconds=known.get(MILLISECONDS),
            seconds=known.get(SECONDS, 0.0),
            settings=known.get(SETTINGS, {}),
        )

    def cells(self) -> dict[str, Any]:
        """Return the trial's row of the table, with rounded figures."""
        return {
            "trial": self.number,
            "state": self.state,
            "macro_f1": _rounded(self.macro_f1, 4),
            "epochs": self.epochs,
            "megabytes": _rounded(self.megabytes, 2),
            "milliseconds": _rounded(self.milliseconds, 3),
            "seconds": round(self.seconds, 1),
            **self.settings,
            "reason": self.reason,
        }


def best_of(trials: Sequence[TrialRecord]) -> TrialRecord | None:
    """Return the finished trial of the highest macro-F1, the first of equals."""
    finished = [one for one in trials if one.macro_f1 is not None]
    return max(finished, key=lambda one: one.macro_f1 or 0.0, default=None)


def own_of(trials: Sequence[TrialRecord]) -> TrialRecord | None:
    """Return the finished trial of the recipe itself, if there is one."""
    return next((one for one in trials if one.own and one.state == FINISHED), None)


def as_csv(trials: Sequence[TrialRecord], space: Space) -> str:
    """Return a table of the trials, a line for each."""
    columns = TrialRecord(number=0, state="").cells()
    reason = columns.popitem()[0]
    text = io.StringIO()
    writer = csv.DictWriter(
        text, [*columns, *space, reason], restval="", lineterminator="\n"
    )
    writer.writeheader()
    writer.writerows(trial.cells() for trial in trials)
    return text.getvalue()


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)
