"""A model on the test split, and a published one on any split of a recipe."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from toy import recipe

from sentiment.errors import ArtifactError
from sentiment.prediction.predictor import Predictor
from training.data.gathering import read
from training.evaluation.evaluate import evaluate, predict_probabilities
from training.pipeline.judging import evaluate_model, judge
from training.pipeline.run import run, train


def test_a_model_is_judged_again_on_a_split_of_a_recipe(options):
    outcome = run(recipe(), options)
    evaluation = evaluate_model(
        recipe(),
        model=outcome.model,
        data_root=options.folders.data,
        split_name="test",
    )
    assert evaluation.macro_f1 == outcome.record.evaluation.macro_f1


def test_a_model_that_is_not_there_is_told_before_the_texts_are_read(options):
    source = {"name": "reviews", "path": "not-read-yet.csv"}
    with pytest.raises(ArtifactError, match="no-model is not a model"):
        evaluate_model(
            recipe(sources=[source]),
            model=options.models / "no-model",
            data_root=options.folders.data,
            split_name="test",
        )


def test_what_temperature_changed_is_what_a_model_without_it_shows(options):
    config = recipe()
    splits = read(config, options.folders.data).splits
    fitted = train(config, splits, options, datetime.now(UTC))
    judged = judge(fitted.artifact, splits, config, options)
    plain = Predictor(replace(fitted.artifact, temperature=1.0))
    expected = evaluate(
        predict_probabilities(plain, [example.text for example in splits.test]),
        splits.test,
    ).calibration
    assert judged.uncalibrated.log_loss == pytest.approx(expected.log_loss, rel=1e-6)
    assert judged.uncalibrated.brier == pytest.approx(expected.brier, rel=1e-6)
    assert judged.uncalibrated.ece == pytest.approx(expected.ece, abs=1e-6)
    assert judged.uncalibrated.log_loss != judged.evaluation.calibration.log_loss
