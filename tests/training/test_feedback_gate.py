"""What is learned from users is marked, and never published without the gate."""

import json
import shutil
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from toy import recipe, reviews, write

from sentiment.artifacts.store import read_manifest
from sentiment.errors import ConfigError
from sentiment.feedback import Correction, open_store
from training.commands.run import refusal
from training.options import Folders
from training.pipeline.options import RunOptions
from training.pipeline.run import Outcome, run

FEEDBACK = {"name": "users", "kind": "feedback", "path": "feedback.db"}
SOURCES = [{"name": "reviews", "path": "reviews.csv"}, FEEDBACK]


def with_feedback(**changes):
    return recipe(name="corrected", sources=SOURCES, **changes)


def keep(folder, rows) -> None:
    store = open_store(str(folder / "feedback.db"))
    for text, label in rows:
        store.keep(
            Correction(text=text, label=label, created=datetime.now(UTC), model="toy-1")
        )


def options_in(folder) -> RunOptions:
    return RunOptions(
        folders=Folders(data=folder, runs=folder / "runs"),
        models=folder / "models",
        show_progress=False,
    )


@pytest.fixture(scope="module")
def first(tmp_path_factory) -> Outcome:
    """A model that was published before anybody corrected anything."""
    folder = tmp_path_factory.mktemp("first")
    write(folder / "reviews.csv", reviews(400))
    return run(recipe(), options_in(folder))


@pytest.fixture
def options(first, tmp_path) -> RunOptions:
    """That model's folders for one test alone, with corrections that came since."""
    folder = tmp_path / "copy"
    shutil.copytree(first.model.parent.parent, folder, symlinks=True)
    keep(folder, reviews(60, seed=8))
    return options_in(folder)


def test_corrections_train_are_marked_and_judge_nothing(options, first):
    outcome = run(with_feedback(), options)
    assert outcome.published
    counts = outcome.record.data.counts["users"]
    sizes = {name: sum(labels.values()) for name, labels in counts.items()}
    told = outcome.record.data.feedback["users"]
    assert (sizes["validation"], sizes["test"]) == (0, 0)
    assert sizes["train"] == 60 - told.held_out > 20
    assert told.corrections == 60
    before = first.record.data.counts["reviews"]
    assert outcome.record.data.counts["reviews"] == before
    page = outcome.report.read_text(encoding="utf-8")
    assert "| users (feedback) |" in page
    assert "60 corrections that users sent" in page
    figures = json.loads((outcome.report.parent / "report.json").read_text())
    assert figures["data"]["feedback"]["users"]["held_out"] == told.held_out
    assert "corrections that users sent" in (outcome.model / "README.md").read_text()
    marked = read_manifest(outcome.model)["metrics"]["feedback"]
    assert marked == {"users": sizes["train"]}
    assert "feedback" not in read_manifest(first.model)["metrics"]


def test_hostile_corrections_are_refused_by_the_gate(options, first):
    turned = {"positive": "negative", "negative": "positive", "neutral": "positive"}
    lies = [(text, turned[label]) for text, label in reviews(500, seed=9)]
    keep(options.folders.data, lies)
    outcome = run(with_feedback(), options)
    assert not outcome.published
    assert not outcome.record.comparison.passed
    # Nobody is told of a way that would be refused.
    assert "publish-anyway" not in refusal(outcome.record.comparison, outcome.record)
    assert (options.models / "current").resolve().name == first.model.name


def test_the_gate_cannot_be_overridden(options, first):
    forced = replace(options, publish_anyway=first.model.name)
    with pytest.raises(ConfigError, match=r"'users' is feedback.*leave --publish-any"):
        run(with_feedback(), forced)


def test_the_gate_needs_something_to_compare_with(options):
    shutil.rmtree(options.models)
    with pytest.raises(ConfigError, match=r"no published model.*--no-publish"):
        run(with_feedback(), options)
    few = with_feedback(training={"epochs": 1, "device": "cpu", "threads": 1})
    outcome = run(few, replace(options, publish=False))
    assert not outcome.published
    assert not options.models.exists()


def test_without_a_correction_yet_the_run_goes_on(options, first):
    open_store(str(options.folders.data / "feedback.db")).forget(
        before=datetime.now(UTC)
    )
    few = with_feedback(training={"epochs": 1, "device": "cpu", "threads": 1})
    outcome = run(few, replace(options, publish=False))
    assert outcome.record.data.feedback["users"].corrections == 0
    assert "users" not in outcome.record.data.counts
