"""The study on disk: resumable after a kill, and only with the same inputs."""

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path

import optuna
from optuna import Study
from optuna.pruners import MedianPruner
from optuna.samplers import TPESampler
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial, TrialState

from training.disk.fingerprints import fingerprint_of, refuse_others
from training.disk.locking import locked_to_resume
from training.recipes.changes import Settings
from training.recipes.config import TrainingConfig
from training.recipes.identity import sum_of
from training.tuning.limits import Limits
from training.tuning.space import Space
from training.tuning.trials import (
    AGAIN,
    INTERRUPTED,
    OUT_OF_TIME,
    OWN,
    STATE,
    TrialRecord,
)

DATABASE, _NAME, _IDENTITY = "study.db", "tuning", "identity"
_OVER = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL)


def identity_of(
    config: TrainingConfig, space: Space, limits: Limits, data: str
) -> dict[str, str]:
    """Return the fingerprints of a search: with others, trials are not comparable.

    ``data`` is that of the texts.
    """
    return {
        "recipe": sum_of(config),
        "data": data,
        "limits": fingerprint_of(limits),
        "settings": fingerprint_of(sorted(space)),
    }


@contextlib.contextmanager
def opened(
    folder: Path, identity: Mapping[str, str], *, resume: bool, seed: int, own: Settings
) -> Iterator[Study]:
    """Open the study in ``folder``, or begin one whose first trial is ``own``.

    SQLite rather than a journal: a kill in the middle of a write leaves neither half
    a line nor a lock that waits for its owner.

    Raises:
        ConfigError: There is one and ``resume`` was not asked for, or it belongs to
            another recipe, other data or other limits, or is being used.
    """
    with locked_to_resume(folder, "search", mark=DATABASE, resume=resume):
        # This command has its own log lines.
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        storage = RDBStorage(f"sqlite:///{(folder / DATABASE).absolute()}")
        try:
            yield _study(storage, folder, identity, seed, own)
        finally:
            storage.remove_session()
            storage.engine.dispose()


def records(study: Study) -> list[TrialRecord]:
    """Return the trials that are over, in their order."""
    return [TrialRecord.of(trial) for trial in study.get_trials(states=_OVER)]


def _study(
    storage: RDBStorage,
    folder: Path,
    identity: Mapping[str, str],
    seed: int,
    own: Settings,
) -> Study:
    study = optuna.create_study(
        storage=storage,
        study_name=_NAME,
        direction="maximize",
        load_if_exists=True,
        pruner=MedianPruner(n_startup_trials=4, n_warmup_steps=1, n_min_trials=3),
    )
    known = study.user_attrs.get(_IDENTITY)
    if known is None:
        study.enqueue_trial(own, user_attrs={OWN: True})
        # Last, so that a study with an identity has its first trial.
        study.set_user_attr(_IDENTITY, dict(identity))
    else:
        refuse_others(f"the search in {folder}", known, identity)
    # A new seed after a resume, or the sampler would draw the same trials again.
    study.sampler = TPESampler(
        seed=seed + len(study.get_trials(deepcopy=False)),
        multivariate=True,
        n_startup_trials=8,
    )
    _begin_anew(study)
    return study


def _begin_anew(study: Study) -> None:
    """Queue trials again that a kill or the clock interrupted."""
    for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        study.tell(trial.number, state=TrialState.FAIL)
    trials = study.get_trials(deepcopy=False)
    queued = {trial.user_attrs.get(AGAIN) for trial in trials}
    for trial in trials:
        if _was_cut_short(trial) and trial.number not in queued:
            attributes = {AGAIN: trial.number, OWN: trial.user_attrs.get(OWN, False)}
            study.enqueue_trial(trial.params, user_attrs=attributes)


def _was_cut_short(trial: FrozenTrial) -> bool:
    if trial.state is not TrialState.FAIL or not trial.params:
        return False
    return trial.user_attrs.get(STATE, INTERRUPTED) in (INTERRUPTED, OUT_OF_TIME)
