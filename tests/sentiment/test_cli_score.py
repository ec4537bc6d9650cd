"""`sentiment score`: its exit codes, what it says on stderr, where it writes."""

import csv
import errno
import gzip
import io
import itertools
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sentiment.cli import main
from sentiment.scoring import RESULT_COLUMNS
from sentiment.scoring.partial import Partial
from sentiment.tables.lines import Lines


@pytest.fixture
def run(monkeypatch, capfd, artifact_folder, tmp_path):
    """Return a function that scores here, in tmp_path: exit code, stdout, stderr."""
    monkeypatch.chdir(tmp_path)

    def command(*arguments: object, stdin: bytes = b"") -> tuple[int, str, str]:
        given = ["score", *arguments, "--model", artifact_folder]
        monkeypatch.setattr("sys.argv", ["sentiment", *map(str, given)])
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        code = 0
        try:
            main()
        except SystemExit as ended:
            code = int(ended.code or 0)
        out, err = capfd.readouterr()
        return code, out, err

    return command


@pytest.fixture
def table(tmp_path) -> Path:
    path = tmp_path / "in.csv"
    rows = "".join(f"{n},a good film number {n}\r\n" for n in range(9_000))
    path.write_text(f"id,text\r\n{rows}", newline="")
    return path


def left_over(folder: Path) -> set[str]:
    return {path.name for path in folder.glob(".*")}


def test_all_scored_is_exit_code_0_and_a_summary(run, table, tmp_path):
    code, out, err = run(table, "-o", "out.csv")
    assert (code, out) == (0, "")
    assert f"reading {table}: CSV, utf-8, delimiter comma" in err
    assert "9,000 rows: " in err.splitlines()[-1]
    assert " 0 with an error, 0 read in part; " in err.splitlines()[-1]
    with (tmp_path / "out.csv").open(newline="") as file:
        header, *rows = csv.reader(file)
    assert header == ["id", "text", *RESULT_COLUMNS]
    assert [row[0] for row in rows] == [str(n) for n in range(9_000)]
    assert left_over(tmp_path) == set()


def test_some_rows_with_an_error_is_exit_code_1_and_a_whole_output(run, tmp_path):
    (tmp_path / "in.csv").write_text('text\ngood\n""\nbad\n')
    code, _, err = run("in.csv", "-o", "out.csv")
    assert code == 1
    assert "1 with an error" in err
    assert len((tmp_path / "out.csv").read_text().splitlines()) == 4


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["none.csv"], "none.csv: No such file"),
        (["in.csv", "--text-column", "nope"], "no column 'nope'"),
        (["in.csv", "--encoding", "utf-9"], "no encoding 'utf-9'"),
        (["in.csv", "--format", "xls"], "no format 'xls'"),
        (["in.csv", "--delimiter", "ab"], "must be one character"),
        (["."], ". is a folder: name a file (--engine ray"),
        (["in.csv", "--workers", "0"], "0 is not in the range"),
        (["-", "--resume"], "--resume needs a file"),
        (["in.csv", "--date-column", "id"], "--date-column needs --report"),
        (["in.csv", "-o", "out.xlsx"], "out.xlsx would be a file that is not written"),
        (["in.csv", "-o", "o.feather"], "o.feather would be a file that is not"),
        (["in.csv", "-o", "out.csv.zip"], "end its name in .csv, .tsv, .jsonl or"),
        (["in.csv", "--report", "out.csv"], "the report would replace out.csv"),
        (["in.csv", "--report", "no/page.html"], "cannot write to"),
    ],
)
def test_what_cannot_be_scored_is_exit_code_2_and_nothing_written(
    run, table, tmp_path, arguments, complaint
):
    code, out, err = run("-o", "out.csv", *arguments)
    assert (code, out) == (2, "")
    assert complaint in err
    assert "Traceback" not in err
    assert left_over(tmp_path) == set()
    assert not (tmp_path / "out.csv").exists()


def test_quotes_can_be_said_to_be_characters_like_others(run, tmp_path):
    (tmp_path / "in.txt").write_text('id|text\n1|"Alien" is good\n2|"bad\n')
    code, out, err = run("in.txt", "--no-quoting")
    assert (code, "delimiter bar, no quoting" in err) == (0, True)
    assert out.splitlines()[1].startswith('1|"Alien" is good|')
    code, out, _ = run("in.txt", "--quoting")
    assert (code, "is never closed" in out) == (1, True)


def test_a_folder_that_is_not_there_is_named(run, table, tmp_path):
    code, _, err = run(table, "-o", "no/such/out.csv")
    assert code == 2
    assert f"cannot write to {tmp_path}/no/such: No such file" in err


@pytest.mark.parametrize("output", [[], ["-o", "-"]])
def test_a_pipe_gets_what_a_file_gets(run, table, tmp_path, output):
    run(table, "-o", "out.csv")
    code, out, _ = run("-", *output, stdin=table.read_bytes())
    assert code == 0
    assert out.encode() == (tmp_path / "out.csv").read_bytes()
    assert not (tmp_path / "-").exists()


def test_a_named_pipe_is_written_into_and_stays_one(run, table, tmp_path):
    pipe = tmp_path / "pipe.csv"
    os.mkfifo(pipe)
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    code, _, _ = run(table, "-o", pipe)
    reader.join()
    assert (code, pipe.is_fifo()) == (0, True)
    assert read[0].count(b"\r\n") == 9_001


def test_a_link_stays_one(run, table, tmp_path):
    (tmp_path / "link.csv").symlink_to("real.csv")
    assert run(table, "-o", "link.csv")[0] == 0
    assert (tmp_path / "link.csv").is_symlink()
    assert (tmp_path / "real.csv").read_bytes().startswith(b"id,text,sentiment")


def test_a_file_does_not_replace_itself(run, table, tmp_path):
    before = table.read_bytes()
    (tmp_path / "link.csv").symlink_to(table)
    for output in (table, "in.csv", "link.csv"):
        code, _, err = run(table, "-o", output)
        assert (code, "would replace itself" in err) == (2, True)
    assert table.read_bytes() == before


def test_two_cannot_write_the_same_output(run, table, tmp_path):
    other = Partial(tmp_path / "out.csv")
    code, _, err = run(table, "-o", "out.csv")
    other.close()
    assert code == 2
    assert "another process is writing" in err
    assert run(table, "-o", "out.csv")[0] == 0


def test_a_report_is_written_beside_the_output_and_said(run, table, tmp_path):
    code, _, err = run(
        *(table, "-o", "out.csv", "--report", "page.html", "--date-column", "id")
    )
    assert code == 0
    assert err.splitlines()[-1] == "the report is page.html"
    page = (tmp_path / "page.html").read_text()
    assert "9,000 rows, column <bdi>text</bdi>" in page
    assert str(tmp_path) not in page


@pytest.mark.parametrize(("said", "kept"), [(None, "128"), ("7", "7")])
def test_torch_keeps_few_kernels_unless_it_is_told_how_many(
    run, monkeypatch, said, kept
):
    """Kept for 1,024 shapes of batches, they made a long file take 200 MB more."""
    name = "ONEDNN_PRIMITIVE_CACHE_CAPACITY"
    monkeypatch.setenv(name, said or "")
    if said is None:
        monkeypatch.delenv(name)
    run("none.csv")
    assert os.environ[name] == kept


def test_quiet_says_nothing(run, table):
    assert run(table, "-o", "out.csv", "--quiet") == (0, "", "")


def test_a_full_disk_is_told_and_what_is_done_is_gone_on_with(run, table, tmp_path):
    run(table, "-o", "whole.csv")
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        # As a full disk does, the system refuses a write in the middle.
        resource.setrlimit(resource.RLIMIT_FSIZE, (350_000, hard))
        code, _, err = run(table, "-o", "out.csv")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    assert code == 2
    assert os.strerror(errno.EFBIG) in err
    assert "the same command with --resume goes on" in err
    assert not (tmp_path / "out.csv").exists()
    code, _, err = run(table, "-o", "out.csv", "--resume")
    assert code == 0
    assert (tmp_path / "out.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()
    assert left_over(tmp_path) == set()


def test_of_an_input_that_is_damaged_midway_nothing_is_left(run, table, tmp_path):
    """Whoever mends the input has another one, which a resume would refuse."""
    packed = gzip.compress(table.read_bytes())
    (tmp_path / "in.csv.gz").write_bytes(packed[:-20])
    # Without an encoding to find out it is read once, as it is scored.
    code, _, err = run("in.csv.gz", "-o", "out.csv", "--encoding", "utf-8")
    assert code == 2
    assert "in.csv.gz is damaged: " in err
    assert "fetch or pack it again" in err
    assert left_over(tmp_path) == set()


def test_an_input_that_cannot_be_read_for_a_while_is_gone_on_with(
    run, table, tmp_path, monkeypatch
):
    run(table, "-o", "whole.csv")

    def lose_the_share(self: Lines) -> Iterator[str]:
        yield from itertools.islice(whole_lines(self), 5_000)
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    whole_lines = Lines.__iter__
    with monkeypatch.context() as patch:
        patch.setattr(Lines, "__iter__", lose_the_share)
        code, _, err = run(table, "-o", "out.csv")
    assert code == 2
    assert f"cannot read {table}: {os.strerror(errno.EIO)}, after 4,096 rows: " in err
    assert "the same command with --resume goes on" in err
    code, _, err = run(table, "-o", "out.csv", "--resume")
    assert (code, "resuming at row 4,097" in err) == (0, True)
    assert (tmp_path / "out.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()


def test_a_page_that_the_disk_has_no_room_for_is_named_and_no_row_is_lost(
    run, tmp_path
):
    (tmp_path / "in.csv").write_text("text\ngood\nbad\n")
    command = ["in.csv", "-o", "out.csv", "--report", "page.html"]
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (4_000, hard))
        code, _, err = run(*command)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    assert (code, f"page.html: {os.strerror(errno.EFBIG)}" in err) == (2, True)
    assert "after 2 rows: the same command with --resume goes on" in err
    assert not (tmp_path / "out.csv").exists()
    code, _, err = run(*command, "--resume")
    assert (code, "resuming at row 3" in err) == (0, True)
    assert "2 rows, column" in (tmp_path / "page.html").read_text()
    assert left_over(tmp_path) == set()


def test_an_output_that_cannot_be_assembled_leaves_no_half_of_it(tmp_path):
    def assemble(_: Path, whole: Path) -> None:
        whole.write_bytes(b"half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    partial = Partial(tmp_path / "out.parquet")
    partial.begin()
    partial.append(b"rows")
    with pytest.raises(OSError, match="No space left"):
        partial.finish(assemble)
    partial.close()
    assert left_over(tmp_path) == {".out.parquet.partial"}


def test_a_column_that_is_not_there_is_told_once(run, tmp_path):
    names = [f"column {n}" for n in range(200)]
    (tmp_path / "in.csv").write_text(",".join(names) + "\n")
    _, _, err = run("in.csv", "-o", "out.csv", "--text-column", "xyz")
    assert err.splitlines()[-1].startswith(
        "sentiment: there is no column 'xyz' (the columns are 'column 0', 'column 1', "
    )
    assert err.rstrip().endswith(" 'column 29' and 170 more)")


def test_a_column_that_nobody_named_is_said_as_it_may_be_a_first_text(run, tmp_path):
    (tmp_path / "in.txt").write_text("a good film\na bad film\n")
    code, _, err = run("in.txt")
    assert code == 0
    assert "scoring the only column, 'a good film'" in err
    assert "scoring" not in run("in.txt", "--text-column", "a good film")[2]


def test_of_a_pipe_nothing_is_kept_that_cannot_be_gone_on_with(run, table, tmp_path):
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (350_000, hard))
        code, _, err = run("-", "-o", "out.csv", stdin=table.read_bytes())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    assert code == 2
    assert "--resume" not in err
    assert left_over(tmp_path) == set()


def test_a_full_device_is_told(run, table):
    code, _, err = run(table, "-o", "/dev/full")
    assert code == 2
    assert os.strerror(errno.ENOSPC) in err
    assert "--resume" not in err
    assert Path("/dev/full").is_char_device()


@pytest.mark.parametrize("names", [("pipe", "out.csv"), ("in.csv", "pipe")])
def test_what_goes_through_a_pipe_cannot_be_resumed(run, table, tmp_path, names):
    os.mkfifo(tmp_path / "pipe")
    code, _, err = run(names[0], "-o", names[1], "--resume")
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


@pytest.mark.parametrize("workers", ["1", "2"])
def test_ctrl_c_ends_it_with_130_and_without_a_traceback(
    artifact_folder, tmp_path, workers
):
    source = tmp_path / "in.csv"
    source.write_text("text\n" + "a good film, said everyone there\n" * 400_000)
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
        while not journal.exists() and process.poll() is None:
            time.sleep(0.01)
        # As a terminal does: to the workers, too.
        os.killpg(process.pid, signal.SIGINT)
        said = process.stderr.read().decode()
    assert process.returncode == 130
    assert "sentiment: interrupted after " in said
    assert "--resume goes on" in said
    assert "Traceback" not in said
    assert not (tmp_path / "out.csv").exists()
