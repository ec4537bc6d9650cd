"""Evaluate a model on held-out texts, beside baselines and the published model."""

from dataclasses import dataclass
from pathlib import Path

from sentiment.artifacts.folder import load_artifact
from sentiment.artifacts.store import CURRENT, bundled_model, models_folder, resolve
from sentiment.errors import ArtifactError
from sentiment.prediction.artifact import Artifact
from sentiment.prediction.predictor import Predictor
from training.data.gathering import read
from training.data.splitting import Splits
from training.distillation.beside_teachers import BesideTeachers, compare_with_teachers
from training.evaluation.baselines import fit_baselines
from training.evaluation.calibration import Calibration
from training.evaluation.evaluate import (
    Evaluation,
    evaluate,
    predict_probabilities,
    uncalibrated,
)
from training.evaluation.gains import Gains, gains_over
from training.evaluation.traits import Traits
from training.fitting.device import choose_device, computing_as
from training.fitting.encoded import example_weights
from training.pipeline.options import RunOptions
from training.publishing.gate import Comparison, compare_on
from training.publishing.held_out import HeldOut, SplitRecord
from training.publishing.publish import BUNDLED, current_version
from training.recipes.config import TrainingConfig


@dataclass(frozen=True, kw_only=True)
class Judged:
    """The model, the baselines and the published model on the same test texts.

    ``gains`` has how much better the model is than each baseline. The first model to be
    published where the service looks has the bundled model among them, since it takes
    its place; the gate does not ask for it. ``compared_with`` is the published version,
    if any, also if it does not load.
    """

    evaluation: Evaluation
    uncalibrated: Calibration
    baselines: dict[str, Evaluation]
    gains: dict[str, Gains]
    published: Evaluation | None
    comparison: Comparison | None
    compared_with: str | None
    lost: BesideTeachers | None


def judge(
    artifact: Artifact, splits: Splits, config: TrainingConfig, options: RunOptions
) -> Judged:
    """Evaluate the model and what it is compared with on the test split."""
    examples = splits.test
    texts = [example.text for example in examples]
    traits = Traits.of(texts, artifact.vocabulary)
    device = choose_device(config.training)
    predictor = Predictor(artifact, device=device)
    probabilities = predict_probabilities(predictor, texts)
    answers = {
        name: baseline(texts)
        for name, baseline in fit_baselines(
            splits.train,
            names=config.baselines,
            weights=example_weights(splits.train, config.sources),
        ).items()
    }
    published, comparison = None, None
    compared_with, current = _current(options)
    if compared_with is None and options.publish and serves_from(options.models):
        # What the service would otherwise go on to answer with.
        bundled = Predictor(load_artifact(bundled_model()), device=device)
        answers[BUNDLED] = predict_probabilities(bundled, texts)
    if compared_with is not None and current is not None:
        theirs = predict_probabilities(Predictor(current, device=device), texts)
        published = evaluate(theirs, examples, traits=traits)
        comparison = compare_on(
            HeldOut.of(examples, SplitRecord.of(current.metrics), config.sources),
            compared_with,
            probabilities,
            theirs,
            examples,
            seed=config.seed,
        )
    return Judged(
        evaluation=evaluate(probabilities, examples, traits=traits),
        uncalibrated=uncalibrated(probabilities, artifact.temperature, examples),
        baselines={
            name: evaluate(theirs, examples, traits=traits)
            for name, theirs in answers.items()
        },
        gains={
            name: gains_over(probabilities, theirs, examples, seed=config.seed)
            for name, theirs in answers.items()
        },
        published=published,
        comparison=comparison,
        compared_with=compared_with,
        # On the CPU, where it is served, since speeds are compared, too.
        lost=compare_with_teachers(
            config, Predictor(artifact), examples, options.folders.runs
        ),
    )


def serves_from(models: Path) -> bool:
    """Say whether the service started here takes its models from ``models``."""
    return models.resolve() == models_folder().resolve()


def _current(options: RunOptions) -> tuple[str | None, Artifact | None]:
    """Return the published version and its model: none if it does not load.

    Raises:
        ArtifactError: It does not load, and the new one is to be published in its
            place.
    """
    version = None
    try:
        version = current_version(options.models)
        return version, load_artifact(options.models / version) if version else None
    except ArtifactError:
        if options.publish:
            raise
        return version or CURRENT, None


def evaluate_model(
    config: TrainingConfig, *, model: Path | None, data_root: Path, split_name: str
) -> Evaluation:
    """Evaluate a published model on one split of the recipe's texts."""
    artifact = load_artifact(resolve(model))
    examples = read(config, data_root).splits.by_name()[split_name]
    texts = [example.text for example in examples]
    with computing_as(config.training) as device:
        probabilities = predict_probabilities(Predictor(artifact, device=device), texts)
    traits = Traits.of(texts, artifact.vocabulary)
    return evaluate(probabilities, examples, traits=traits)
