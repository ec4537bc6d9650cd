"""Two processes publish into one folder at the same moment."""

import subprocess
import sys
import time
from pathlib import Path

import pytest
from fault_figures import RecordFigure
from running import ROOT, environment

from sentiment.artifacts.folder import load_artifact
from training.publishing.publish import current_version, list_versions

PROGRAM = Path(__file__).with_name("publish_in_turn.py")


def start(models: Path, source: Path, versions: list[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, PROGRAM, models, source, *versions],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment(PYTHONPATH=str(ROOT)),
        text=True,
    )


@pytest.mark.timeout(1800)
@pytest.mark.parametrize(
    "each", [10, pytest.param(100, marks=pytest.mark.slow)], ids=["short", "long"]
)
def test_two_publishers_at_once_both_succeed_and_current_is_always_whole(
    each: int, artifact_folder: Path, tmp_path: Path, record_figure: RecordFigure
):
    """Every other version has the same name in both: one of the two publishes it."""
    models = tmp_path / "published"
    names = [
        [f"both-{n}" if n % 2 else f"{who}-{n}" for n in range(each)]
        for who in ("one", "other")
    ]
    publishers = [start(models, artifact_folder, versions) for versions in names]
    for process in publishers:
        assert process.stdout.readline() == "ready\n"
    for process in publishers:
        process.stdin.write("go\n")
        process.stdin.flush()
    looks = 0
    while any(process.poll() is None for process in publishers):
        if (models / "current").is_symlink():
            assert load_artifact((models / "current").resolve())
            looks += 1
        time.sleep(0.01)
    published = [process.communicate()[0].split() for process in publishers]
    assert [process.returncode for process in publishers] == [0, 0]
    together = published[0] + published[1]
    # Each name once, and none lost: nobody overwrote and nobody failed.
    assert sorted(together) == sorted({*names[0], *names[1]})
    assert {one.name for one in list_versions(models)} == set(together)
    assert current_version(models) in (published[0] or [""])[-1:] + published[1][-1:]
    record_figure(
        "two publishers at once, half of the time with the same version",
        "each version is published once, by one of them; `current` is always whole",
        f"{len(together)} versions of 2 processes, {looks} looks at `current`, "
        "each a whole model",
    )
