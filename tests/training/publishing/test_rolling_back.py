"""Which version is current: promoted, rolled back, or moved by hand."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from sentiment.artifacts.folder import load_artifact
from sentiment.artifacts.store import bundled_model
from sentiment.errors import ArtifactError
from training.publishing.journal import JOURNAL, Journal
from training.publishing.publish import (
    current_version,
    list_versions,
    promote,
    rollback,
)

Publish = Callable[..., Path]


def actions(models: Path) -> list[tuple[str, str | None]]:
    return [(entry.action, entry.version) for entry in Journal(models).entries()]


def test_an_earlier_version_is_promoted_and_the_later_one_stays(
    publish_as: Publish, models: Path
):
    publish_as("shop-1")
    publish_as("shop-2")
    assert promote("shop-1", models) == models / "shop-1"
    assert current_version(models) == "shop-1"
    assert [one.name for one in list_versions(models)] == ["shop-1", "shop-2"]


def test_promoting_what_is_current_changes_nothing(publish_as: Publish, models: Path):
    publish_as("shop-1")
    promote("shop-1", models)
    assert actions(models) == [("publish", "shop-1")]


def test_a_version_that_is_not_there_is_refused_with_the_nearest(
    publish_as: Publish, models: Path
):
    publish_as("shop-1")
    with pytest.raises(ArtifactError, match=r"no version 'shop-l'.*'shop-1'"):
        promote("shop-l", models)


def test_a_damaged_version_is_not_promoted(publish_as: Publish, models: Path):
    folder = publish_as("shop-1")
    publish_as("shop-2")
    (folder / "vocabulary.txt").write_text("other")
    with pytest.raises(ArtifactError, match="damaged"):
        promote("shop-1", models)
    assert current_version(models) == "shop-2"


def test_the_bundled_model_is_current_again_and_can_be_left_as_any_other(
    publish_as: Publish, models: Path
):
    publish_as("shop-1")
    bundled = promote("bundled", models)
    assert bundled == models / bundled_model().name
    assert load_artifact(models / "current").version == bundled.name
    assert promote("bundled", models) == bundled  # it is there already
    assert [one.name for one in list_versions(models) if one.current] == [bundled.name]
    assert rollback(models).name == "shop-1"


def test_no_model_of_ones_own_is_called_bundled(publish_as: Publish, models: Path):
    with pytest.raises(ArtifactError, match="cannot be a version"):
        publish_as("bundled")


def test_rolling_back_goes_further_back_each_time(publish_as: Publish, models: Path):
    for version in ("a", "b", "c"):
        publish_as(version)
    promote("a", models)
    back = [rollback(models).name for _ in range(3)]
    assert back == ["c", "b", "a"]
    with pytest.raises(ArtifactError, match=r"no version before a: .*promote bundled`"):
        rollback(models)


def test_what_is_published_after_a_rollback_rolls_back_to_where_it_came_from(
    publish_as: Publish, models: Path
):
    publish_as("good")
    publish_as("bad")
    rollback(models)
    publish_as("next")
    assert rollback(models).name == "good"


@pytest.mark.parametrize(
    ("spoil", "wrong"),
    [
        (shutil.rmtree, "it is not there any more"),
        (lambda folder: (folder / "vocabulary.txt").write_text("other"), "is damaged"),
    ],
)
def test_rolling_back_to_what_is_gone_or_damaged_tells_another_way(
    spoil: Callable[[Path], object], wrong: str, publish_as: Publish, models: Path
):
    """It told of a name that nobody gave, or to roll back, and stayed a dead end."""
    for version in ("one", "two", "three"):
        publish_as(version)
    spoil(models / "two")
    with pytest.raises(ArtifactError) as caught:
        rollback(models)
    told = str(caught.value)
    assert told.startswith(f"{models} cannot go back from 'three' to 'two': ")
    assert wrong in told
    assert "roll back" not in told
    assert told.endswith("`sentiment-train models promote NAME`: there is 'one'")
    assert current_version(models) == "three"
    promote("one", models)
    assert rollback(models).name == "three"


def test_where_no_other_version_is_left_to_promote_the_bundled_one_is(
    publish_as: Publish, models: Path
):
    shutil.rmtree(publish_as("one"))
    publish_as("two")
    with pytest.raises(ArtifactError, match=r"promote bundled`, which goes back"):
        rollback(models)


def test_a_link_moved_by_hand_is_found_and_can_be_rolled_back(
    publish_as: Publish, models: Path
):
    for version in ("a", "b", "c"):
        publish_as(version)
    (models / "current").unlink()
    (models / "current").symlink_to("a")
    assert rollback(models).name == "c"
    assert actions(models)[-2:] == [("found", "a"), ("rollback", "c")]


def test_without_its_journal_a_folder_still_works(publish_as: Publish, models: Path):
    publish_as("a")
    publish_as("b")
    (models / JOURNAL).unlink()
    with pytest.raises(ArtifactError, match="no version before b"):
        rollback(models)
    publish_as("c")
    assert rollback(models).name == "b"


def test_a_torn_last_line_of_the_journal_is_overwritten(
    publish_as: Publish, models: Path
):
    publish_as("a")
    with (models / JOURNAL).open("a") as file:
        file.write('{"at": "2026-01-01T0')
    publish_as("b")
    assert actions(models) == [("publish", "a"), ("publish", "b")]
    lines = (models / JOURNAL).read_text().splitlines()
    assert all(json.loads(line) for line in lines)


def test_a_journal_changed_by_hand_is_named_with_the_line(
    publish_as: Publish, models: Path
):
    publish_as("a")
    (models / JOURNAL).write_text("what?\n")
    with pytest.raises(ArtifactError, match=r"publications\.jsonl:1 is not a journal"):
        rollback(models)


def test_an_intention_that_never_came_about_is_taken_back(
    publish_as: Publish, models: Path
):
    publish_as("a")
    publish_as("b")
    Journal(models).record("publish", "c")  # and here the power went
    assert rollback(models).name == "a"
    assert actions(models)[2:] == [
        ("publish", "c"),
        ("void", "b"),
        ("rollback", "a"),
    ]


@pytest.mark.parametrize("relative", [True, False])
def test_a_link_out_of_the_folder_is_no_version_of_it(
    relative: bool, publish_as: Publish, models: Path
):
    """It was taken for the version of that name: promote said done and did nothing."""
    publish_as("a")
    elsewhere = shutil.copytree(models, models.parent / "elsewhere", symlinks=True)
    target = "../elsewhere/a" if relative else str(elsewhere / "a")
    (models / "current").unlink()
    (models / "current").symlink_to(target)
    assert current_version(models) == target
    assert [one.current for one in list_versions(models)] == [False]
    promote("a", models)
    assert os.readlink(models / "current") == "a"


def test_a_link_by_its_whole_path_is_one_into_the_folder(
    publish_as: Publish, models: Path
):
    folder = publish_as("a")
    (models / "current").unlink()
    (models / "current").symlink_to(folder)
    assert current_version(models) == "a"


def test_a_folder_in_the_place_of_the_link_is_refused(
    publish_as: Publish, models: Path
):
    (models / "current").mkdir(parents=True)
    with pytest.raises(ArtifactError, match="current is not a link"):
        publish_as("a")
    assert not (models / "a").exists()


def test_a_file_in_the_place_of_the_folder_is_refused(
    publish_as: Publish, models: Path
):
    models.parent.mkdir()
    models.write_text("")
    with pytest.raises(ArtifactError, match="could not be changed"):
        publish_as("a")


def test_promoting_makes_no_folder_of_models(models: Path):
    with pytest.raises(ArtifactError, match=r"there is no folder .*models, so that"):
        promote("a", models)
    assert not models.exists()
