"""A whole run: from labelled reviews to a published model."""

import shutil
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sentiment.artifacts.folder import save_artifact
from sentiment.artifacts.weights import round_weights
from sentiment.errors import ArtifactError
from sentiment.prediction.answer_profile import BASELINE
from sentiment.prediction.artifact import Artifact
from sentiment.special_tokens import UNK
from training.data.gathering import Data, read
from training.data.splitting import Splits, count_examples
from training.disk.unfinished import discard
from training.evaluation.evaluate import profile_of
from training.fitting.calibrate import fit_temperature
from training.fitting.device import computing_as
from training.fitting.history import History
from training.fitting.predicting import predict_logits
from training.gradients.flow import GradientFlow, flow_of_split
from training.language_model.folder import Pretraining
from training.pipeline.judging import Judged, judge
from training.pipeline.options import RunOptions
from training.pipeline.preflight import after_reading, before_reading
from training.publishing.held_out import split_metrics
from training.publishing.publish import publish
from training.recipes.config import TrainingConfig
from training.recipes.start_from import KNOWS_NEUTRAL
from training.reporting.card import write_card
from training.reporting.record import DataRecord, RunRecord
from training.reporting.report import write_report
from training.start.prepared import Prepared, fit_prepared, prepare


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """The results of a run: its record, and the paths of the report and the model.

    ``model`` is the published version's folder, or that of an unpublished model if the
    gate refused it or it was not to be published.
    """

    record: RunRecord
    report: Path
    model: Path
    published: bool


@dataclass(frozen=True, kw_only=True)
class Fitted:
    """A trained model and the record of its training.

    ``started_from`` is the version of the model that it started from, if any, and
    ``pretraining`` says how its language model was made. ``knows_neutral`` says whether
    it, or the model it started from, learned from neutral texts. ``unknown_share``
    is the share of unknown tokens in the train and the validation split.
    """

    artifact: Artifact
    history: History
    started_from: str
    pretraining: Pretraining | None
    knows_neutral: bool
    unknown_share: dict[str, float]
    gradient_flow: GradientFlow


def run(config: TrainingConfig, options: RunOptions) -> Outcome:
    """Train, evaluate, report and publish the model that ``config`` describes.

    Raises:
        ConfigError: The recipe, or a checkpoint to resume from, cannot be used; or the
            published model may know nearly all of the test texts.
        DataError: A source cannot be read, or gives too little to train on.
        ArtifactError: The published model, or the new one, cannot be used.
        MissingExtraError: Baselines or pictures need a package that is not installed.
    """
    began = moment_of_its_own(config, options)
    before_reading(config, options)
    data = read(config, options.folders.data)
    after_reading(config, options, data.splits)
    with computing_as(config.training):
        fitted = train(config, data.splits, options, began)
        judged = judge(fitted.artifact, data.splits, config, options)
        artifact = _described(config, data, fitted, judged)
    passed = judged.comparison is None or judged.comparison.passed
    overridden = not passed and options.publish_anyway is not None
    record = _record(config, options, data, fitted, judged, began, overridden)
    folder = options.folders.runs / artifact.version
    report = write_report(folder, record)
    published = options.publish and (passed or overridden)
    if published:
        # Another run may have published since, which this model was not compared with.
        replaced = options.publish_anyway if overridden else judged.compared_with
        model = _published(artifact, folder, config, options, replaced)
    else:
        model = _keep(artifact, folder, config)
    shutil.rmtree(options.checkpoints(config), ignore_errors=True)
    return Outcome(record=record, report=report, model=model, published=published)


def moment_of_its_own(config: TrainingConfig, options: RunOptions) -> datetime:
    """Return now, or wait for a second that no version of the recipe is named after.

    A small recipe may be run more than once a second.
    """
    while True:
        began = datetime.now(UTC)
        version = _version(config, began)
        folders = (options.models / version, options.folders.runs / version)
        if not any(folder.exists() for folder in folders):
            return began
        time.sleep(0.05)


def _version(config: TrainingConfig, began: datetime) -> str:
    return f"{config.name}-{began:%Y%m%d-%H%M%S}"


def assist(config: TrainingConfig, options: RunOptions) -> None:
    """Train beside the process that does :func:`run`, and leave the rest to it.

    Raises:
        SentimentError: What :func:`run` refuses is refused here, too.
    """
    before_reading(config, options)
    data = read(config, options.folders.data)
    after_reading(config, options, data.splits)
    with computing_as(config.training):
        train(config, data.splits, options, datetime.now(UTC))


def train(
    config: TrainingConfig, splits: Splits, options: RunOptions, began: datetime
) -> Fitted:
    """Fit to the train split; choose the epoch and calibrate on validation."""
    prepared = prepare(config, splits, options.folders)
    checkpoints = options.checkpoints(config)
    if not options.resume:
        discard(checkpoints)
    history = fit_prepared(
        prepared,
        config,
        checkpoints=checkpoints,
        show_progress=options.show_progress,
    )
    # Before any evaluation, which should be of the weights that are served.
    round_weights(prepared.classifier, config.weights)
    return Fitted(
        artifact=_calibrated(prepared, config, began),
        history=history,
        started_from=prepared.start.version,
        pretraining=prepared.start.pretraining,
        knows_neutral=prepared.start.knows_neutral or prepared.train.knows_neutral,
        unknown_share={
            "train": float((prepared.train.token_ids == UNK).mean()),
            "validation": float((prepared.validation.token_ids == UNK).mean()),
        },
        gradient_flow=flow_of_split(prepared.classifier, prepared.validation),
    )


def _calibrated(
    prepared: Prepared, config: TrainingConfig, began: datetime
) -> Artifact:
    """Return the fitted network as an artifact, its temperature found on validation."""
    classifier, validation = prepared.classifier, prepared.validation
    logits = predict_logits(classifier, validation, config.training.batch_tokens)
    return Artifact(
        version=_version(config, began),
        config=config.model,
        vocabulary=prepared.vocabulary,
        classifier=classifier.cpu().eval(),
        temperature=fit_temperature(logits, validation.labels),
        created=began.isoformat(timespec="seconds"),
    )


def _described(
    config: TrainingConfig, data: Data, fitted: Fitted, judged: Judged
) -> Artifact:
    """Return the model with its figures and its card."""
    validation = [one.text for one in data.splits.validation]
    return replace(
        fitted.artifact,
        metrics={
            **judged.evaluation.headline(),
            **_feedback_counts(data),
            **split_metrics(config),
            KNOWS_NEUTRAL: fitted.knows_neutral,
            BASELINE: profile_of(fitted.artifact, validation).to_json(),
        },
        card=write_card(
            fitted.artifact,
            replace(config, sources=tuple(data.reading.sources)),
            data.splits,
            judged.evaluation,
            judged.baselines,
            judged.gains,
            started_from=fitted.started_from,
            pretrained_on=fitted.pretraining.texts_of if fitted.pretraining else (),
        ),
    )


def _feedback_counts(data: Data) -> dict[str, Any]:
    """Return how many texts of each feedback source were trained on, if any."""
    learned = Counter(one.source for one in data.splits.train if one.feedback)
    return {"feedback": dict(learned)} if data.feedback else {}


def _published(
    artifact: Artifact,
    folder: Path,
    config: TrainingConfig,
    options: RunOptions,
    replaced: str | None,
) -> Path:
    """Publish the model in place of ``replaced``, or keep it in ``folder``.

    Raises:
        ArtifactError: It failed; the message says where the model is kept.
    """
    try:
        return publish(
            artifact, options.models, weights=config.weights, replacing=replaced
        )
    except ArtifactError as error:
        kept = ""
        with suppress(ArtifactError, OSError):
            kept = f". The model is kept in {_keep(artifact, folder, config)}"
        raise ArtifactError(
            f"{error}{kept}. The report is in {folder}; the checkpoint stays, so that "
            "the same command with --resume judges and publishes without training again"
        ) from error


def _keep(artifact: Artifact, folder: Path, config: TrainingConfig) -> Path:
    """Save a model that is not published beside its report."""
    model = folder / "model"
    model.mkdir(parents=True, exist_ok=True)
    save_artifact(artifact, model, weights=config.weights)
    return model


def _record(
    config: TrainingConfig,
    options: RunOptions,
    data: Data,
    fitted: Fitted,
    judged: Judged,
    began: datetime,
    overridden: bool,
) -> RunRecord:
    return RunRecord(
        version=fitted.artifact.version,
        command=options.command,
        created=fitted.artifact.created,
        seconds=(datetime.now(UTC) - began).total_seconds(),
        recipe=config,
        data=DataRecord(
            counts=count_examples(data.splits),
            duplicates=data.duplicates,
            bad_row_count=data.reading.bad_row_count,
            bad_rows=[str(skipped) for skipped in data.reading.bad_rows],
            vocabulary_size=len(fitted.artifact.vocabulary),
            unknown_share=fitted.unknown_share,
            feedback=data.feedback,
        ),
        pretraining=fitted.pretraining,
        history=fitted.history,
        temperature=fitted.artifact.temperature,
        uncalibrated=judged.uncalibrated,
        evaluation=judged.evaluation,
        baselines=judged.baselines,
        gains=judged.gains,
        compared_with=judged.compared_with,
        published=judged.published,
        comparison=judged.comparison,
        published_anyway=overridden,
        lost=judged.lost,
        gradient_flow=fitted.gradient_flow,
    )
