"""The output appears when it is whole; of an unfinished one, what is sound is kept."""

import errno
import hashlib
import json
import os
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from sentiment.errors import DataError, SentimentError
from sentiment.scoring.cluster.part_folder import PARTS_MANIFEST, PartFolder
from sentiment.scoring.cluster.parts import FinishedPart
from sentiment.scoring.cluster.parts_under_way import require_each_once

IDENTITY = {"model": "m", "input": "i"}


def made(folder: Path, number: int, content: bytes = b"rows") -> FinishedPart:
    """Write a part as an actor does, and return what it says of it."""
    name = f"part-{number:06d}.csv"
    (folder / name).write_bytes(content)
    return FinishedPart(
        key=f"{number:06d}",
        part=name,
        source_file="in.csv",
        first_row=1 + 10 * number,
        rows=10,
        read_bytes=100,
        bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        tally={"rows": 10, "labels": {}, "errors": 0, "truncated": 0},
    )


@pytest.fixture
def output(tmp_path) -> Path:
    return tmp_path / "out.csv"


def test_a_whole_output_has_its_parts_and_a_manifest_and_nothing_else(output):
    with closing(PartFolder(output)) as folder:
        folder.open(IDENTITY)
        parts = [made(folder.path, number) for number in (0, 1)]
        for part in parts:
            folder.note(part)
        (folder.path / ".part-000001.csv.of-a-dead-worker").touch()
        assert not output.exists()
        folder.finish({"format": 1, "rows": 20}, parts)
    names = sorted(path.name for path in output.iterdir())
    assert names == [PARTS_MANIFEST, "part-000000.csv", "part-000001.csv"]
    manifest = json.loads((output / PARTS_MANIFEST).read_text())
    assert manifest["rows"] == 20
    assert [FinishedPart(**part) for part in manifest["parts"]] == parts
    assert [path.name for path in output.parent.iterdir()] == [output.name]


def test_an_output_that_exists_is_refused_and_left_alone(output):
    output.mkdir()
    with pytest.raises(DataError, match="exists already: remove it, or name another"):
        PartFolder(output)
    assert [path.name for path in output.parent.iterdir()] == [output.name]


def test_two_cannot_write_the_same_output(output):
    with (
        closing(PartFolder(output)),
        pytest.raises(DataError, match="another process is writing"),
    ):
        PartFolder(output)


def test_an_output_is_released_though_its_lock_cannot_be_removed(output, monkeypatch):
    """The lock was held for as long as the process lived."""

    def refuse(*_, **__):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    folder = PartFolder(output)
    monkeypatch.setattr(Path, "unlink", refuse)
    with pytest.raises(OSError, match="Read-only"):
        folder.close()
    monkeypatch.undo()
    PartFolder(output).close()
    assert not list(output.parent.iterdir())


def test_parts_that_are_there_and_sound_are_kept(output):
    with closing(PartFolder(output)) as folder:
        folder.open(IDENTITY)
        parts = [made(folder.path, number) for number in range(4)]
        for part in parts:
            folder.note(part)
        (folder.path / parts[1].part).write_bytes(b"rowz")
        (folder.path / parts[2].part).unlink()
        (folder.path / ".part-000009.csv.half").touch()
        assert folder.rows_before() == 40
    # A death in the middle of a line.
    with (folder.path / "_journal.jsonl").open("ab") as journal:
        journal.write(b'{"key": "0000')
    with closing(PartFolder(output)) as again:
        assert again.identity() == IDENTITY
        assert again.open(IDENTITY, resume=True) == [parts[0], parts[3]]
        assert not (again.path / ".part-000009.csv.half").exists()
        again.note(made(again.path, 1))
    with closing(PartFolder(output)) as third:
        assert [one.key for one in third.open(IDENTITY, resume=True)] == [
            "000000",
            "000001",
            "000003",
        ]


@pytest.mark.parametrize("line", ["{}", "3", "{", '{"key": 1, "part": "x"}'])
def test_a_damaged_line_of_the_journal_is_refused(output, line):
    """It was a traceback."""
    with closing(PartFolder(output)) as folder:
        folder.open(IDENTITY)
        folder.note(made(folder.path, 0))
    journal = folder.path / "_journal.jsonl"
    whole = journal.read_text()
    journal.write_text(f"{whole}{line}\n")
    with closing(PartFolder(output)) as again:
        assert again.identity() == IDENTITY
        with pytest.raises(DataError, match="jsonl is damaged: run again without"):
            again.open(IDENTITY, resume=True)
    journal.write_text(f"{line[:1]}\n{whole}")
    with (
        closing(PartFolder(output)) as third,
        pytest.raises(DataError, match="jsonl is damaged: run again without"),
    ):
        third.identity()


def test_a_new_run_leaves_nothing_of_an_earlier_one(output):
    for _ in range(2):
        with closing(PartFolder(output)) as folder:
            folder.open(IDENTITY)
            folder.note(made(folder.path, 3))
    assert len((folder.path / "_journal.jsonl").read_text().splitlines()) == 2


def test_a_part_that_is_lost_or_doubled_is_told(tmp_path):
    parts = [made(tmp_path, number) for number in range(3)]
    keys = [part.key for part in parts]
    assert require_each_once(keys, parts[::-1]) == parts
    doubled = replace(parts[0], rows=11)
    for wrong in (parts[:2], [*parts, doubled], [parts[0], parts[1], doubled]):
        with pytest.raises(SentimentError, match="where 3 were wanted"):
            require_each_once(keys, wrong)
