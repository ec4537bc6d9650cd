"""`sentiment score`: where it writes, and over what it never does."""

import os
import threading

import pytest

from sentiment.scoring.partial_output import PartialOutput


def test_a_named_pipe_is_written_into_and_stays_one(score, table, tmp_path):
    pipe = tmp_path / "pipe.csv"
    os.mkfifo(pipe)
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    code, _, _ = score(table, "-o", pipe)
    reader.join()
    assert (code, pipe.is_fifo()) == (0, True)
    assert read[0].count(b"\r\n") == 9_001


def test_a_link_stays_one(score, table, tmp_path):
    (tmp_path / "link.csv").symlink_to("real.csv")
    assert score(table, "-o", "link.csv")[0] == 0
    assert (tmp_path / "link.csv").is_symlink()
    assert (tmp_path / "real.csv").read_bytes().startswith(b"id,text,sentiment")


def test_a_file_does_not_replace_itself(score, table, tmp_path):
    before = table.read_bytes()
    (tmp_path / "link.csv").symlink_to(table)
    for output in (table, "in.csv", "link.csv"):
        code, _, err = score(table, "-o", output)
        assert (code, "would replace itself" in err) == (2, True)
    assert table.read_bytes() == before


@pytest.mark.parametrize("output", ["in.csv", "link.csv"])
def test_what_comes_through_stdin_does_not_replace_itself(
    sentiment_command, artifact_folder, monkeypatch, table, tmp_path, output
):
    """`score - -o in.csv < in.csv` replaced the input, and said nothing."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "link.csv").symlink_to(table)
    before = table.read_bytes()
    with table.open("rb") as stdin:
        arguments = ("score", "-", "-o", output, "--model", artifact_folder)
        code, _, err = sentiment_command(*arguments, stdin=stdin)
    assert (code, "standard input would replace itself" in err) == (2, True)
    assert table.read_bytes() == before


@pytest.mark.parametrize("end", ["partial", "journal", "journal.tmp", "lock", "whole"])
def test_neither_input_nor_page_lies_where_the_output_is_written(
    score, table, tmp_path, end
):
    """The page took the output's place, with no word of the rows that were gone."""
    name = f".out.csv.{end}"
    code, _, err = score(table, "-o", "out.csv", "--report", name)
    assert (code, f"the report would replace {name}" in err) == (2, True)
    (tmp_path / name).write_text("text\ngood\n")
    code, _, err = score(name, "-o", "out.csv")
    assert (code, "would replace itself" in err) == (2, True)
    assert (tmp_path / name).read_text() == "text\ngood\n"


def test_the_page_is_not_written_over_the_input(
    sentiment_command, score, artifact_folder, table, tmp_path
):
    page = table.with_name("page.html")
    given = ("-o", "out.csv", "--report")
    with table.open("rb") as stdin:
        arguments = ("score", "-", *given, table, "--model", artifact_folder)
        code, _, err = sentiment_command(*arguments, stdin=stdin)
    assert (code, "the report would replace" in err) == (2, True)
    hidden = table.rename(tmp_path / ".page.html.partial")
    code, _, err = score(hidden, *given, page)
    assert (code, f"the report would replace {hidden}" in err) == (2, True)
    assert hidden.exists()


def test_two_cannot_write_the_same_output(score, table, tmp_path):
    other = PartialOutput(tmp_path / "out.csv")
    code, _, err = score(table, "-o", "out.csv")
    other.close()
    assert code == 2
    assert "another process is writing" in err
    assert score(table, "-o", "out.csv")[0] == 0


def test_a_report_goes_into_a_pipe_and_through_a_link(score, table, tmp_path):
    """Both were replaced by a file."""
    pipe, link, real = (tmp_path / name for name in ("pipe", "link", "real.html"))
    os.mkfifo(pipe)
    link.symlink_to(real)
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    assert score(table, "-o", "out.csv", "--report", pipe)[0] == 0
    reader.join()
    assert score(table, "-o", "out.csv", "--report", link)[0] == 0
    assert (pipe.is_fifo(), link.is_symlink()) == (True, True)
    assert read[0].startswith(b"<!doctype html>")
    assert real.read_bytes().startswith(b"<!doctype html>")


def test_another_file_is_not_replaced_unless_that_is_said(score, table, tmp_path):
    """`-o two.csv` destroyed a survey of that name, and nothing said so."""
    survey, page = tmp_path / "two.csv", tmp_path / "page.html"
    survey.write_text("id,answer\n1,so so\n")
    page.write_text("<!doctype html>\n<title>Holidays</title>")
    code, _, err = score(table, "-o", "two.csv")
    assert (code, err.splitlines()[-1]) == (
        2,
        f"sentiment: {survey} exists, and is not an earlier result (which has columns "
        "such as sentiment and confidence): name another output, or let this one be "
        "replaced (--overwrite)",
    )
    code, _, err = score(table, "-o", "new.csv", "--report", "page.html")
    assert (code, "page.html exists, and is not an earlier report" in err) == (2, True)
    assert survey.read_text() == "id,answer\n1,so so\n"
    assert page.read_text().endswith("Holidays</title>")
    assert not list(tmp_path.glob(".*"))
    files = ("-o", "two.csv", "--report", "page.html")
    assert score(table, *files, "--overwrite")[0] == 0
    assert survey.read_bytes().startswith(b"id,text,sentiment,")
    # Both are results by now, and may be made again.
    assert score(table, *files)[0] == 0


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("out.csv", []),
        ("out.csv", ["--prefix", "a,b"]),
        ("out.csv", ["--prefix", "=", "--escape-formulas"]),
        ("out.tsv.gz", ["--prefix", "my_"]),
        ("out.jsonl", []),
        ("out.jsonl.gz", []),
        ("out.parquet", ["--prefix", "my_"]),
        ("out", ["--delimiter", "^"]),
        ("out.txt", ["--no-quoting"]),
        ("empty.csv", []),
    ],
)
def test_a_command_may_be_run_again_onto_its_own_output(score, tmp_path, name, options):
    (tmp_path / "in.csv").write_text("text\ngood\nbad\n")
    (tmp_path / "empty.csv").touch()
    for _ in range(2):
        code, _, err = score("in.csv", "-o", name, *options)
        assert (code, "exists" in err) == (0, False)


def test_what_cannot_be_read_as_a_table_is_not_replaced(score, table, tmp_path):
    for content in (b"\x89PNG\r\n\0\0", b"PAR1\0\0", b"\x1f\x8bxx", b"{}\n", b"a\n"):
        (tmp_path / "out.csv").write_bytes(content)
        code, _, err = score(table, "-o", "out.csv")
        assert (code, "(--overwrite)" in err) == (2, True)
        assert (tmp_path / "out.csv").read_bytes() == content
