"""`sentiment score --engine ray`: its exit codes, what is refused before Ray runs."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from pyarrow import parquet
from review_tables import read_csv, without_keys, write_csv, write_parquet
from running import SENTIMENT, environment, wait_for

from sentiment.scoring.cluster.parts import KEY_COLUMNS

pytest.importorskip("ray")


@pytest.fixture
def score(score, tmp_path):
    """Return what scores in tmp_path, where there are two small files."""
    write_csv(tmp_path / "in.csv", 20)
    (tmp_path / "in.jsonl").write_text('{"text": "good"}\n')
    return score


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ("in.csv -o out --engine rya", "'rya' is not one of 'local', 'ray'"),
        ("in.csv --engine ray", "-o FOLDER to write"),
        ("- -o out --engine ray", "needs a file or a folder to read"),
        ("in.csv -o out --engine ray --report in.csv", "would replace in.csv"),
        ("in.csv -o out --engine ray --report out/page.html", "out for the report"),
        (
            "in.csv -o out --engine ray --report page.html --date-column dya",
            "no column 'dya': did you mean 'day'?",
        ),
        ("in.csv -o out.csv --ray-address x:1", "--ray-address needs --engine ray"),
        ("in.csv -o out.csv --workers 300", "--engine ray spreads them"),
        ("in.csv -o . --engine local", "--engine ray makes a new folder"),
        ("in.csv -o models --engine ray", "models exists already"),
        ("in.csv -o out.jsonl --engine ray", "writes Parquet and CSV"),
        ("in.csv -o out --engine ray --text-column txt", "did you mean 'text'?"),
        ("none.csv -o out --engine ray", "none.csv: No such file"),
        ("in.jsonl -o out --engine ray", "is JSON lines"),
    ],
)
def test_what_cannot_be_scored_is_exit_code_2_and_nothing_written(
    score, tmp_path, arguments, complaint
):
    before = set(tmp_path.iterdir())
    code, _, err = score(*arguments.split())
    assert code == 2
    assert complaint in err
    assert "Traceback" not in err
    assert set(tmp_path.iterdir()) == before


def test_a_column_named_like_a_key_is_refused_and_a_prefix_helps(score, tmp_path):
    (tmp_path / "in.csv").write_text("text,source_row\ngood,7\n")
    code, _, err = score("in.csv", "-o", "out.parquet", "--engine", "ray")
    assert code == 2
    assert "column 'source_row' already" in err
    assert "already, as a new one is to be called: put a prefix before" in err
    assert "--prefix" in err


def test_the_prefix_that_is_advised_does_for_keys_and_results(score, tmp_path):
    (tmp_path / "in.csv").write_text("text,source_row,model_error\ngood,7,\n")
    _, _, err = score("in.csv", "-o", "out.parquet", "--engine", "ray")
    assert "for example model_2_ (--prefix)" in err


def test_without_ray_the_extra_is_named(score, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    for name in [
        name for name in sys.modules if name.startswith("sentiment.scoring.cl")
    ]:
        monkeypatch.delitem(sys.modules, name)
    code, _, err = score("in.csv", "-o", "out", "--engine", "ray")
    assert code == 2
    assert "`make install-ray`" in err
    assert not (tmp_path / "out").exists()


def test_a_machine_too_busy_for_ray_to_start_is_exit_code_2_and_said(
    score, tmp_path, monkeypatch
):
    """It ended in a traceback, and with 1, as if all rows were there."""

    def too_slow(**_: object) -> None:
        raise Exception("The current node timed out during startup.")

    monkeypatch.setattr("ray.init", too_slow)
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    code, _, err = score("in.csv", "-o", "out", "--engine", "ray")
    assert code == 2
    assert "Ray does not start on this machine: The current node timed out" in err
    assert "--engine local" in err
    assert "Traceback" not in err
    assert not (tmp_path / "out").exists()


def score_on_ray(*command: object, cwd: Path) -> "subprocess.CompletedProcess[str]":
    """Score, and try again where the machine is too busy for Ray to start.

    Ray gives its processes half a minute, and cannot be told otherwise.
    """
    for _ in range(4):
        scored = subprocess.run(
            command,
            cwd=cwd,
            env=environment(RAY_worker_niceness="0"),
            capture_output=True,
            text=True,
            check=False,
        )
        if "Ray does not start on this machine" not in scored.stderr:
            break
    return scored


def test_one_machine_is_a_cluster_of_its_own(
    sentiment_command, artifact_folder, tmp_path, monkeypatch
):
    source = write_csv(tmp_path / "in.csv", 3_000)
    command = ["score", source, "--model", artifact_folder]
    told = ["--date-column", "day", "--report"]
    scored = score_on_ray(
        *(SENTIMENT, *command, "-o", "ray.csv", "--engine", "ray"),
        *(*told, "ray.html"),
        cwd=tmp_path,
    )
    assert scored.returncode == 1, scored.stderr  # some rows have no text
    assert scored.stdout == ""
    lines = scored.stderr.splitlines()
    assert len(lines) == 5, scored.stderr
    model, reading, cluster, summary, report = lines
    assert model == "scoring with the model untrained-1"
    assert reading == f"reading {source}: CSV, utf-8, delimiter comma"
    told_cluster = r"scoring on a Ray cluster of 1 node, (\d+) CPUs, \1 at once"
    assert re.fullmatch(told_cluster, cluster)
    assert summary.startswith("3,000 rows: ")
    assert " 273 with an error, " in summary
    assert report == "the report is ray.html"
    manifest = json.loads((tmp_path / "ray.csv" / "_manifest.json").read_text())
    (part,) = manifest["parts"]
    header, *rows = map(without_keys, read_csv(tmp_path / "ray.csv" / part["part"]))
    monkeypatch.chdir(tmp_path)
    sentiment_command(*command, "-o", "local.csv", "--quiet", *told, "local.html")
    assert [header, *rows] == read_csv(tmp_path / "local.csv")
    page = (tmp_path / "local.html").read_text()
    assert "3,000 rows, column" in page
    assert (tmp_path / "ray.html").read_text() == page
    assert {path.name for path in tmp_path.iterdir()} == {
        *("in.csv", "ray.csv", "local.csv", "ray.html", "local.html", "models")
    }


def test_a_folder_of_parquet_becomes_one_with_the_types_of_the_local_engine(
    sentiment_command, artifact_folder, tmp_path, monkeypatch
):
    files = [
        write_parquet(tmp_path / "in" / f"{name}.parquet", 400, seed)
        for seed, name in enumerate("ab")
    ]
    command = (SENTIMENT, "score", "in", "-o", "out.parquet", "--engine", "ray")
    scored = score_on_ray(
        *(*command, "--workers", "2", "--model", artifact_folder), cwd=tmp_path
    )
    assert scored.returncode == 1, scored.stderr  # some rows have no text
    monkeypatch.chdir(tmp_path)
    found = parquet.read_table(tmp_path / "out.parquet")
    at = 0
    for path in files:
        local = ("-o", "local.parquet", "--quiet", "--model", artifact_folder)
        sentiment_command("score", path, *local)
        expected = parquet.read_table("local.parquet")
        rows = found.slice(at, len(expected))
        assert set(rows.column("source_file").to_pylist()) == {path.name}
        assert rows.drop_columns(list(KEY_COLUMNS)).equals(expected)
        at += len(expected)
    assert at == len(found)


@pytest.mark.slow
@pytest.mark.timeout(1_200)  # where others take the cores, Ray starts slowly
def test_ctrl_c_ends_it_with_130_and_what_is_made_is_gone_on_with(
    artifact_folder, tmp_path
):
    source = write_csv(tmp_path / "in.csv", 100_000)
    command = [
        *(SENTIMENT, "score", source, "-o", tmp_path / "out.csv"),
        *("--engine", "ray", "--model", artifact_folder),
    ]
    journal = tmp_path / ".out.csv.partial" / "_journal.jsonl"
    with subprocess.Popen(
        command,
        env=environment(RAY_worker_niceness="0"),
        stderr=subprocess.PIPE,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        # The run's own line, and one of a part.
        wait_for(
            lambda: (
                process.poll() is not None
                or (journal.exists() and journal.read_bytes().count(b"\n") > 1)
            ),
            "a part in the journal",
        )
        os.killpg(process.pid, signal.SIGINT)
        said = process.stderr.read().decode()
    assert process.returncode == 130, said
    assert "sentiment: interrupted after " in said
    assert "--resume goes on" in said
    assert "Traceback" not in said
    assert not (tmp_path / "out.csv").exists()
    again = subprocess.run(
        [*command, "--resume"],
        env=environment(RAY_worker_niceness="0"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert again.returncode == 1
    assert "resuming: " in again.stderr
    assert "100,000 rows: " in again.stderr
