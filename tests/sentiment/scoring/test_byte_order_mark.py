"""A CSV that begins with a byte order mark comes out with one, other files never do.

Excel takes a CSV without one for the code page of its country, and "é" for "Ã©".
"""

import gzip
import io

import pytest

from sentiment.scoring.options import ScoreOptions
from sentiment.scoring.stream import score_csv_stream

MARK = b"\xef\xbb\xbf"
TABLE = "id,text\r\n1,café was lovely\r\n"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
@pytest.mark.parametrize("said", [True, False])
def test_a_marked_file_comes_out_marked_and_in_utf_8(score, encoding, said):
    options = {"encoding": encoding} if said else {}
    output = score(TABLE.encode(encoding), "in.csv", "out.csv", **options).read_bytes()
    assert output.startswith(MARK + b"id,text,sentiment,")
    assert "1,café was lovely,".encode() in output
    assert output.count(MARK) == 1


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-16-le"])
@pytest.mark.parametrize("said", [True, False])
def test_an_unmarked_file_comes_out_unmarked(score, encoding, said):
    options = {"encoding": encoding} if said else {}
    output = score(TABLE.encode(encoding), "in.csv", "out.csv", **options).read_bytes()
    assert output.startswith(b"id,text,sentiment,")


def test_an_encoding_that_allows_for_a_mark_makes_none(score):
    output = score(TABLE.encode(), "in.csv", "out.csv", encoding="utf-8-sig")
    assert output.read_bytes().startswith(b"id,")


def test_a_mark_that_another_encoding_reads_as_letters_is_part_of_the_name(score):
    content = MARK + b"text\r\ngood\r\n"
    output = score(content, "in.csv", "out.csv", encoding="cp1252")
    assert output.read_bytes().startswith("ï»¿text,sentiment,".encode())


@pytest.mark.parametrize(
    ("name", "output", "options"),
    [
        ("in.csv", "out.tsv", {}),
        ("in.csv", "out", {}),
        ("in.tsv", "out.tsv", {"quoting": False}),
        ("in.csv", "out.csv.gz", {}),
        ("in.csv.gz", "out.csv", {}),
    ],
)
def test_the_mark_goes_into_every_file_of_cells(score, name, output, options):
    content = TABLE.encode("utf-8-sig")
    if name.endswith(".tsv"):
        content = content.replace(b",", b"\t")
    if name.endswith(".gz"):
        content = gzip.compress(content)
    written = score(content, name, output, **options).read_bytes()
    if output.endswith(".gz"):
        written = gzip.decompress(written)
    assert written.startswith(MARK + b"id")
    assert written.count(MARK) == 1


@pytest.mark.parametrize(
    ("content", "name", "output"),
    [
        (TABLE.encode("utf-8-sig"), "in.csv", "out.jsonl"),
        (MARK + b'{"text": "good"}\n', "in.jsonl", "out.jsonl"),
        (MARK + b'{"text": "good"}\n', "in.jsonl", "out.csv"),
        (TABLE.encode("utf-8-sig"), "in.csv", "out.parquet"),
    ],
)
def test_json_lines_and_parquet_neither_have_nor_hand_on_a_mark(
    score, content, name, output
):
    assert MARK not in score(content, name, output).read_bytes()


def test_a_table_without_rows_keeps_its_mark(score):
    output = score(MARK + b"text\r\n", "in.csv", "out.csv")
    assert output.read_bytes().startswith(MARK + b"text,sentiment,")


def test_over_http_it_is_the_same(predictor):
    body = io.BytesIO(TABLE.encode("utf-8-sig"))
    answer = b"".join(score_csv_stream(predictor, body, ScoreOptions()))
    assert answer.startswith(MARK + b"id,text,sentiment,")
    assert answer.count(MARK) == 1
