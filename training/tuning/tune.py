"""A whole search: read the recipe and its data, run trials, write the best."""

from collections.abc import Sequence
from pathlib import Path

from optuna.distributions import IntDistribution

from sentiment.errors import ConfigError
from sentiment.wording import counted
from training.data.gathering import read, require_two_labels
from training.recipes.changes import with_settings
from training.recipes.config import TrainingConfig, find_recipe, read_recipe
from training.reporting.markdown import duration
from training.tuning.clock import Bar, Clock
from training.tuning.data import SharedData
from training.tuning.objective import Objective
from training.tuning.options import Tuned, TuneOptions
from training.tuning.results import Results
from training.tuning.search import Search
from training.tuning.space import Space, search_space, settings_of
from training.tuning.study import identity_of, opened, records
from training.tuning.trials import OUT_OF_TIME, REFUSED, TrialRecord, own_of


def tune(recipe: str | Path, options: TuneOptions) -> Tuned:
    """Search around ``recipe`` for the highest validation macro-F1 within the limits.

    The recipe itself is the first trial, so that the best is never worse. The test
    split is not used. Reading the data counts as time of the search.

    Raises:
        KeyboardInterrupt: It was interrupted before any trial was finished.
        ConfigError: The recipe or an option cannot be used, the study on disk is
            another one, or no trial was finished.
        DataError: The recipe's data cannot be read, or has a single label.
    """
    clock = Clock(options.minutes, options.began)
    file = find_recipe(Path(recipe))
    config = read_recipe(file)
    folder = options.folders.runs / "tuning" / config.name
    results = Results.of(file, folder, options)
    space = search_space(config, options.keep)
    data = _read(config, space, options)
    identity = identity_of(config, space, options.limits, data.fingerprint())
    own = settings_of(config, space)
    with (
        opened(
            folder, identity, resume=options.resume, seed=options.seed, own=own
        ) as study,
        Bar(clock, show=options.show_progress) as bar,
    ):
        objective = Objective(
            config=config,
            space=space,
            data=data,
            limits=options.limits,
            clock=clock,
            bar=bar,
        )
        search = Search(
            study=study, objective=objective, results=results, most=options.trials
        )
        interrupted = search.run()
        trials = records(study)
        best = results.write(trials, space)
        if best is None and interrupted:
            raise KeyboardInterrupt
        if best is None:
            epochs = config.training.epochs
            raise ConfigError(_nothing(trials, folder, options, epochs))
        results.draw(study, trials)
    return Tuned(
        best=best,
        own=own_of(trials),
        trials=trials,
        recipe=results.recipe,
        table=results.table,
        picture=results.picture,
        interrupted=interrupted,
    )


def _read(config: TrainingConfig, space: Space, options: TuneOptions) -> SharedData:
    splits = read(config, options.folders.data).splits
    require_two_labels(splits)
    size = _largest(space, "vocabulary.max_size", config.vocabulary.max_size)
    return SharedData.encode(
        splits,
        with_settings(config, {"vocabulary.max_size": size}),
        options.folders,
        max_tokens=_largest(space, "training.max_tokens", config.training.max_tokens),
    )


def _largest(space: Space, name: str, own: int) -> int:
    """Return the highest value of a setting, ``own`` if it is not searched."""
    range_ = space.get(name)
    return range_.high if isinstance(range_, IntDistribution) else own


def _nothing(
    trials: Sequence[TrialRecord], folder: Path, options: TuneOptions, epochs: int
) -> str:
    """Return why no trial was finished, with a solution."""
    refused = [one for one in trials if one.state == REFUSED]
    if refused and len(refused) == len(trials):
        return (
            f"no trial of {len(trials)} was within the limits, the last had "
            f"{refused[-1].reason}: a possible solution is a higher limit, or a recipe "
            "of smaller sizes to begin from"
        )
    more = "--minutes" if options.trials is None else "--minutes or --trials"
    return (
        f"no trial was finished in {options.minutes:g} minutes, of "
        f"{counted(len(trials), 'trial')} begun; "
        f"their table is in {folder}. {_how_long(trials, epochs)}A possible solution "
        f"is to go on with --resume and more {more}"
    )


def _how_long(trials: Sequence[TrialRecord], epochs: int) -> str:
    """Return how long a whole trial of ``epochs`` takes, by those that were cut off."""
    if not trials:
        return "Reading the texts took all of it. "
    cut = [one for one in trials if one.state == OUT_OF_TIME]
    if not cut:
        return ""
    farthest = max(cut, key=lambda one: (one.epochs, one.seconds))
    about = "about" if farthest.epochs else "more than"
    whole = farthest.seconds * epochs / max(farthest.epochs, 1)
    return (
        f"In {duration(farthest.seconds)} a trial came through {farthest.epochs} of "
        f"{counted(epochs, 'epoch')}, so that a whole one may take {about} "
        f"{duration(whole)}. "
    )
