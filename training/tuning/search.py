"""Run trials until the time is up, with the best recipe always on disk."""

import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count

from optuna import Study, Trial, TrialPruned
from optuna.trial import TrialState
from tqdm import tqdm

from sentiment.out_of_memory import lacks_memory
from sentiment.wording import first_line
from training.tuning.clock import TimeUpError
from training.tuning.objective import Objective, OverLimitError
from training.tuning.results import Results
from training.tuning.study import records
from training.tuning.trials import (
    FAILED,
    FINISHED,
    INTERRUPTED,
    OUT_OF_TIME,
    PRUNED,
    REASON,
    REFUSED,
    STATE,
    TrialRecord,
    best_of,
)

# After so many refusals in a row the search ends: nothing else is within the limits.
_REFUSALS = 200

# How exceptions end a trial: its state in the table, and in the study.
_ENDS: dict[type[BaseException], tuple[str, TrialState]] = {
    OverLimitError: (REFUSED, TrialState.PRUNED),
    TrialPruned: (PRUNED, TrialState.PRUNED),
    # Failed, so that the sampler ignores them: they are no evidence on their settings.
    TimeUpError: (OUT_OF_TIME, TrialState.FAIL),
    KeyboardInterrupt: (INTERRUPTED, TrialState.FAIL),
    FloatingPointError: (FAILED, TrialState.FAIL),
}


@dataclass(frozen=True, kw_only=True)
class Search:
    """A study, what its trials do, where its results go, and how many it may run."""

    study: Study
    objective: Objective
    results: Results
    most: int | None = None

    def run(self) -> bool:
        """Run trials while there is time and room, ``most`` at most.

        Return whether Ctrl-C ended it.
        """
        trials = records(self.study)
        try:
            for _ in count() if self.most is None else range(self.most):
                if not self._has_time(trials) or _all_refused(trials):
                    break
                self._run_trial(self.study.ask(self.objective.space))
                trials = records(self.study)
                self.results.write(trials, self.objective.space)
                self._report(trials)
        except KeyboardInterrupt:
            return True
        return False

    def _has_time(self, trials: Sequence[TrialRecord]) -> bool:
        """Say whether there is time for another trial of the usual length."""
        finished = [one.seconds for one in trials if one.state == FINISHED]
        usual = statistics.median(finished) if finished else 0.0
        return self.objective.clock.left > usual

    def _run_trial(self, trial: Trial) -> None:
        try:
            value = self.objective(trial)
        except (Exception, KeyboardInterrupt) as error:
            name, state = _end_by(error)
            trial.set_user_attr(STATE, name)
            trial.set_user_attr(REASON, first_line(error))
            self.study.tell(trial, state=state)
            if isinstance(error, KeyboardInterrupt):
                raise
            return
        trial.set_user_attr(STATE, FINISHED)
        self.study.tell(trial, value)

    def _report(self, trials: Sequence[TrialRecord]) -> None:
        best, bar = best_of(trials), self.objective.bar
        top = "" if best is None else f", best {100 * (best.macro_f1 or 0):.1f}"
        bar.say(f"trials: {len(trials)}{top}")
        if bar.shown:
            tqdm.write(_line(trials[-1]), file=sys.stderr)


def _end_by(error: BaseException) -> tuple[str, TrialState]:
    """Return how ``error`` ends a trial; raise it if it should end the search."""
    for kind, end in _ENDS.items():
        if isinstance(error, kind):
            return end
    if lacks_memory(error):
        return FAILED, TrialState.FAIL
    raise error


def _line(trial: TrialRecord) -> str:
    figure = "" if trial.macro_f1 is None else f" macro-F1 {100 * trial.macro_f1:.1f},"
    size = "" if trial.megabytes is None else f" {trial.megabytes:.1f} MB,"
    reason = f" ({trial.reason})" if trial.reason else ""
    return (
        f"trial {trial.number}: {trial.state},{figure}{size} "
        f"{trial.seconds:.0f} s{reason}"
    )


def _all_refused(trials: Sequence[TrialRecord]) -> bool:
    """Say whether the last trials were all over the limits: there is no room left."""
    last = trials[-_REFUSALS:]
    return len(last) == _REFUSALS and all(one.state == REFUSED for one in last)
