"""Publishing: a version appears whole, by one of several publishers, and stays."""

import json
import logging
import os
import re
import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from fcntl import LOCK_EX, flock
from pathlib import Path

import pytest
from click.testing import CliRunner

from sentiment.artifacts.folder import load_artifact
from sentiment.artifacts.store import bundled_model
from sentiment.errors import ArtifactError
from sentiment.prediction.artifact import Artifact
from training.cli import cli
from training.publishing.journal import JOURNAL, Journal
from training.publishing.publish import (
    current_version,
    list_versions,
    promote,
    publish,
)

Publish = Callable[..., Path]


def actions(models: Path) -> list[tuple[str, str | None]]:
    return [(entry.action, entry.version) for entry in Journal(models).entries()]


def test_a_published_model_is_current_and_loads(publish_as: Publish, models: Path):
    folder = publish_as("shop-1")
    assert folder == models / "shop-1"
    assert os.readlink(models / "current") == "shop-1"
    assert load_artifact(models / "current").version == "shop-1"


def test_publishing_leaves_nothing_else_behind(publish_as: Publish, models: Path):
    publish_as("shop-1")
    names = {path.name for path in models.iterdir()}
    assert names == {"shop-1", "current", JOURNAL, ".lock"}


def test_the_service_may_read_what_another_user_published(publish_as: Publish):
    before = os.umask(0o022)
    try:
        folder = publish_as("shop-1")
    finally:
        os.umask(before)
    assert folder.stat().st_mode & 0o777 == 0o755
    assert (folder / "manifest.json").stat().st_mode & 0o777 == 0o644


def test_the_link_is_relative_so_that_the_folder_can_be_mounted_elsewhere(
    publish_as: Publish, models: Path
):
    publish_as("shop-1")
    moved = models.rename(models.parent / "elsewhere")
    assert load_artifact(moved / "current").version == "shop-1"


def test_a_version_never_changes(publish_as: Publish, models: Path):
    folder = publish_as("shop-1")
    before = (folder / "manifest.json").read_bytes()
    with pytest.raises(ArtifactError, match=r"shop-1 is published already"):
        publish_as("shop-1", card="another")
    assert (folder / "manifest.json").read_bytes() == before
    assert len(actions(models)) == 1


@pytest.mark.parametrize(
    "version", ["", ".hidden", "current", "publications.jsonl", "a/b", "..", "a b", "é"]
)
def test_a_name_that_cannot_be_a_version_is_refused(version: str, publish_as: Publish):
    with pytest.raises(ArtifactError, match="cannot be a version"):
        publish_as(version)


def test_a_model_that_does_not_load_is_not_published(
    publish_as: Publish, artifact: Artifact, models: Path
):
    publish_as("shop-1")
    artifact.classifier.output.bias.data[0] = float("nan")
    with pytest.raises(ArtifactError, match="not finite"):
        publish_as("shop-2")
    assert current_version(models) == "shop-1"
    assert not (models / "shop-2").exists()


def test_versions_are_listed_oldest_first_with_the_current_one_marked(
    publish_as: Publish, models: Path
):
    publish_as("new", created="2026-03-01T00:00:00Z", metrics={"macro_f1": 0.75})
    publish_as("old", created="2025-03-01T00:00:00Z")
    found = list_versions(models)
    assert [(one.name, one.current) for one in found] == [
        ("old", True),
        ("new", False),
    ]
    assert found[1].metrics == {"macro_f1": 0.75}
    assert found[1].created == "2026-03-01T00:00:00Z"


def test_a_damaged_version_is_listed_with_its_problem(
    publish_as: Publish, models: Path
):
    (publish_as("shop-1") / "manifest.json").write_text("{")
    (only,) = list_versions(models)
    assert only.problem is not None
    assert "is not valid JSON" in only.problem
    printed = CliRunner().invoke(cli, ["models", "list", "--models", str(models)])
    assert printed.output.splitlines()[:-1] == [
        "* shop-1",
        f"  it cannot be used: {only.problem}",
    ]


@pytest.mark.parametrize("metrics", [[1], "0.9", None])
def test_a_manifest_with_other_metrics_breaks_no_command(
    metrics: object, publish_as: Publish, models: Path
):
    """It ended each in a traceback, also where another version was asked for."""
    publish_as("shop-1")
    (models / "older").mkdir()
    (models / "older" / "manifest.json").write_text(json.dumps({"metrics": metrics}))
    older = next(one for one in list_versions(models) if one.name == "older")
    assert older.problem == (
        f"the metrics in {models}/older/manifest.json are not a JSON object"
    )
    assert promote("shop-1", models) == models / "shop-1"


def test_a_figure_that_is_no_number_is_not_shown(publish_as: Publish, models: Path):
    publish_as("shop-1", metrics={"mean_source_macro_f1": "good"})
    printed = CliRunner().invoke(cli, ["models", "list", "--models", str(models)])
    assert printed.output.splitlines()[0] == "* shop-1  2026-01-01T00:00:00Z"


def test_the_list_has_the_model_that_ships_and_the_texts_of_each_figure(
    publish_as: Publish, models: Path
):
    """Figures of two test sets stood side by side, as if they could be compared."""
    command = ["models", "list", "--models", str(models)]
    shipped = bundled_model().name
    (only,) = CliRunner().invoke(cli, command).stdout.splitlines()
    assert only.startswith(f"* {shipped}  2026-")
    assert re.search(r"macro-F1 [67]\d\.\d on [\d,]+ test texts of \d+ sources$", only)
    figures = {"mean_source_macro_f1": 0.575, "examples": 1_234}
    publish_as("shop-1", metrics={**figures, "sources": {"baby": {}, "film": {}}})
    mine, bundled = CliRunner().invoke(cli, command).stdout.splitlines()
    assert mine.endswith("  macro-F1 57.5 on 1,234 test texts of baby, film")
    assert bundled == f" {only[1:]}"
    promote("bundled", models)
    assert CliRunner().invoke(cli, command).stdout.count(shipped) == 1


def test_a_folder_without_models_lists_none(models: Path):
    assert list_versions(models) == []
    assert current_version(models.parent) is None


def test_a_second_publisher_waits_for_the_first(
    publish_as: Publish, models: Path, caplog: pytest.LogCaptureFixture
):
    publish_as("a")
    caplog.set_level(logging.INFO)
    with (models / ".lock").open("w") as lock:
        flock(lock, LOCK_EX)
        second = threading.Thread(target=publish_as, args=("b",))
        second.start()
        deadline = time.monotonic() + 240
        while "waiting" not in caplog.text and time.monotonic() < deadline:
            time.sleep(0.01)
        assert "another process is changing" in caplog.text
        assert current_version(models) == "a"
    second.join(timeout=240)
    assert current_version(models) == "b"


@pytest.mark.parametrize(("expected", "there"), [("a", "b"), (None, "a")])
def test_a_version_that_came_in_between_is_not_replaced(
    artifact: Artifact, publish_as: Publish, models: Path, expected: str, there: str
):
    for version in "ab"[: "ab".index(there) + 1]:
        publish_as(version)
    with pytest.raises(ArtifactError, match=f"{there} as current by now"):
        publish(replace(artifact, version="c"), models, replacing=expected)
    assert current_version(models) == there
    assert not (models / "c").exists()
    publish(replace(artifact, version="c"), models, replacing=there)
    assert current_version(models) == "c"


def test_many_publishers_at_once_all_succeed_and_readers_always_find_a_model(
    publish_as: Publish, models: Path
):
    publish_as("v0")
    versions = [f"v{number}" for number in range(1, 7)]
    threads = [threading.Thread(target=publish_as, args=(one,)) for one in versions]
    for thread in threads:
        thread.start()
    read = 0
    while any(thread.is_alive() for thread in threads) or read == 0:
        assert load_artifact((models / "current").resolve())
        read += 1
    assert {one.name for one in list_versions(models)} == {"v0", *versions}
    assert [action for action, _ in actions(models)] == ["publish"] * 7
    assert current_version(models) == actions(models)[-1][1]


def test_a_link_to_what_is_gone_is_told_beside_the_list(
    publish_as: Publish, models: Path
):
    """No version was marked, and nothing was said of it."""
    publish_as("a")
    publish_as("b")
    command = ["models", "list", "--models", str(models)]
    assert CliRunner().invoke(cli, command).stderr == ""
    shutil.rmtree(models / "b")
    listed = CliRunner().invoke(cli, command)
    assert listed.exit_code == 0
    assert listed.stdout.startswith("  a ")
    assert "current links to 'b', which is not a version there" in listed.stderr


def test_where_nothing_is_published_the_list_says_so(tmp_path):
    """Of a misspelt folder it said nothing at all."""
    asked = ["models", "list", "--models", str(tmp_path / "modles")]
    printed = CliRunner().invoke(cli, asked)
    assert (printed.exit_code, printed.stdout.startswith("* bundled-")) == (0, True)
    assert "no model is published in" in printed.stderr
