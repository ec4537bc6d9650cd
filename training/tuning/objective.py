"""One trial: refused by its limits, or fitted and validated."""

import time
from dataclasses import dataclass

from optuna import Trial, TrialPruned

from training.evaluation.cost import megabytes, milliseconds
from training.fitting.history import EpochRecord
from training.recipes.changes import with_settings
from training.recipes.config import TrainingConfig
from training.start.prepared import Prepared, fit_prepared
from training.tuning.clock import Bar, Clock, TimeUpError
from training.tuning.data import SharedData
from training.tuning.limits import Limits
from training.tuning.space import Space, settings_of, tidied
from training.tuning.trials import (
    EPOCHS,
    MEGABYTES,
    MILLISECONDS,
    OWN,
    SECONDS,
    SETTINGS,
)


class OverLimitError(Exception):
    """A trial's model would be larger or slower than is allowed."""


@dataclass(frozen=True, kw_only=True)
class Objective:
    """From a trial's settings to its validation macro-F1, the mean over sources."""

    config: TrainingConfig
    space: Space
    data: SharedData
    limits: Limits
    clock: Clock
    bar: Bar

    def __call__(self, trial: Trial) -> float:
        """Return the macro-F1 of the trial's best epoch.

        Raises:
            OverLimitError: Its model would be too large or too slow to be fitted.
            TrialPruned: An epoch was worse than the median of earlier trials.
            TimeUpError: The search's time is over.
            FloatingPointError: Its gradients exploded.
        """
        began = time.monotonic()
        try:
            return self._figure(trial)
        finally:
            trial.set_user_attr(SECONDS, time.monotonic() - began)

    def _figure(self, trial: Trial) -> float:
        own = settings_of(self.config, self.space)
        settings = tidied(trial.params, own)
        trial.set_user_attr(SETTINGS, settings)
        config = with_settings(self.config, settings)
        prepared = self.data.for_trial(config)
        self._check_size(trial, prepared)
        self._check_latency(trial, prepared)
        history = fit_prepared(
            prepared,
            config,
            on_step=self._watch,
            on_epoch=lambda epoch: self._report(trial, epoch),
        )
        return history.best().validation_macro_f1

    def _check_size(self, trial: Trial, prepared: Prepared) -> None:
        most = self.limits.max_megabytes
        size = megabytes(prepared.classifier, prepared.vocabulary, self.config.weights)
        trial.set_user_attr(MEGABYTES, size)
        trial.set_constraint(MEGABYTES, size / most - 1)
        if size > most:
            raise OverLimitError(f"{size:.1f} MB, at most {most:g} are allowed")

    def _check_latency(self, trial: Trial, prepared: Prepared) -> None:
        most = self.limits.max_milliseconds
        took = milliseconds(prepared.classifier, prepared.vocabulary)
        trial.set_user_attr(MILLISECONDS, took)
        if most is None:
            return
        trial.set_constraint(MILLISECONDS, took / most - 1)
        if took > most:
            raise OverLimitError(f"{took:.2f} ms a text, at most {most:g} are allowed")

    def _watch(self) -> None:
        self.bar.move()
        if self.clock.left <= 0:
            raise TimeUpError("the search's time is over")

    def _report(self, trial: Trial, epoch: EpochRecord) -> None:
        trial.set_user_attr(EPOCHS, epoch.epoch)
        trial.report(epoch.validation_macro_f1, epoch.epoch)
        # The recipe itself is never pruned, since the others are compared with it, and
        # after the last epoch pruning saves nothing.
        over = epoch.epoch >= self.config.training.epochs
        if not over and not trial.user_attrs.get(OWN) and trial.should_prune():
            raise TrialPruned(
                f"{100 * epoch.validation_macro_f1:.1f} after epoch {epoch.epoch} "
                "is below the median"
            )
