"""`sentiment score` when something fails: disks, inputs, pipes, Ctrl-C."""

import errno
import gzip
import itertools
import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from running import wait_for

from sentiment.scoring import sinks
from sentiment.tables.lines import Lines


def test_a_full_disk_is_told_and_what_is_done_is_gone_on_with(score, table, tmp_path):
    score(table, "-o", "whole.csv")
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        # As a full disk does, the system refuses a write in the middle.
        resource.setrlimit(resource.RLIMIT_FSIZE, (350_000, hard))
        code, _, err = score(table, "-o", "out.csv")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    assert code == 2
    assert os.strerror(errno.EFBIG) in err
    assert "the same command with --resume goes on" in err
    assert not (tmp_path / "out.csv").exists()
    code, _, err = score(table, "-o", "out.csv", "--resume")
    assert code == 0
    assert (tmp_path / "out.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()
    assert not list(tmp_path.glob(".*"))


def test_of_an_input_that_is_damaged_midway_nothing_is_left(score, table, tmp_path):
    """Whoever mends the input has another one, which a resume would refuse."""
    packed = gzip.compress(table.read_bytes())
    (tmp_path / "in.csv.gz").write_bytes(packed[:-20])
    # Without an encoding to find out it is read once, as it is scored.
    code, _, err = score("in.csv.gz", "-o", "out.csv", "--encoding", "utf-8")
    assert code == 2
    assert "in.csv.gz is damaged: " in err
    assert "fetch or pack it again" in err
    assert not list(tmp_path.glob(".*"))


def test_that_a_finished_output_is_made_anew_by_a_resume_is_said(
    score, table, tmp_path
):
    """It was said that nothing had been begun, as if no file were replaced."""
    told = "nothing is unfinished, and out.csv is there: it is made anew"
    _, _, err = score(table, "-o", "out.csv", "--resume")
    assert "nothing was begun: starting at row 1" in err
    made = (tmp_path / "out.csv").read_bytes()
    _, _, err = score(table, "-o", "out.csv", "--resume")
    assert told in err
    assert (tmp_path / "out.csv").read_bytes() == made
    assert told not in score(table, "-o", "out.csv")[2]


def test_of_what_is_refused_it_is_not_said_that_it_is_resumed(
    score, table, tmp_path, monkeypatch
):
    monkeypatch.setattr(sinks, "_MARK_SECONDS", 0)  # after every block
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (350_000, hard))
        score(table, "-o", "out.csv")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    command = (table, "-o", "out.csv", "--resume")
    code, _, err = score(*command, "--report", "page.html")
    assert (code, "begun without --report" in err) == (2, True)
    assert "resuming" not in err
    partial = tmp_path / ".out.csv.partial"
    kept = partial.rename(tmp_path / "kept")
    code, _, err = score(*command)
    assert (code, "partial is gone" in err, "resuming" in err) == (2, True, False)
    kept.rename(partial)
    code, _, err = score(*command)
    assert (code, "resuming at row " in err) == (0, True)


def test_an_input_that_cannot_be_read_for_a_while_is_gone_on_with(
    score, table, tmp_path, monkeypatch
):
    monkeypatch.setattr(sinks, "_MARK_SECONDS", 0)  # after every block
    score(table, "-o", "whole.csv")

    def lose_the_share(self: Lines) -> Iterator[str]:
        yield from itertools.islice(whole_lines(self), 5_000)
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    whole_lines = Lines.__iter__
    with monkeypatch.context() as patch:
        patch.setattr(Lines, "__iter__", lose_the_share)
        code, _, err = score(table, "-o", "out.csv")
    assert code == 2
    assert f"cannot read {table}: {os.strerror(errno.EIO)}, after 4,096 rows: " in err
    assert "the same command with --resume goes on" in err
    code, _, err = score(table, "-o", "out.csv", "--resume")
    assert (code, "resuming at row 4,097" in err) == (0, True)
    assert (tmp_path / "out.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()


def test_a_page_that_the_disk_has_no_room_for_is_named_and_no_row_is_lost(
    score, tmp_path, monkeypatch
):
    monkeypatch.setattr(sinks, "_MARK_SECONDS", 0)  # after every block
    (tmp_path / "in.csv").write_text("text\ngood\nbad\n")
    command = ["in.csv", "-o", "out.csv", "--report", "page.html"]
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (4_000, hard))
        code, _, err = score(*command)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    assert (code, f"page.html: {os.strerror(errno.EFBIG)}" in err) == (2, True)
    assert "after 2 rows: the same command with --resume goes on" in err
    assert not (tmp_path / "out.csv").exists()
    code, _, err = score(*command, "--resume")
    assert (code, "resuming at row 3" in err) == (0, True)
    assert "2 rows, column" in (tmp_path / "page.html").read_text()
    assert not list(tmp_path.glob(".*"))


def test_where_nothing_was_begun_nothing_is_said_of_going_on(score, table, monkeypatch):
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("sentiment.scoring.run.choose_text_column", interrupt)
    code, _, err = score(table, "-o", "out.csv")
    assert (code, "interrupted after 0 rows\n" in err) == (130, True)


def test_of_a_pipe_nothing_is_kept_that_cannot_be_gone_on_with(score, table, tmp_path):
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (350_000, hard))
        code, _, err = score("-", "-o", "out.csv", stdin=table.read_bytes())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    assert code == 2
    assert "--resume" not in err
    assert not list(tmp_path.glob(".*"))


def test_a_full_device_is_told(score, table):
    code, _, err = score(table, "-o", "/dev/full")
    assert code == 2
    assert os.strerror(errno.ENOSPC) in err
    assert "--resume" not in err
    assert Path("/dev/full").is_char_device()


@pytest.mark.parametrize("names", [("pipe", "out.csv"), ("in.csv", "pipe")])
def test_what_goes_through_a_pipe_cannot_be_resumed(score, table, tmp_path, names):
    os.mkfifo(tmp_path / "pipe")
    code, _, err = score(names[0], "-o", names[1], "--resume")
    assert code == 2
    assert "--resume needs a file to read" in err


@pytest.mark.parametrize(
    ("closed", "arguments", "code", "complaint"),
    [
        (0, ["-"], 2, "standard input is empty"),
        (1, ["in.csv"], 2, f"standard output: {os.strerror(errno.EBADF)}"),
        (2, ["in.csv", "-o", "out.csv"], 0, ""),
    ],
)
def test_a_standard_stream_that_is_closed_is_no_reason_for_a_traceback(
    artifact_folder, tmp_path, closed, arguments, code, complaint
):
    (tmp_path / "in.csv").write_text("text\ngood\n")
    code_of_shell = f'exec "$@" {closed}>&-'
    ended = subprocess.run(
        [
            *("sh", "-c", code_of_shell, "sh", sys.executable, "-c"),
            "from sentiment.cli import main; main()",
            *("score", *arguments, "--model", artifact_folder),
        ],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert (ended.returncode, ended.stdout) == (code, "")
    assert complaint in ended.stderr
    assert "Traceback" not in ended.stderr
    assert "Exception" not in ended.stderr
    if "-o" in arguments:
        assert (tmp_path / "out.csv").read_text().count("\n") == 2


def test_ctrl_c_when_all_is_done_tears_nothing_up():
    """Torch has things to do at the end, and told a traceback of being interrupted."""
    ended = subprocess.run(
        [
            *(sys.executable, "-c"),
            "import atexit, os, signal\n"
            "from sentiment.cli import main\n"
            "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
            "atexit.register(os.kill, os.getpid(), signal.SIGINT)\n"
            "main()",
            "--version",
        ],
        capture_output=True,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, b"")


def rows_in(journal: Path) -> int:
    return json.loads(journal.read_bytes())["tally"]["rows"] if journal.exists() else 0


@pytest.mark.parametrize("workers", ["1", "2"])
def test_ctrl_c_ends_it_with_130_and_without_a_traceback(
    artifact_folder, tmp_path, workers
):
    source = tmp_path / "in.csv"
    source.write_text("text\n" + "a good film, said everyone there\n" * 1_500_000)
    command = [*("score", source, "-o", tmp_path / "out.csv"), "--workers", workers]
    with subprocess.Popen(
        [
            *(sys.executable, "-c", "from sentiment.cli import main; main()"),
            *(*command, "--model", artifact_folder),
        ],
        stderr=subprocess.PIPE,
        start_new_session=True,
        # Whoever runs the tests in the background lets them ignore Ctrl-C.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        journal = tmp_path / ".out.csv.journal"
        wait_for(
            lambda: rows_in(journal) or process.poll() is not None,
            "a journal of some rows",
            every=0.01,
        )
        # As a terminal does: to the workers, too.
        os.killpg(process.pid, signal.SIGINT)
        said = process.stderr.read().decode()
    assert process.returncode == 130
    assert "sentiment: interrupted after " in said
    assert "--resume goes on" in said
    assert "Traceback" not in said
    assert not (tmp_path / "out.csv").exists()
