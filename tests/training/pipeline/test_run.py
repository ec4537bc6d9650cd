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
from sentiment.errors import ArtifactError, ConfigError, DataError, MissingExtraError
from sentiment.prediction.answer_profile import Profile
from sentiment.prediction.predictor import Predictor
from training.commands.run import refusal
from training.data.gathering import read
from training.fitting.history import History
from training.options import Folders
from training.pipeline.options import RunOptions
from training.pipeline.preflight import before_reading
from training.pipeline.run import (
    assist,
    moment_of_its_own,
    run,
    train,
)
from training.reporting.report import write_report


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


def test_a_worse_model_is_kept_back_and_can_be_published_by_name(options, tmp_path):
    first = run(recipe(), options)
    hopeless = recipe(name="worse", training={"epochs": 1, "learning_rate": 1e-9})
    outcome = run(hopeless, options)
    assert not outcome.published
    assert not outcome.record.comparison.passed
    said = refusal(outcome.record.comparison, outcome.record)
    assert f"--publish-anyway {first.model.name}" in said
    assert resolve(options.models / "current") == first.model.resolve()
    assert sentiment.load(outcome.model).version == outcome.record.version
    with pytest.raises(ConfigError, match=f"published version is {first.model.name}"):
        run(hopeless, replace(options, publish_anyway="another-version"))
    forced = run(hopeless, replace(options, publish_anyway=first.model.name))
    assert forced.published
    assert forced.record.published_anyway
    assert resolve(options.models / "current") == forced.model.resolve()


def test_a_damaged_published_model_stops_no_run_that_publishes_nothing(options, caplog):
    """Such a run was refused, though it needs that model for a comparison alone."""
    first = run(recipe(), options)
    (first.model / "vocabulary.txt").unlink()
    outcome = run(recipe(name="again"), replace(options, publish=False))
    assert not outcome.published
    assert outcome.record.comparison is None
    assert any("vocabulary.txt" in said for said in caplog.messages)
    page = outcome.report.read_text(encoding="utf-8")
    assert f"{first.model.name} could not be loaded, so nothing was compared." in page


def test_a_folder_as_the_current_model_stops_no_run_that_publishes_nothing(options):
    (options.models / "current").mkdir(parents=True)
    with pytest.raises(ArtifactError, match="current is not a link"):
        before_reading(recipe(), options)
    hasty = recipe(training={"epochs": 1, "device": "cpu", "threads": 1})
    outcome = run(hasty, replace(options, publish=False))
    assert outcome.record.comparison is None


def test_the_first_model_meets_no_gate_and_the_second_does(options):
    assert run(recipe(), options).record.comparison is None
    second = run(recipe(name="again"), options)
    assert second.record.comparison.passed
    assert second.record.compared_with.startswith("toy-")
    assert second.published


def test_a_larger_test_share_compares_on_texts_that_were_held_out_before(options):
    first = run(recipe(), options)
    before = sum(first.record.data.counts["reviews"]["test"].values())
    outcome = run(recipe(split={"validation": 0.2, "test": 0.4}), options)
    comparison = outcome.record.comparison
    assert comparison.examples == before < outcome.record.evaluation.examples
    page = outcome.report.read_text(encoding="utf-8")
    assert f"Compared on {before} of {outcome.record.evaluation.examples} test" in page


def test_too_few_texts_to_compare_on_are_told_before_the_training(options):
    few = {"validation": 0.2, "test": 0.05}
    hopeless = {"epochs": 1, "device": "cpu", "threads": 1}
    first = run(recipe(split=few), options)
    larger = recipe(name="larger", training=hopeless)
    with pytest.raises(ConfigError, match=r"a comparison needs 50\. .*test = 0\.05"):
        run(larger, options)
    kept = run(larger, replace(options, publish=False))
    assert not kept.record.comparison.passed
    forced = run(larger, replace(options, publish_anyway=first.model.name))
    assert forced.published


@pytest.mark.parametrize("name", ["vocabulary.txt", "manifest.json"])
def test_a_damaged_published_model_is_told_before_the_training(options, name):
    """It was told when the new model was to be compared with it: hours later."""
    first = run(recipe(), options)
    (first.model / name).unlink()
    unread = recipe(sources=[{"name": "reviews", "path": "not-read-yet.csv"}])
    for trains in (run, assist):
        with pytest.raises(ArtifactError, match=f"{name}.* models promote VERSION"):
            trains(unread, options)


def test_without_publishing_models_stay_as_they_are(options):
    outcome = run(recipe(), replace(options, publish=False))
    assert not outcome.published
    assert not options.models.exists()
    assert sentiment.load(outcome.model).predict("great").label


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


@pytest.mark.parametrize("within", ["models", "not/there/yet"])
def test_a_folder_of_models_that_cannot_be_written_is_told_first(
    options, tmp_path, within
):
    (tmp_path / "file").write_text("")
    beneath = "file" if within == "models" else f"file/{within}"
    unwritable = replace(options, models=tmp_path / beneath)
    unread = recipe(sources=[{"name": "reviews", "path": "not-read-yet.csv"}])
    with pytest.raises(ConfigError, match=r"file cannot be written .* --models DIR"):
        run(unread, unwritable)
    assert run(recipe(), replace(unwritable, publish=False)).model.is_dir()


def test_a_folder_of_models_that_can_be_written_is_left_as_it_is(options, tmp_path):
    absent = tmp_path / "a" / "b"
    before_reading(recipe(), replace(options, models=absent))
    assert not (tmp_path / "a").exists()
    absent.mkdir(parents=True)
    before_reading(recipe(), replace(options, models=absent))
    assert not list(absent.iterdir())


def test_a_model_that_could_not_be_published_is_kept_and_can_be_published_later(
    options, monkeypatch
):
    def refuse(*_, **__):
        raise ArtifactError("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr("training.pipeline.run.publish", refuse)
        with pytest.raises(ArtifactError, match="--resume") as failed:
            run(recipe(), options)
    assert str(failed.value).startswith("the disk is full. The model is kept in ")
    [kept] = options.folders.runs.glob("toy-*/model")
    assert f"{kept}. The report is in {kept.parent}" in str(failed.value)
    assert sentiment.load(kept).predict("great and lovely").label == "positive"
    # Nothing is trained again: there is nothing left to train.
    monkeypatch.setattr("training.fitting.fit.Fitting.run_epoch", None)
    assert run(recipe(), replace(options, resume=True)).published


@pytest.mark.parametrize("anyway", [False, True])
def test_a_model_published_during_the_report_is_compared_with_before_it_is_replaced(
    options, monkeypatch, anyway
):
    """Whatever was current at the end was replaced, also by a worse model."""
    name = run(recipe(), options).model.name if anyway else None
    hopeless = recipe(name="worse", training={"epochs": 1, "learning_rate": 1e-9})

    def publish_meanwhile(folder, record):
        monkeypatch.setattr("training.pipeline.run.write_report", write_report)
        run(recipe(name="between"), options)
        return write_report(folder, record)

    monkeypatch.setattr("training.pipeline.run.write_report", publish_meanwhile)
    with pytest.raises(ArtifactError, match=r"between-\S+ as current by now") as failed:
        run(hopeless, replace(options, publish_anyway=name))
    assert "--resume" in str(failed.value)
    assert resolve(options.models / "current").name.startswith("between-")


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
