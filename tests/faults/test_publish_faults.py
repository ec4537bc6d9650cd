import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from fault_figures import RecordFigure
from faulty_disk import FaultyDisk

from sentiment.artifacts.folder import load_artifact
from sentiment.errors import ArtifactError
from sentiment.prediction.artifact import Artifact
from training.publishing.publish import (
    current_version,
    list_versions,
    promote,
    publish,
    rollback,
)

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
Action = Callable[[Artifact, Path], object]


@pytest.fixture
def models(artifact: Artifact, tmp_path: Path) -> Path:
    """Two published versions, ``second`` being current."""
    folder = tmp_path / "models"
    for version in ("first", "second"):
        publish(replace(artifact, version=version), folder)
    return folder


def publish_third(artifact: Artifact, models: Path) -> None:
    publish(replace(artifact, version="third"), models)


def promote_first(_: Artifact, models: Path) -> None:
    promote("first", models)


def roll_back(_: Artifact, models: Path) -> None:
    rollback(models)


# The action, and what is current after it.
ACTIONS = [(publish_third, "third"), (promote_first, "first"), (roll_back, "first")]


def copies_with_a_fault_at_each_step(
    act: Action, artifact: Artifact, models: Path
) -> list[tuple[Path, FaultyDisk]]:
    """Act on copies of ``models`` whose disk fails at the first, second, ... change."""
    found = []
    for step in range(1, 200):
        copy = models.with_name(f"failed-{step:03}")
        shutil.copytree(models, copy, symlinks=True)
        disk = FaultyDisk(step)
        with disk, suppress(ArtifactError):
            act(artifact, copy)
        if not disk.struck:
            return found
        found.append((copy, disk))
    raise AssertionError("the action never got through")


def check_whole(models: Path) -> str | None:
    """Check that every version loads, and return which is current."""
    current = current_version(models)
    versions = list_versions(models)
    for one in versions:
        assert load_artifact(one.folder).version == one.name
    assert current in [one.name for one in versions]
    return current


@pytest.mark.parametrize(("act", "after"), ACTIONS)
def test_whatever_step_fails_what_is_current_is_whole(
    act: Action,
    after: str,
    artifact: Artifact,
    models: Path,
    so_far: Callable[[str, float], list[float]],
    record_figure: RecordFigure,
):
    copies = copies_with_a_fault_at_each_step(act, artifact, models)
    assert len(copies) >= 6
    for copy, _ in copies:
        assert check_whole(copy) in ("second", after)
    steps = so_far("steps", len(copies))
    record_figure(
        "the disk is full at the N-th write, fsync or rename of a publication, a "
        "promotion or a rollback",
        "`current` is a whole model, the old or the new, for every N",
        f"whole at all {sum(steps)} steps of {len(steps)} commands",
    )


@pytest.mark.parametrize(("act", "after"), ACTIONS)
def test_after_a_failure_at_any_step_the_same_again_succeeds(
    act: Action, after: str, artifact: Artifact, models: Path
):
    for copy, disk in copies_with_a_fault_at_each_step(act, artifact, models):
        if current_version(copy) != after:
            act(artifact, copy)
        assert check_whole(copy) == after, disk.steps[-1]


def test_after_a_failure_at_any_step_a_rollback_goes_where_it_should(
    artifact: Artifact, models: Path
):
    for copy, disk in copies_with_a_fault_at_each_step(publish_third, artifact, models):
        before = {"second": "first", "third": "second"}[str(current_version(copy))]
        assert rollback(copy).name == before, disk.steps[-1]


def test_a_rollback_that_failed_never_leads_back_to_the_bad_version(
    artifact: Artifact, models: Path
):
    publish_third(artifact, models)
    for copy, disk in copies_with_a_fault_at_each_step(roll_back, artifact, models):
        while current_version(copy) != "first":
            rollback(copy)
            assert current_version(copy) != "third", disk.steps[-1]


def test_a_failed_publication_leaves_no_version_that_is_not_current(
    artifact: Artifact, models: Path
):
    for copy, disk in copies_with_a_fault_at_each_step(publish_third, artifact, models):
        there = (copy / "third").exists()
        assert there == (current_version(copy) == "third"), disk.steps[-1]
        assert not (copy / ".publishing").exists()


def test_everything_is_on_the_disk_before_a_name_points_at_it(
    artifact: Artifact, models: Path
):
    with FaultyDisk(0) as disk:
        publish_third(artifact, models)
    named = disk.steps.index(("rename", str(models / "third")))
    linked = disk.steps.index(("replace", str(models / "current")))
    written = {path for what, path in disk.steps[:named] if what == "write"}
    synced = {path for what, path in disk.steps[:named] if what == "fsync"}
    assert len(written) == 5
    assert written <= synced
    assert str(models / ".publishing") in synced
    between = disk.steps[named:linked]
    assert ("fsync", str(models)) in between
    assert ("fsync", str(models / "publications.jsonl")) in between
    assert ("fsync", str(models)) in disk.steps[linked:]


def test_a_publisher_killed_at_any_step_leaves_a_whole_model_and_can_be_followed(
    artifact: Artifact, models: Path, record_figure: RecordFigure
):
    # One torch thread: a child forked beside others would wait for them forever.
    subprocess.run(
        [sys.executable, HERE / "publish_and_die.py", models],
        check=True,
        timeout=500,
        cwd=ROOT,
        env={
            **os.environ,
            "OMP_NUM_THREADS": "1",
            "PYTHONPATH": f"{ROOT}:{ROOT / 'tests/support'}",
        },
    )
    copies = sorted(models.parent.glob("killed-*"))
    seen = [check_whole(copy) for copy in copies]
    assert len(copies) >= 20
    assert seen[0] == "second"
    assert seen[-1] == "next"
    for copy in copies:
        publish(replace(artifact, version="after"), copy)
        assert check_whole(copy) == "after"
        assert not (copy / ".publishing").exists()
    record_figure(
        "a publisher is killed (-9) at its N-th write, fsync or rename",
        "`current` is a whole model for every N, and the next publisher succeeds",
        f"whole, and followed, at all {len(copies)} of {len(copies)} steps",
    )


def test_a_disk_that_takes_no_more_is_told_and_nothing_is_changed(
    artifact: Artifact, models: Path
):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    # The kernel itself refuses to let any file grow beyond 2,000 bytes.
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, before[1]))
    try:
        with pytest.raises(ArtifactError, match=r"File too large.*Current is second"):
            publish_third(artifact, models)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert check_whole(models) == "second"
    assert {one.name for one in list_versions(models)} == {"first", "second"}


def test_a_folder_that_may_not_be_written_is_told(artifact: Artifact, models: Path):
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    models.chmod(0o555)
    try:
        with pytest.raises(ArtifactError, match="Permission denied"):
            publish_third(artifact, models)
    finally:
        models.chmod(0o755)
    assert check_whole(models) == "second"
