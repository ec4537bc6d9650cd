"""Blocks depend on the rows alone; worker processes change nothing but the time."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from running import is_alive, wait_for

from sentiment.errors import ArtifactError, SentimentError
from sentiment.scoring.blocks import MAX_CHARACTERS, MAX_ROWS, cut_blocks
from sentiment.scoring.score_blocks import score_blocks, score_blocks_with_workers
from sentiment.scoring.workers import Worker
from sentiment.tables import Row

INDEX = {"id": 0, "text": 1}


def rows(count: int, *, note: str = "") -> list[Row]:
    texts = ("good", "bad film", "awful", "love it", "", None)
    return [Row(n, [note, texts[n % len(texts)]], INDEX) for n in range(count)]


def test_a_block_is_full_by_its_rows():
    sizes = [len(block.rows) for block in cut_blocks(rows(2 * MAX_ROWS + 1), "text")]
    assert sizes == [MAX_ROWS, MAX_ROWS, 1]


def test_a_block_is_full_by_the_characters_of_all_columns():
    long = "x" * (MAX_CHARACTERS // 3)
    sizes = [len(block.rows) for block in cut_blocks(rows(7, note=long), "text")]
    assert sizes == [3, 3, 1]


def test_a_row_longer_than_any_block_is_a_block():
    long = "x" * (2 * MAX_CHARACTERS)
    assert [len(b.rows) for b in cut_blocks(rows(2, note=long), "text")] == [1, 1]


def test_a_text_that_is_missing_or_no_text_says_so():
    odd = [Row(1, ["", None], INDEX), Row(2, ["", 7], INDEX), Row(3, ["", "x"], {})]
    (block,) = cut_blocks(odd, "text")
    assert block.texts == [None, None, None]
    assert block.errors == [
        *(
            "the text is missing",
            "the text is not a string but int",
            "the text is missing",
        )
    ]


def test_workers_change_nothing(predictor, artifact_folder):
    table = rows(2 * MAX_ROWS + 10)
    alone = list(score_blocks(predictor, cut_blocks(table, "text")))
    shared = list(
        score_blocks_with_workers(
            artifact_folder, cut_blocks(table, "text"), 2, predictor.precision
        )
    )
    assert [list(results.cells()) for _, results in shared] == [
        list(results.cells()) for _, results in alone
    ]
    assert [block.rows for block, _ in shared] == [block.rows for block, _ in alone]


@pytest.fixture
def started(monkeypatch) -> list[Worker]:
    """Return the workers that are started, as they are."""
    found = []

    def start(*arguments):
        found.append(Worker(*arguments))
        return found[-1]

    monkeypatch.setattr("sentiment.scoring.score_blocks.Worker", start)
    return found


@pytest.mark.parametrize(("blocks", "processes"), [(1, 1), (2, 2), (9, 3)])
def test_there_are_no_more_processes_than_blocks(
    artifact_folder, started, blocks, processes
):
    """One row was scored by six processes, each of which loaded the model."""
    table = cut_blocks(rows(blocks * MAX_ROWS), "text")
    scored = list(score_blocks_with_workers(artifact_folder, table, 3, "float32"))
    assert len(scored) == blocks
    assert len(started) == processes


def test_blocks_that_come_slower_than_they_are_scored_need_one_process(
    artifact_folder, started
):
    def slowly():
        for block in cut_blocks(rows(3 * MAX_ROWS), "text"):
            yield block
            # Read when the next block is there.
            assert started[-1].connection.poll(300)

    scored = score_blocks_with_workers(artifact_folder, slowly(), 3, "float32")
    assert len(list(scored)) == 3
    assert len(started) == 1


def test_all_processes_have_a_block_before_any_has_answered(artifact_folder, started):
    under_way = []

    def watched():
        for block in cut_blocks(rows(5 * MAX_ROWS), "text"):
            under_way.append([worker.under_way for worker in started])
            yield block

    scored = score_blocks_with_workers(artifact_folder, watched(), 2, "float32")
    assert len(list(scored)) == 5
    # The model takes a while to load: by then each has its next block, too.
    assert under_way == [[], [1], [1, 1], [2, 1], [2, 2]]


def test_a_worker_without_a_model_says_why(tmp_path):
    blocks = cut_blocks(rows(1), "text")
    with pytest.raises(ArtifactError, match="is not a model"):
        list(score_blocks_with_workers(tmp_path / "none", blocks, 1, "float32"))


def children_of(process: int) -> list[int]:
    """Return the processes below ``process`` that compute."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(status.read_text().rpartition(")")[2].split()[1])
            spawned = b"spawn_main" in status.with_name("cmdline").read_bytes()
        except OSError:
            continue  # it has ended meanwhile
        if parent == process and spawned:
            found.append(int(status.parent.name))
    return found


def test_a_worker_that_dies_is_an_error_and_no_wait_without_end(artifact_folder):
    scored = score_blocks_with_workers(
        artifact_folder, cut_blocks(rows(40 * MAX_ROWS), "text"), 1, "float32"
    )
    next(scored)
    (worker,) = children_of(os.getpid())
    os.kill(worker, signal.SIGKILL)
    with pytest.raises(SentimentError, match=r"a worker process died.*--workers"):
        list(scored)


PARENT = """
import sys, time
from pathlib import Path
from sentiment.scoring.blocks import Block
from sentiment.scoring.score_blocks import score_blocks_with_workers

if __name__ == "__main__":
    blocks = (Block() for _ in range(2))
    scored = score_blocks_with_workers(Path(sys.argv[1]), blocks, 1, "float32")
    next(scored)
    print("ready", flush=True)
    time.sleep(600)
"""


def test_a_killed_parent_leaves_no_worker_behind(artifact_folder, tmp_path):
    program = tmp_path / "parent.py"
    program.write_text(PARENT)
    with subprocess.Popen(
        [sys.executable, program, artifact_folder], stdout=subprocess.PIPE
    ) as parent:
        assert parent.stdout.readline() == b"ready\n"
        (worker,) = children_of(parent.pid)
        parent.kill()
    wait_for(lambda: not is_alive(worker), "the worker's end")
