"""Let the teachers label the texts of a recipe, in several processes, resumable."""

import logging
import multiprocessing
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from tqdm import tqdm

from sentiment.errors import ConfigError, DataError
from sentiment.network.threads import limit_threads
from training.data.splitting import Splits
from training.distillation.bag_of_words import CARD as BAG_OF_WORDS
from training.distillation.config import TeacherUse
from training.distillation.soft_labels import SoftLabels, key_of
from training.distillation.teachers import Ensemble, identity_of, load_ensemble
from training.distillation.texts import labelled_texts, unlabelled_texts
from training.fitting.config import FitConfig
from training.fitting.device import choose_device, computing_as
from training.options import Folders
from training.recipes.config import TrainingConfig

# Texts in a part: some seconds of work, so that a kill costs little.
_PART = 2_048

# Part of the soft labels' identity: change this string with the rule, so that --resume
# refuses labels made by the old one.
_SENTENCES_RULE = "by what was fitted without their text, a train text before others"

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Labelled:
    """The soft labels of a recipe, and how many texts have one."""

    folder: Path
    texts: int
    asked: int


def label(
    config: TrainingConfig,
    splits: Splits,
    folder: Path,
    folders: Folders,
    *,
    resume: bool = False,
    workers: int = 1,
    show_progress: bool = True,
) -> Labelled:
    """Let the recipe's teachers label its train texts and its unlabelled texts.

    A text that no teacher takes (for its length, or since it has no token) gets no soft
    label. With ``resume``, texts that have one already are not labelled again.

    Raises:
        ConfigError: A teacher is missing, cannot be used or lies in ``folder``; or
            ``folder`` holds something else: with ``resume`` soft labels of other
            teachers, without it anything but soft labels.
        DataError: A file of texts cannot be read, or no text gets a soft label.
        ArtifactError: A teacher is a model of ours that cannot be used.
        MissingExtraError: A transformer needs the extra ``teacher``.
    """
    uses, runs = config.teaching(), folders.runs
    # All that can fail comes first: old soft labels stay until there are new ones.
    _check_folder(folder, uses, runs)
    made_by = _made_by(uses, runs)
    texts = {
        **{text: text for text in labelled_texts(config, splits)},
        **unlabelled_texts(config, splits, folders.data),
    }
    _check_asked_for(texts, uses)
    with computing_as(config.training) as device:
        # Workers load their own, but an error there would look like a killed process.
        ensemble = load_ensemble(uses, runs, device)
        soft = SoftLabels(folder)
        if resume:
            soft.begin(made_by)
        else:
            soft.begin_anew(made_by)
        waiting, wholes = _waiting(texts, soft.keys(), uses)
        parts = _parts(waiting, wholes)
        if workers == 1:
            answers = _in_this_process(parts, ensemble)
        else:
            del ensemble  # its memory is for the workers' own
            answers = _in_workers(parts, workers, uses, runs, config.training)
        _store_all(soft, answers, len(waiting), show_progress)
    labelled = len(soft.keys())
    if not labelled:
        raise DataError(_unanswered(len(texts), uses))
    return Labelled(folder=folder, texts=labelled, asked=len(texts))


def _store_all(
    soft: SoftLabels,
    answers: Iterable[tuple[list[str], np.ndarray]],
    count: int,
    show_progress: bool,
) -> None:
    """Add the answers as they come; ``count`` is how many texts they are to."""
    with tqdm(
        total=count,
        unit=" texts",
        desc="labelling",
        disable=None if show_progress else True,  # None: shown on a terminal alone
    ) as bar:
        for keys, rows in answers:
            _store(soft, keys, rows)
            bar.update(len(keys))


def _store(soft: SoftLabels, keys: Sequence[str], rows: np.ndarray) -> None:
    """Add the answers, ``rows`` of shape ``(keys, labels)``; NaN is none."""
    known = ~np.isnan(rows).any(axis=1)
    kept = [key for key, is_known in zip(keys, known, strict=True) if is_known]
    if kept:
        soft.add(kept, (tuple(row) for row in rows[known].tolist()))


def _waiting(
    texts: Mapping[str, str], done: set[str], uses: Sequence[TeacherUse]
) -> tuple[dict[str, str], dict[str, str]]:
    """Return the texts to label and the keys of the wholes of those that are parts.

    Both by the text's own key. ``texts`` maps each text to the whole that it was cut
    from, or to itself.
    """
    by_key = {key_of(text): text for text in texts}
    waiting = {
        key: text
        for key, text in by_key.items()
        if key not in done and _asked_for(text, uses)
    }
    _log.info("%d texts to label, %d are labelled", len(waiting), len(done))
    # Keys, since whole texts would take longer to send to another process.
    wholes = {
        key: key_of(texts[text]) for key, text in waiting.items() if texts[text] != text
    }
    return waiting, wholes


def _check_folder(folder: Path, uses: Sequence[TeacherUse], runs: Path) -> None:
    """Raise ConfigError if a teacher lies in the folder of the soft labels."""
    for use in uses:
        if (runs / use.path).resolve() == folder.resolve():
            raise ConfigError(
                f"[[teachers]] {use.path} is where the soft labels are written: "
                "name another folder in [distillation] soft_labels"
            )


def _check_asked_for(texts: Collection[str], uses: Sequence[TeacherUse]) -> None:
    """Raise DataError if all texts are too short or too long for every teacher."""
    if any(_asked_for(text, uses) for text in texts):
        return
    words = [len(text.split()) for text in texts]
    raise DataError(
        f"no teacher is asked for any of {len(texts):,} texts: they have "
        f"{min(words, default=0):,} to {max(words, default=0):,} words, and shortest "
        f"and longest of [[teachers]] ({_named(uses)}) leave none of them"
    )


def _unanswered(texts: int, uses: Sequence[TeacherUse]) -> str:
    return (
        f"none of {texts:,} texts got a soft label: the teachers ({_named(uses)}) have "
        "no answer to any. Models read no token in them; soft labels as a teacher know "
        "only the texts that they were made of"
    )


def _named(uses: Sequence[TeacherUse]) -> str:
    return ", ".join(use.path for use in uses)


def _made_by(uses: Sequence[TeacherUse], runs: Path) -> dict[str, Any]:
    """Return what soft labels depend on beside the texts."""
    teachers = [{**asdict(use), "is": identity_of(runs / use.path)} for use in uses]
    made_by: dict[str, Any] = {"teachers": teachers}
    if any((runs / use.path / BAG_OF_WORDS).is_file() for use in uses):
        made_by["sentences"] = _SENTENCES_RULE
    return made_by


def _asked_for(text: str, uses: Sequence[TeacherUse]) -> bool:
    words = np.array([len(text.split())])
    return any(use.covers(words)[0] for use in uses)


class _Part(NamedTuple):
    """Texts to label together, with their keys and those of their wholes."""

    keys: list[str]
    texts: list[str]
    wholes: list[str]


def _parts(waiting: Mapping[str, str], wholes: Mapping[str, str]) -> Iterator[_Part]:
    # Sorted by length, to waste little padding; the longest first, so that the slowest
    # part does not start last and run alone.
    ordered = sorted(waiting, key=lambda key: -len(waiting[key]))
    for start in range(0, len(ordered), _PART):
        keys = ordered[start : start + _PART]
        yield _Part(
            keys,
            [waiting[key] for key in keys],
            [wholes.get(key, key) for key in keys],
        )


def _in_this_process(
    parts: Iterable[_Part], ensemble: Ensemble
) -> Iterator[tuple[list[str], np.ndarray]]:
    for one in parts:
        yield one.keys, ensemble.probabilities(one.texts, one.wholes)


def _in_workers(
    parts: Iterable[_Part],
    workers: int,
    uses: Sequence[TeacherUse],
    runs: Path,
    training: FitConfig,
) -> Iterator[tuple[list[str], np.ndarray]]:
    """Yield the answers of several processes to the parts, in any order."""
    with ProcessPoolExecutor(
        workers,
        # Spawned, not forked: a forked child of a process that used torch can hang.
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_load,
        initargs=(uses, runs, training),
    ) as pool:
        futures = {pool.submit(_ask, one.texts, one.wholes): one.keys for one in parts}
        for future in as_completed(futures):
            yield futures[future], future.result()


_ensemble: Ensemble | None = None


def _load(uses: Sequence[TeacherUse], runs: Path, training: FitConfig) -> None:
    global _ensemble  # a worker process has one for its life
    device = choose_device(training)
    limit_threads(1)
    _ensemble = load_ensemble(uses, runs, device)


def _ask(texts: Sequence[str], wholes: Sequence[str]) -> np.ndarray:
    if _ensemble is None:
        raise RuntimeError("the worker has no teacher")
    return _ensemble.probabilities(texts, wholes)
