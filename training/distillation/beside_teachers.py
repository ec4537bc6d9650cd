"""Compare a student with its teachers on the same texts: in quality and in speed."""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sentiment.errors import ArtifactError, ConfigError, MissingExtraError
from sentiment.prediction.predictor import Predictor
from training.data.examples import Example
from training.data.splitting import at_most
from training.distillation.teachers import Teacher, load_ensemble
from training.evaluation.evaluate import Evaluation, evaluate, predict_probabilities
from training.recipes.config import TrainingConfig

# Texts of each source that are compared: teachers are slow.
_TEXTS = 200

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class BesideTeachers:
    """Student and teachers on the same test texts, those that the teachers take.

    ``agreement`` is the share of texts with one label from both; the speeds are in
    texts a second on this machine, in this run.
    """

    student: Evaluation
    teachers: Evaluation
    agreement: float
    student_speed: float
    teachers_speed: float


def compare_with_teachers(
    config: TrainingConfig, predictor: Predictor, test: Sequence[Example], runs: Path
) -> BesideTeachers | None:
    """Evaluate the student beside its teachers; None if it has none, or none is here.

    On at most 200 texts of a source, chosen by their hashes. If the teachers cannot be
    loaded, the reason is logged, so that the model still gets its report.
    """
    if not config.distillation.soft_labels:
        return None
    uses = config.teaching()
    if not any((runs / use.path).exists() for use in uses):
        # Training needs only the soft labels; the teachers may be on another machine.
        return None
    try:
        ensemble = load_ensemble(uses, runs)
    except (ArtifactError, ConfigError, MissingExtraError) as error:
        _log.warning("the model is not compared with its teachers: %s", error)
        return None
    return compare(predictor, ensemble, _sample(config, test))


def compare(
    predictor: Predictor, teachers: Teacher, examples: Sequence[Example]
) -> BesideTeachers | None:
    """Evaluate both on the ``examples`` that the teachers take, if there are any."""
    texts = [example.text for example in examples]
    began = time.perf_counter()
    theirs = teachers.probabilities(texts)
    teachers_seconds = time.perf_counter() - began
    taken = np.flatnonzero(~np.isnan(theirs).any(axis=1)).tolist()
    if not taken:
        return None
    examples = [examples[at] for at in taken]
    texts = [example.text for example in examples]
    # A first pass fills the encoder's cache, as in a running service.
    predict_probabilities(predictor, texts)
    began = time.perf_counter()
    ours = predict_probabilities(predictor, texts)
    seconds = time.perf_counter() - began
    same = ours.argmax(axis=1) == theirs[taken].argmax(axis=1)
    return BesideTeachers(
        student=evaluate(ours, examples),
        teachers=evaluate(theirs[taken], examples),
        agreement=float(same.mean()),
        student_speed=len(texts) / seconds,
        teachers_speed=len(texts) / teachers_seconds,
    )


def _sample(config: TrainingConfig, test: Sequence[Example]) -> list[Example]:
    return at_most(dict.fromkeys((one.name for one in config.sources), _TEXTS), test)
