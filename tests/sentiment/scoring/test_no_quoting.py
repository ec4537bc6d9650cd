"""A table without quoting comes back byte for byte, or it is said why it cannot."""

import io
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sentiment.errors import DataError
from sentiment.scoring.columns import RESULT_COLUMNS
from sentiment.scoring.options import ScoreOptions
from sentiment.scoring.stream import score_csv_stream

CELLS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\t\n\r"), max_size=12
) | st.sampled_from(['"', '"good', 'good"', '"good"', '""', '5" screen', "a\\tb"])
ROWS = [b'1\t"Alien" is great', b'2\t5" screen, "bad"', b'3\t"a sentence begins']
LONE = b"\n".join([b"id\ttext", *ROWS, b""])


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    deadline=None,
    max_examples=50,
)
@given(
    rows=st.lists(st.lists(CELLS, min_size=2, max_size=2), max_size=6),
    end=st.sampled_from([b"\n", b"\r\n"]),
)
def test_every_byte_of_a_row_comes_out_as_it_went_in(predictor, rows, end):
    lines = [b"id\ttext", *("\t".join(row).encode() for row in rows)]
    pieces = score_csv_stream(
        predictor,
        io.BytesIO(b"".join(line + end for line in lines)),
        ScoreOptions(
            text_column="text",
            encoding="utf-8",
            delimiter="\t",
            quoting=False,
        ),
    )
    scored = b"".join(pieces).split(end)
    assert scored.pop() == b""
    assert len(scored) == len(lines)
    for before, after in zip(lines, scored, strict=True):
        assert after.startswith(before + b"\t")
        assert after.count(b"\t") == 1 + len(RESULT_COLUMNS)


def test_no_quoting_is_found_for_tabs_and_the_rows_stay_as_they_are(score):
    header, *rows = score(LONE, "in.tsv", "out.tsv").read_bytes().splitlines()
    assert header.startswith(b"id\ttext\tsentiment\t")
    assert [row.startswith(was) for row, was in zip(rows, ROWS, strict=True)] == [
        True
    ] * 3


def test_where_no_cell_begins_with_a_quote_the_rows_stay_as_they_are(score):
    """Those with quotes were put in quotes, and theirs were doubled."""
    content = b'id\ttext\n1\t5" screen\n2\tso "good"\n'
    output = score(content, "in.tsv", "out.tsv").read_bytes()
    for row, was in zip(output.splitlines(), content.splitlines(), strict=True):
        assert row.startswith(was + b"\t")


def test_into_another_delimiter_cells_get_the_quotes_they_need(score):
    _, _, second, _ = score(LONE, "in.tsv", "out.csv").read_bytes().splitlines()
    assert second.startswith(b'2,"5"" screen, ""bad""",')


def test_with_quoting_said_the_quotes_are_those_of_csv(score):
    content = b'id\ttext\n1\t"Alien" is great\n2\t"great"\n'
    output = score(content, "in.tsv", "out.tsv", quoting=True).read_bytes()
    assert b"\n2\tgreat\t" in output
    assert b'\n1\t"""Alien"" is great"\t' in output


def test_a_row_with_too_many_cells_keeps_them_in_one(score):
    content = b'id\ttext\n1\t"good\tgreat\n2\t"bad\n'
    _, many, _ = (
        score(content, "in.tsv", "out.tsv", quoting=False).read_bytes().splitlines()
    )
    assert many.startswith(b'1\t"good\\tgreat\t')
    assert many.count(b"\t") == 1 + len(RESULT_COLUMNS)


@pytest.mark.parametrize(
    ("delimiter", "spelled"),
    [(",", r"\x2c"), (";", r"\x3b"), ("|", r"\x7c"), ("·", r"\xb7"), ("☃", r"\u2603")]
    + [(character, " ") for character in "\\x"],
)
def test_a_stray_delimiter_stops_no_run(score, delimiter, spelled):
    """It was refused after all rows before it, of which nothing was kept."""
    content = 'id,review,note\n1,no,a "bad, film\n2,ok,fine\n'.replace(",", delimiter)
    output = score(
        content.encode(),
        "in.csv",
        "out.csv",
        quoting=False,
        delimiter=delimiter,
        text_column="review",
    )
    _, stray, fine = output.read_text("utf-8").splitlines()
    cells = stray.split(delimiter)
    assert cells[:3] == ["1", "no", f'a "bad{spelled} film']
    assert len(cells) == len(fine.split(delimiter)) == 3 + len(RESULT_COLUMNS)
    assert cells[-1] == "cells in the row: 4 (in the header: 3)"


def test_a_text_with_a_stray_delimiter_is_scored_whole(score):
    content = b'id,text\n1,a "good, good film\n2,"good, good"\n'
    output = score(content, "in.csv", "out.csv", quoting=False).read_text()
    *_, stray, quoted = [line.split(",") for line in output.splitlines()]
    assert stray[1] == r'a "good\x2c good film'
    assert quoted[1] == r'"good\x2c good"'
    assert [(row[2] != "", row[-1]) for row in (stray, quoted)] == [(True, "")] * 2


def test_an_error_never_has_the_delimiter(score):
    content = b'id,text\n1\n2,"bad\n'
    _, few, _ = (
        score(content, "in.csv", "out.csv", quoting=False).read_bytes().splitlines()
    )
    assert few.startswith(b"1,,")
    assert few.rstrip().endswith(b",cells in the row: 1 (in the header: 2)")
    assert few.count(b",") == 1 + len(RESULT_COLUMNS)


@pytest.mark.parametrize(
    ("text", "held"), [("a\tb", r"'\\t'"), ("a\nb", r"'\\n'"), ("a\rb", r"'\\r'")]
)
def test_a_cell_that_needs_quotes_is_refused_where_there_are_none(score, text, held):
    rows = [{"text": "fine"}, {"text": text}]
    content = "\n".join(map(json.dumps, rows)).encode()
    with pytest.raises(
        DataError, match=f"line 2: the cell of 'text' holds {held}.*out"
    ):
        score(content, "in.jsonl", "out.tsv", quoting=False)
    assert score(content, "in.jsonl", "quoted.tsv").exists()


def test_a_name_that_needs_quotes_is_refused_where_there_are_none(score):
    with pytest.raises(DataError, match="the header: the cell of 'a,sentiment'"):
        score(b"id,text\n1,good\n", "in.csv", "o.csv", quoting=False, prefix="a,")
