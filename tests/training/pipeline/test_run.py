"""From a file of labelled reviews to a published model, on small real data."""

import json
import random
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import torch
from toy import recipe, reviews, write

import sentiment
from sentiment.artifacts.folder import load_artifact, save_artifact
from sentiment.artifacts.store import resolve
from sentiment.errors import ArtifactError, DataError, MissingExtraError
from sentiment.prediction.answer_profile import Profile
from sentiment.prediction.predictor import Predictor
from training.data.gathering import read
from training.fitting.history import History
from training.options import Folders
from training.pipeline.options import RunOptions
from training.pipeline.run import (
    assist,
    moment_of_its_own,
    run,
    train,
)


def test_a_file_of_reviews_becomes_the_current_model(options):
    outcome = run(recipe(), options)
    assert outcome.published
    assert outcome.model.parent == options.models
    assert resolve(options.models / "current") == outcome.model.resolve()
    predictor = sentiment.load(options.models / "current")
    assert predictor.predict("The wine was superb and lovely.").label == "positive"
    assert predictor.predict("A nasty, horrible wine.").label == "negative"
    assert predictor.artifact.metrics["macro_f1"] > 0.9
    assert outcome.record.evaluation.macro_f1 > 0.9
    assert outcome.record.baselines["majority"].macro_f1 < 0.4
    # What the service holds its live answers against.
    baseline = Profile.from_json(predictor.artifact.metrics["baseline"])
    validation = outcome.record.data.counts["reviews"]["validation"]
    assert baseline.texts == sum(validation.values())
    assert baseline.means()["length"] == 10


@pytest.mark.parametrize("room", ["models", "runs"])
def test_no_second_gives_its_name_to_two_versions(options, room):
    """The later of two quick runs could not be published."""
    first = moment_of_its_own(recipe(), options)
    version = f"{recipe().name}-{first:%Y%m%d-%H%M%S}"
    folder = options.models if room == "models" else options.folders.runs
    (folder / version).mkdir(parents=True)
    second = moment_of_its_own(recipe(), options)
    assert second.replace(microsecond=0) > first.replace(microsecond=0)


def test_the_report_tells_the_run_and_can_be_read_by_programs(options):
    outcome = run(recipe(), options)
    page = outcome.report.read_text(encoding="utf-8")
    for word in ("majority", "macro-F1", "sentiment-train run toy.toml", "reviews"):
        assert word in page
    figures = json.loads((outcome.report.parent / "report.json").read_text())
    assert figures["evaluation"]["macro_f1"] == outcome.record.evaluation.macro_f1
    pictures = {path.name for path in outcome.report.parent.glob("*.png")}
    assert {"learning-curve.png", "confusion.png", "reliability.png"} <= pictures
    assert {"gradient-norms.png", "gradient-flow.png"} <= pictures
    # The last hidden state is the last layer's input: some gradient is always there.
    flow = figures["gradient_flow"]
    assert flow["norms"]["hidden state"][0] > 0
    assert len(flow["texts"]) == len(flow["norms"]["cell state"]) > 5
    assert "## Gradient health" in page
    card = (outcome.model / "README.md").read_text(encoding="utf-8")
    assert "not for" in card
    assert "| reviews |" in card


def test_the_splits_share_no_text_and_the_vocabulary_saw_train_alone(options):
    outcome = run(recipe(), options)
    counts = outcome.record.data.counts["reviews"]
    sizes = {name: sum(labels.values()) for name, labels in counts.items()}
    assert sum(sizes.values()) == 400
    assert min(sizes.values()) > 40
    # Every text has a number of its own; numbers are known from train only.
    known = sentiment.load(outcome.model).artifact.vocabulary.tokens
    assert sum(token.isdecimal() for token in known) <= sizes["train"]


def test_the_same_recipe_and_seed_give_the_same_weights(options, tmp_path):
    weights = []
    for name in ("one", "other"):
        outcome = run(recipe(), replace(options, models=tmp_path / name))
        model = sentiment.load(outcome.model).artifact.classifier
        weights.append(torch.cat([value.flatten() for value in model.parameters()]))
    assert torch.equal(*weights)


def test_bad_rows_are_skipped_and_told_or_refused_by_choice(options, tmp_path):
    rows = [*reviews(300), ("", "positive"), ("fine", "posit"), ("a", "b", "c")]
    write(tmp_path / "reviews.csv", rows)
    outcome = run(recipe(), options)
    assert outcome.record.data.bad_row_count == 3
    assert any("reviews.csv:303" in row for row in outcome.record.data.bad_rows)
    with pytest.raises(DataError, match=r"reviews\.csv:302"):
        run(recipe(bad_rows="refuse"), options)


def test_too_few_texts_are_refused_with_their_number(options, tmp_path):
    write(tmp_path / "reviews.csv", reviews(2))
    with pytest.raises(DataError, match="split is empty, of 2 texts"):
        run(recipe(), options)


def test_where_all_texts_are_held_out_no_share_of_train_is_advised(options):
    source = {"name": "reviews", "path": "reviews.csv", "held_out": True}
    told = "a possible solution is more texts, or sources that are not held_out"
    with pytest.raises(DataError, match=told):
        run(recipe(sources=[source]), options)


@pytest.mark.parametrize("weights", ["float32", "float16", "bfloat16"])
def test_the_model_that_is_judged_is_the_one_that_is_saved(options, tmp_path, weights):
    # 16-bit weights were rounded only when they were saved: judged were others.
    config = recipe(weights=weights)
    splits = read(config, options.folders.data).splits
    fitted = train(config, splits, options, datetime.now(UTC))
    folder = tmp_path / "saved"
    folder.mkdir()
    save_artifact(fitted.artifact, folder, weights=weights)
    texts = [example.text for example in splits.test]
    judged, saved = (
        Predictor(one, precision="float32").predict_arrays(texts).probabilities
        for one in (fitted.artifact, load_artifact(folder))
    )
    assert np.array_equal(judged, saved)


def test_weights_that_a_format_cannot_hold_end_the_run_in_words(options, monkeypatch):
    def fit_too_large(prepared, *_, **__):
        torch.nn.init.constant_(prepared.classifier.output.weight, 1e6)
        return History()

    monkeypatch.setattr("training.pipeline.run.fit_prepared", fit_too_large)
    with pytest.raises(ArtifactError, match=r"output\.weight hold a number"):
        run(recipe(weights="float16"), options)


def test_a_soft_label_source_trains_and_a_held_out_one_is_test_alone(options, tmp_path):
    shares = {"positive": (0, 0.1, 0.9), "negative": (1, 0, 0), "neutral": (0, 1, 0)}
    rows = [(text, *shares[label]) for text, label in reviews(300, seed=5)]
    write(tmp_path / "soft.csv", rows, ("text", "neg", "neu", "pos"))
    write(tmp_path / "far.csv", reviews(60, seed=9))
    sources = [
        {
            "name": "soft",
            "path": "soft.csv",
            "soft_label_columns": ["neg", "neu", "pos"],
        },
        {"name": "far", "path": "far.csv", "held_out": True},
    ]
    outcome = run(recipe(sources=sources), options)
    counts = outcome.record.data.counts
    assert sum(counts["far"]["train"].values()) == 0
    assert sum(counts["far"]["test"].values()) == 60
    assert outcome.record.evaluation.macro_f1 > 0.9


def test_confidence_is_the_chance_to_be_right_also_where_voters_disagree(
    options, tmp_path
):
    """It was the share of voters who agree: 0.6 where every answer was right."""
    votes = {"positive": (1, 3, 6), "negative": (6, 3, 1), "neutral": (2, 6, 2)}
    rows = [(text, *votes[label]) for text, label in reviews(400)]
    write(tmp_path / "reviews.csv", rows, ("text", "neg", "neu", "pos"))
    columns = ["neg", "neu", "pos"]
    source = {"name": "reviews", "path": "reviews.csv", "soft_label_columns": columns}
    evaluation = run(recipe(sources=[source]), options).record.evaluation
    assert evaluation.accuracy > 0.95
    assert evaluation.ece < 0.05


def test_a_recipe_of_two_labels_is_calibrated_though_its_texts_are_noisy(
    options, tmp_path
):
    other = {"positive": "negative", "negative": "positive"}
    labels = random.Random(5)
    rows = [
        (text, label if labels.random() < 0.75 else other[label])
        for text, label in reviews(600)
        if label in other
    ]
    write(tmp_path / "reviews.csv", rows)
    source = {"name": "reviews", "path": "reviews.csv", "two_class": True}
    outcome = run(recipe(sources=[source], seed=7), options)
    assert 0.5 < outcome.record.temperature < 2
    evaluation = outcome.record.evaluation
    # Nobody could say neutral, and so it is never answered.
    assert evaluation.three_way.macro_f1 == evaluation.macro_f1
    assert evaluation.ece == pytest.approx(evaluation.calibration.ece, abs=0.02)


def test_twenty_texts_do_not_make_a_model_certain(options, tmp_path):
    """Of four validation texts, all right, every answer became 100 %: a guess, too."""
    rows = [one for one in reviews(40) if one[1] != "neutral"][:20]
    write(tmp_path / "reviews.csv", rows)
    source = {"name": "reviews", "path": "reviews.csv", "two_class": True}
    training = {"epochs": 1, "learning_rate": 3e-4, "device": "cpu", "threads": 1}
    config = recipe(sources=[source], start_from="bundled", model={}, training=training)
    outcome = run(config, options)
    held = sum(outcome.record.data.counts["reviews"]["validation"].values())
    assert 0 < held < 8
    unsure = sentiment.load(outcome.model).predict("It arrived on Tuesday.")
    assert max(unsure.probabilities) < 0.98
    assert 0.5 < outcome.record.temperature < 1
    page = outcome.report.read_text()
    assert f"found on the validation split, {held} texts: the fewer, the closer" in page
    card = (outcome.model / "README.md").read_text()
    assert f"(by {held} validation texts; the fewer, the closer to 1)" in card


def test_paths_of_a_recipe_begin_in_the_data_folder(options):
    with pytest.raises(DataError, match="--data DIR"):
        run(recipe(), replace(options, folders=Folders(data=Path("/nowhere"))))


def test_texts_of_one_label_are_refused_before_anything_is_learned(
    options, tmp_path, monkeypatch
):
    """Without the TF-IDF baseline a model was published, at 100.0 by its figures."""
    monkeypatch.setattr("training.pipeline.run.fit_prepared", None)
    only = [(text, "negative") for text, _ in reviews(90)]
    write(tmp_path / "reviews.csv", only)
    with pytest.raises(DataError, match="texts of the train split are negative, so"):
        run(recipe(baselines=[]), options)
    with pytest.raises(DataError, match="are negative, so"):
        assist(recipe(baselines=[]), options)
    assert not options.models.exists()


def test_the_card_knows_of_stars_that_were_found_by_themselves(options, tmp_path):
    stars = {"negative": "1", "neutral": "3", "positive": "5"}
    rows = [(text, stars[label]) for text, label in reviews(120)]
    write(tmp_path / "reviews.csv", rows, header=("text", "stars"))
    outcome = run(recipe(training={"epochs": 1, "device": "cpu"}), options)
    card = (outcome.model / "README.md").read_text(encoding="utf-8")
    assert "Of texts with stars: the middle of the scale." in card


@pytest.mark.parametrize(
    ("package", "baselines"),
    [
        ("matplotlib.figure", []),
        ("vaderSentiment.vaderSentiment", ["majority", "vader"]),
        ("sklearn.pipeline", ["tfidf"]),
    ],
)
@pytest.mark.parametrize("trains", [run, assist])
def test_a_package_that_judging_needs_is_missed_before_training(
    tmp_path, monkeypatch, package, baselines, trains
):
    monkeypatch.setitem(sys.modules, package, None)
    # There is no file of reviews either: that would be met first on the way to a fit.
    options = RunOptions(folders=Folders(data=tmp_path, runs=tmp_path), models=tmp_path)
    with pytest.raises(MissingExtraError, match="make install-train`"):
        trains(recipe(baselines=baselines), options)
