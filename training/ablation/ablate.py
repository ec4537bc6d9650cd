"""The whole way of an ablation: plan, train what is not done, compare, write."""

import sys
from collections.abc import Mapping, Sequence

from tqdm import tqdm

from sentiment.errors import counted
from training.ablation.judging import row_of
from training.ablation.options import Ablation, AblationOptions, Written
from training.ablation.outcome import Outcome, outcome_of
from training.ablation.results import write
from training.ablation.store import Store, opened
from training.ablation.texts import Texts, reading_of
from training.ablation.variants import Training, trainings_of, variants_of
from training.config import TrainingConfig
from training.data.gathering import read
from training.drawing import require_drawing
from training.fitting.encoded import EncodedSplit
from training.fitting.fit import choose_device
from training.fitting.state import fingerprint_of


def ablate(
    config: TrainingConfig, options: AblationOptions
) -> tuple[Ablation, Written]:
    """Train ``config`` and its variants, and compare them on the validation split.

    The test split is not looked at. A variant whose gradients explode has a row that
    says so.

    Raises:
        ConfigError: A variant or what the recipe starts from cannot be used, or the
            ablation on disk is another one.
        DataError: The recipe's texts cannot be read.
        MissingExtraError: The picture needs a package that is not installed.
    """
    require_drawing()
    trainings = trainings_of(variants_of(config, options.changes), options.seeds)
    for one in trainings:
        choose_device(one.config.training)  # refuses one that is not here
    texts = Texts(
        read(config, options.data_root).splits,
        [one.config for one in trainings],
        data_root=options.data_root,
        runs=options.runs,
    )
    own = texts.encoded_for(config)
    train, validation = len(own.train), own.validation
    identity = {
        "recipe": fingerprint_of(config),
        "texts, labels or weights": texts.fingerprint(config),
    }
    del own  # the next variant's may need the room
    folder = options.folder(config)
    with opened(folder, identity, resume=options.resume) as store:
        outcomes = _train(trainings, texts, store, show=options.show_progress)
        found = _found(trainings, outcomes, train, validation, options)
        return found, write(found, folder)


def _train(
    trainings: Sequence[Training], texts: Texts, store: Store, *, show: bool
) -> dict[str, Outcome]:
    """Return what came of each training, by its key, doing what is not done yet."""
    outcomes = {}
    for number, one in enumerate(_by_reading(trainings), start=1):
        place = f"training {number} of {len(trainings)}: {one.name}"
        outcome = store.find(one)
        if outcome is None:
            _say(place, show=show)
            outcome = outcome_of(
                one.config,
                texts.encoded_for(one.config),
                checkpoints=store.checkpoints(one),
                show_progress=show,
            )
            store.keep(one, outcome)
            _say(f"{place}: {_came_of(outcome)}", show=show)
        else:
            _say(f"{place}: done before, {_came_of(outcome)}", show=show)
        outcomes[one.key] = outcome
    return outcomes


def _by_reading(trainings: Sequence[Training]) -> list[Training]:
    """Put those together that share their encoded texts, else in their order."""
    readings = [reading_of(one.config) for one in trainings]
    return sorted(trainings, key=lambda one: readings.index(reading_of(one.config)))


def _found(
    trainings: Sequence[Training],
    outcomes: Mapping[str, Outcome],
    train: int,
    validation: EncodedSplit,
    options: AblationOptions,
) -> Ablation:
    by_variant: dict[str, list[Outcome]] = {}
    for one in trainings:
        by_variant.setdefault(one.variant.name, []).append(outcomes[one.key])
    own = next(iter(by_variant.values()))
    return Ablation(
        recipe=trainings[0].config.name,
        command=options.command,
        seeds=sorted({one.config.seed for one in trainings}),
        train=train,
        validation=len(validation),
        rows=[row_of(name, of, own, validation) for name, of in by_variant.items()],
    )


def _came_of(outcome: Outcome) -> str:
    if outcome.failed:
        return f"failed, {outcome.failed}"
    epochs = counted(outcome.epoch, "epoch")
    return (
        f"macro-F1 {100 * outcome.macro_f1:.1f} after {epochs}, "
        f"{outcome.megabytes:.1f} MB, {outcome.seconds:.0f} s"
    )


def _say(line: str, *, show: bool) -> None:
    if show:
        tqdm.write(line, file=sys.stderr)
