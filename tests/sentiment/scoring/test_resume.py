"""A scoring that was killed goes on, and ends in the file it would have made."""

import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from power_cut import PowerCut, ProgressUntilPowerCut

from sentiment.errors import DataError
from sentiment.prediction.predictor import Predictor
from sentiment.scoring import sinks
from sentiment.scoring.journal import JournalState
from sentiment.scoring.options import ScoreOptions
from sentiment.scoring.partial_output import PartialOutput
from sentiment.scoring.results import Tally
from sentiment.scoring.run import Scoring

ROWS = 12_000
HAS_BFLOAT16 = "sentiment.network.precision.processor_has_bfloat16"
# What is written is made safe after almost every block, as in a file of many minutes.
PROGRAM = """
from sentiment.scoring import sinks
sinks._MARK_SECONDS = 0.02
from sentiment.cli import main
main()
"""
COMMAND = (sys.executable, "-c", PROGRAM)


@pytest.fixture
def source(tmp_path) -> Path:
    path = tmp_path / "in.csv"
    lines = [f"{n},{'' if n % 1_000 == 7 else f'good film {n}'}" for n in range(ROWS)]
    path.write_text("\n".join(["id,text", *lines, ""]))
    return path


@pytest.fixture
def score(predictor, artifact_folder, monkeypatch):
    """Return a function that scores; ``dies_after`` stops it after some blocks."""
    monkeypatch.setattr(sinks, "_MARK_SECONDS", 0)  # after every block

    def run(
        source: Path,
        output: Path,
        *,
        dies_after: int = -1,
        resume: bool = False,
        predictor: Predictor = predictor,
        **options: Any,
    ) -> list[str]:
        progress = ProgressUntilPowerCut(dies_after)
        scoring = Scoring(
            predictor, artifact_folder, ScoreOptions(**options), progress=progress
        )
        if dies_after < 0:
            scoring.to_file(str(source), output, resume=resume)
        else:
            with pytest.raises(PowerCut):
                scoring.to_file(str(source), output, resume=resume)
        return progress.said

    return run


@pytest.mark.parametrize("name", ["out.csv", "out.csv.gz", "out.jsonl", "out.parquet"])
def test_a_run_that_stopped_goes_on_to_the_same_bytes(score, source, tmp_path, name):
    whole, part = tmp_path / f"whole.{name}", tmp_path / name
    score(source, whole)
    score(source, part, dies_after=3)
    assert not part.exists()
    score(source, part, dies_after=2, resume=True)
    said = score(source, part, resume=True)
    assert "resuming at row 10,241" in said
    assert part.read_bytes() == whole.read_bytes()
    assert list(tmp_path.glob(".out*")) == []


def test_a_byte_order_mark_stands_at_the_beginning_alone_after_a_resume(
    score, source, tmp_path
):
    source.write_text(source.read_text(), "utf-8-sig")
    whole, part = tmp_path / "whole.csv", tmp_path / "part.csv"
    score(source, whole)
    score(source, part, dies_after=3)
    score(source, part, resume=True)
    assert part.read_bytes() == whole.read_bytes()
    assert whole.read_bytes().startswith(b"\xef\xbb\xbfid,text,")
    assert whole.read_bytes().count(b"\xef\xbb\xbf") == 1


def test_cells_are_disarmed_after_a_resume_as_before_it(score, source, tmp_path):
    source.write_text(source.read_text().replace("good film", "=good film"))
    whole, part = tmp_path / "whole.csv", tmp_path / "part.csv"
    score(source, whole, escape_formulas=True)
    score(source, part, escape_formulas=True, dies_after=3)
    with pytest.raises(DataError, match="with --escape-formulas, now it is no --esc"):
        score(source, part, resume=True)
    score(source, part, escape_formulas=True, resume=True)
    assert part.read_bytes() == whole.read_bytes()
    assert whole.read_bytes().count(b",'=good film ") == ROWS - ROWS // 1_000


def test_a_run_that_goes_on_keeps_the_precision_it_was_begun_in(
    score, source, tmp_path, artifact, monkeypatch
):
    monkeypatch.setattr(HAS_BFLOAT16, lambda: True)
    rounded = Predictor(artifact, precision="bfloat16")
    exact = Predictor(artifact, precision="float32")
    whole, other, part = (tmp_path / f"{name}.csv" for name in ("w", "o", "p"))
    score(source, whole, predictor=rounded)
    score(source, other, predictor=exact)
    assert other.read_bytes() != whole.read_bytes()
    score(source, part, dies_after=3, predictor=rounded)
    monkeypatch.setattr(HAS_BFLOAT16, lambda: False)
    with pytest.raises(DataError, match="begun in bfloat16, which this processor does"):
        score(source, part, resume=True, predictor=exact)
    monkeypatch.setattr(HAS_BFLOAT16, lambda: True)
    score(source, part, resume=True, predictor=exact)
    assert part.read_bytes() == whole.read_bytes()


def test_without_resume_it_begins_anew(score, source, tmp_path):
    score(source, tmp_path / "whole.csv")
    score(source, tmp_path / "out.csv", dies_after=3)
    said = score(source, tmp_path / "out.csv")
    assert not any("resuming" in line for line in said)
    assert "an unfinished output of 6,144 rows is replaced" in said
    made = (tmp_path / "out.csv").read_bytes()
    assert made == (tmp_path / "whole.csv").read_bytes()


def test_where_nothing_was_begun_it_begins(score, source, tmp_path):
    said = score(source, tmp_path / "out.csv", resume=True)
    assert "nothing was begun: starting at row 1" in said
    (tmp_path / ".out.csv.journal").write_text("{}")
    said = score(source, tmp_path / "out.csv")
    assert not any("replaced" in line for line in said)
    assert (tmp_path / "out.csv").exists()


def test_another_input_is_refused_though_its_size_is_the_same(score, source, tmp_path):
    score(source, tmp_path / "out.csv", dies_after=3)
    content = source.read_text()
    source.write_text(content.replace("good film 8000\n", "good file 8000\n"))
    with pytest.raises(DataError, match="begun with another input: go back"):
        score(source, tmp_path / "out.csv", resume=True)
    source.write_text(content)
    assert "resuming at row 6,145" in score(source, tmp_path / "out.csv", resume=True)


def test_other_options_and_another_model_are_refused(
    score, source, tmp_path, artifact_folder
):
    score(source, tmp_path / "out.csv", dies_after=3)
    with pytest.raises(DataError, match="with --prefix '', now it is --prefix 'x_': "):
        score(source, tmp_path / "out.csv", resume=True, prefix="x_")
    manifest = artifact_folder / "manifest.json"
    manifest.write_bytes(manifest.read_bytes() + b" ")
    with pytest.raises(DataError, match="begun with another model"):
        score(source, tmp_path / "out.csv", resume=True)


def test_a_partial_file_that_is_gone_or_cut_is_refused(score, source, tmp_path):
    score(source, tmp_path / "out.csv", dies_after=3)
    partial = tmp_path / ".out.csv.partial"
    os.truncate(partial, 100)
    with pytest.raises(DataError, match="has 100 bytes where"):
        score(source, tmp_path / "out.csv", resume=True)
    partial.unlink()
    with pytest.raises(DataError, match="is gone: run again without --resume"):
        score(source, tmp_path / "out.csv", resume=True)


@pytest.mark.parametrize("content", [b"{", b"{}", b"[]", b"null", b'{"tally": 3}'])
def test_a_damaged_journal_is_refused(score, source, tmp_path, content):
    """Some of these were a traceback, others were taken for none."""
    score(source, tmp_path / "out.csv", dies_after=3)
    (tmp_path / ".out.csv.journal").write_bytes(content)
    with pytest.raises(DataError, match="journal is damaged"):
        score(source, tmp_path / "out.csv", resume=True)


def test_bytes_behind_the_last_mark_are_cut_off(tmp_path):
    partial = PartialOutput(tmp_path / "out.txt")
    partial.begin()
    partial.append(b"safe")
    partial.mark(
        JournalState(identity={}, tally=Tally(), blocks=1, position=partial.position())
    )
    partial.append(b"half a bl")
    partial.close()
    again = PartialOutput(tmp_path / "out.txt")
    again.go_on(again.marked().position)
    again.append(b" and sound")
    again.finish()
    again.close()
    assert (tmp_path / "out.txt").read_bytes() == b"safe and sound"


def killed_at(command: list[object], partial: Path, size: int) -> None:
    """Kill a command once it has written so much that ``partial`` has ``size`` bytes.

    It may be done before that, and also between the look and the kill.
    """
    before = state_of(partial)
    with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
        while process.poll() is None:
            now = state_of(partial)
            changed = before is None or (now and now.st_mtime_ns != before.st_mtime_ns)
            if now and changed and now.st_size >= size:
                process.kill()
                break
            time.sleep(0.001)
        process.communicate()


def state_of(partial: Path) -> os.stat_result | None:
    try:
        return partial.stat()
    except FileNotFoundError:  # not yet there, or at its place already
        return None


def survives_kills(
    score, source: Path, folder: Path, artifact_folder: Path, kills: int
) -> None:
    score(source, folder / "whole.csv")
    expected = (folder / "whole.csv").read_bytes()
    moments = random.Random(5)
    output, partial = folder / "out.csv", folder / ".out.csv.partial"
    journal = folder / ".out.csv.journal"
    command = [*COMMAND, "score", source, "-o", output, "--model", artifact_folder]
    done, went_on = 0, 0
    for _ in range(kills):
        # Behind what is safe, so that each kill meets a run that has written. All of it
        # is safe where the last one came just before the file was put at its place.
        size = moments.randrange(min(done, len(expected) - 1), len(expected))
        killed_at([*command, "--resume"], partial, size)
        if output.exists():  # it was quicker: once more from the beginning
            assert output.read_bytes() == expected
            output.unlink()
            journal.unlink(missing_ok=True)
            done = 0
        else:
            done, blocks = position_in(journal)
            went_on += blocks > 0
    assert went_on > 0, "no run began midway in the file"
    last = subprocess.run([*command, "--resume"], capture_output=True, check=False)
    assert last.returncode == 1  # the empty texts
    assert output.read_bytes() == expected
    assert list(folder.glob(".out*")) == []


def position_in(journal: Path) -> tuple[int, int]:
    """Return how many bytes and how many blocks are safe."""
    if not journal.exists():
        return 0, 0
    state = json.loads(journal.read_bytes())
    return state["position"], state["blocks"]


@pytest.mark.timeout(900)
def test_sigkill_at_any_moment_leaves_what_can_be_gone_on_with(
    score, source, tmp_path, artifact_folder
):
    survives_kills(score, source, tmp_path, artifact_folder, kills=3)


@pytest.mark.slow
@pytest.mark.timeout(1_800)
def test_fifty_kills_change_nothing(score, source, tmp_path, artifact_folder):
    survives_kills(score, source, tmp_path, artifact_folder, kills=50)


def test_the_journal_counts_what_came_out_so_far(score, source, tmp_path):
    score(source, tmp_path / "out.csv", dies_after=3)
    state = json.loads((tmp_path / ".out.csv.journal").read_bytes())
    assert state["tally"]["rows"] == 6_144
    assert state["tally"]["errors"] == 7
    assert sum(state["tally"]["labels"].values()) == 6_144 - 7


def test_without_a_header_a_run_goes_on_to_the_same_bytes(score, source, tmp_path):
    whole, part = tmp_path / "whole.csv", tmp_path / "part.csv"
    source.write_text("Report\n" + source.read_text().removeprefix("id,text\n"))
    asked = {"header": False, "skip_lines": 1, "text_column": "column_2"}
    score(source, whole, **asked)
    score(source, part, dies_after=3, **asked)
    headed = asked | {"header": True, "text_column": "good film 0"}
    with pytest.raises(DataError, match=r"with --no-header and .* it is --header"):
        score(source, part, resume=True, **headed)
    score(source, part, resume=True, **asked)
    assert part.read_bytes() == whole.read_bytes()
    assert whole.read_bytes().count(b"\n") == ROWS + 1
