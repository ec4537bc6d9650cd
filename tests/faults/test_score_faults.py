"""A disk that fails at any change, and a death there, cost a moment's work."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from faulty_disk import FaultyDisk, full
from running import ROOT, environment

from sentiment.errors import DataError
from sentiment.scoring import blocks as cutting
from sentiment.scoring import sinks
from sentiment.scoring.options import ScoreOptions
from sentiment.scoring.report.report import Report
from sentiment.scoring.run import Scoring

ROWS = 350  # four blocks


@pytest.fixture
def source(tmp_path) -> Path:
    path = tmp_path / "in.csv"
    path.write_text("text\n" + "".join(f"a good film {n * n}\n" for n in range(ROWS)))
    return path


@pytest.fixture
def score(predictor, artifact_folder, source, monkeypatch) -> Callable[..., None]:
    monkeypatch.setattr(cutting, "MAX_ROWS", 100)
    # After every block, so that each kind of change comes several times.
    monkeypatch.setattr(sinks, "_MARK_SECONDS", 0.0)

    def run(output: Path, *, resume: bool = False) -> None:
        report = Report(output.with_name("page.html"))
        scoring = Scoring(predictor, artifact_folder, ScoreOptions(), report=report)
        scoring.to_file(str(source), output, resume=resume)

    return run


def results(folder: Path, name: str) -> tuple[bytes, bytes]:
    return (folder / name).read_bytes(), (folder / "page.html").read_bytes()


@pytest.fixture
def whole(score, tmp_path) -> tuple[bytes, bytes]:
    folder = tmp_path / "whole"
    folder.mkdir()
    score(folder / "out.csv")
    return results(folder, "out.csv")


def test_a_disk_that_is_full_at_any_change_leaves_what_can_be_gone_on_with(
    score, whole, tmp_path
):
    for step in range(1, 200):
        folder = tmp_path / f"full-{step}"
        folder.mkdir()
        disk = FaultyDisk(step, full)
        with disk, suppress(OSError, DataError):
            score(folder / "out.csv")
        if not disk.struck:
            break
        what = f"full at {disk.steps[step - 1]}"
        score(folder / "out.csv", resume=not (folder / "out.csv").exists())
        assert results(folder, "out.csv") == whole, what
        assert list(folder.glob(".*")) == [], what
    assert step > 20


def test_a_death_at_any_change_leaves_all_or_what_can_be_gone_on_with(
    score, whole, source, artifact_folder, tmp_path
):
    # A program of its own: a child forked beside other threads could wait for them.
    program = Path(__file__).with_name("score_and_die.py")
    subprocess.run(
        [sys.executable, program, artifact_folder, source, tmp_path],
        check=True,
        env=environment(PYTHONPATH=f"{ROOT}:{ROOT / 'tests/support'}"),
    )
    folders = sorted(tmp_path.glob("dead-*"))
    assert len(folders) > 20
    for folder in folders:
        # The name is there only when all is done, the report included.
        if (folder / "out.csv").exists():
            assert results(folder, "out.csv") == whole, folder
        score(folder / "out.csv", resume=True)
        assert results(folder, "out.csv") == whole, folder
        assert list(folder.glob(".*")) == [], folder


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[None]:
    """Mount a disk that can be filled, or skip: few may."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    try:
        mounted = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no mount")
    if mounted.returncode:
        pytest.skip(f"a disk can be mounted by root alone: {mounted.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("out.csv", "16k"),
        ("out.csv.gz", "8k"),
        ("out.jsonl", "16k"),
        ("out.parquet", "16k"),
    ],
)
def test_a_disk_that_is_really_full_is_told_and_more_room_is_all_it_takes(
    score, tmp_path, name, size
):
    (tmp_path / "whole").mkdir()
    score(tmp_path / "whole" / name)
    disk = tmp_path / "disk"
    with small_disk(disk, size):
        with pytest.raises(OSError, match="No space left on device"):
            score(disk / name)
        assert not (disk / name).exists()
        more = ["mount", "-o", "remount,size=50m", str(disk)]
        subprocess.run(more, check=True)
        score(disk / name, resume=True)
        assert results(disk, name) == results(tmp_path / "whole", name)
        assert list(disk.glob(".*")) == []
