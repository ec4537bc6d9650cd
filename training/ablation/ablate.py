"""A whole ablation: plan, train what is not done yet, compare, write."""

import sys
from collections.abc import Sequence
from contextlib import suppress

from tqdm import tqdm

from sentiment.wording import counted
from training.ablation.comparison import row_of
from training.ablation.options import Ablation, AblationOptions, Written
from training.ablation.outcome import TrainingOutcome, outcome_of
from training.ablation.results import write
from training.ablation.store import Outcomes, Store, opened
from training.ablation.variants import OWN, Training, trainings_of, variants_of
from training.data.gathering import read, require_two_labels
from training.data.splitting import Splits
from training.disk.fingerprints import fingerprint_of
from training.drawing import require_drawing
from training.fitting.device import choose_device
from training.fitting.encoded import EncodedSplit
from training.recipes.config import TrainingConfig
from training.recipes.identity import sum_of
from training.start.network import learned_weights
from training.start.prepared import Prepared, prepare


def ablate(
    config: TrainingConfig, options: AblationOptions
) -> tuple[Ablation, Written]:
    """Train ``config`` and its variants, and compare them on the validation split.

    The test split is not used. A variant whose gradients explode gets a row with the
    reason. Variants that were trained there before have rows, too. After Ctrl-C, what
    is done is written, with the number of missing trainings.

    Raises:
        KeyboardInterrupt: It was interrupted before any training was finished.
        ConfigError: A variant or what the recipe starts from cannot be used, or the
            ablation on disk is another one.
        DataError: The recipe's texts cannot be read, or have a single label.
        MissingExtraError: The picture needs a package that is not installed.
    """
    require_drawing()
    trainings = trainings_of(variants_of(config, options.changes), options.seeds)
    for one in trainings:
        choose_device(one.config.training)  # refuses one that is not here
    folder = options.folder(config)
    with opened(folder, resume=options.resume) as store:
        splits = read(config, options.folders.data).splits
        require_two_labels(splits)
        own = prepare(config, splits, options.folders)
        train, validation = len(own.train), own.validation
        store.begin(
            {
                "recipe": sum_of(config),
                "texts, labels or weights": _fingerprint(config, splits, own),
            }
        )
        del own  # the first training may need the memory
        outcomes = store.outcomes()
        with suppress(KeyboardInterrupt):
            _train(trainings, splits, store, outcomes, options)
        if not outcomes:
            raise KeyboardInterrupt
        found = _found(trainings, outcomes, train, validation, options)
        return found, write(found, folder)


def _fingerprint(config: TrainingConfig, splits: Splits, own: Prepared) -> str:
    """Return the fingerprint of every text and label, and of pretrained weights."""
    return fingerprint_of(
        # Untruncated, since a variant may read more of them.
        [one.text for one in (*splits.train, *splits.validation)],
        own.train,
        own.validation,
        learned_weights(config, own.start),
    )


def _train(
    trainings: Sequence[Training],
    splits: Splits,
    store: Store,
    outcomes: Outcomes,
    options: AblationOptions,
) -> None:
    """Do the trainings that are missing, and add their outcomes to ``outcomes``."""
    show = options.show_progress
    missing = _missing(trainings, outcomes)
    planned, done = len(trainings), len(trainings) - len(missing)
    _say(f"{counted(planned, 'training')}, {done} of them done before", show=show)
    for number, one in enumerate(missing, start=done + 1):
        place = f"training {number} of {planned}: {one.name}"
        _say(place, show=show)
        outcome = outcome_of(
            one.config,
            splits,
            options.folders,
            checkpoints=store.checkpoints(one),
            show_progress=show,
        )
        outcomes.setdefault(one.variant.name, {})[one.config.seed] = outcome
        store.keep(one, outcome)
        _say(f"{place}: {_summary(outcome)}", show=show)


def _missing(trainings: Sequence[Training], outcomes: Outcomes) -> list[Training]:
    return [
        one
        for one in trainings
        if one.config.seed not in outcomes.get(one.variant.name, {})
    ]


def _found(
    trainings: Sequence[Training],
    outcomes: Outcomes,
    train: int,
    validation: EncodedSplit,
    options: AblationOptions,
) -> Ablation:
    """Return all results: first those asked for now, then those from before."""
    names = dict.fromkeys([*(one.variant.name for one in trainings), *sorted(outcomes)])
    own = outcomes.get(OWN, {})
    return Ablation(
        recipe=trainings[0].config.name,
        command=options.command,
        seeds=sorted({seed for of in outcomes.values() for seed in of}),
        train=train,
        validation=len(validation),
        planned=len(trainings),
        missing=len(_missing(trainings, outcomes)),
        rows=[
            row_of(name, outcomes[name], own, validation)
            for name in names
            if name in outcomes
        ],
    )


def _summary(outcome: TrainingOutcome) -> str:
    if outcome.failed:
        return f"failed, {outcome.failed}"
    epochs = counted(outcome.epoch, "epoch")
    return (
        f"macro-F1 {100 * outcome.macro_f1:.2f} after {epochs}, "
        f"{outcome.megabytes:.1f} MB, {outcome.seconds:.0f} s"
    )


def _say(line: str, *, show: bool) -> None:
    if show:
        tqdm.write(line, file=sys.stderr)
