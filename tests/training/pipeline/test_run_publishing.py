"""A run beside the model that is published, and into the folder of models."""

from dataclasses import replace

import pytest
from toy import recipe

import sentiment
from sentiment.artifacts.store import resolve
from sentiment.errors import ArtifactError, ConfigError
from training.commands.run import refusal
from training.pipeline.preflight import before_reading
from training.pipeline.run import (
    assist,
    run,
)
from training.reporting.report import write_report


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
