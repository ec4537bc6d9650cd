"""A scored table has its rows, values and order, and the results beside them."""

import csv
import gzip
import io
import json
from pathlib import Path

import pyarrow
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import parquet
from reading_tables import as_csv

from sentiment.errors import DataError
from sentiment.scoring.columns import RESULT_COLUMNS
from sentiment.scoring.options import ScoreOptions
from sentiment.scoring.stream import score_csv_stream
from sentiment.tables import open_table

CELLS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
ROWS = st.lists(st.lists(CELLS, min_size=2, max_size=2), max_size=6)


def from_csv(content: bytes, **dialect: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode(), newline=""), **dialect))


def from_json_lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    deadline=None,
    max_examples=50,
)
@given(rows=ROWS, delimiter=st.sampled_from(",;\t|"), line_end=st.booleans())
def test_every_cell_comes_out_as_it_went_in(predictor, rows, delimiter, line_end):
    dialect = {"delimiter": delimiter, "lineterminator": "\n" if line_end else "\r\n"}
    # Quoted, because the module itself leaves a lone CR bare before a plain LF.
    content = as_csv([["id", "text"], *rows], quoting=csv.QUOTE_ALL, **dialect)
    pieces = score_csv_stream(
        predictor,
        io.BytesIO(content),
        ScoreOptions(
            text_column="text",
            encoding="utf-8",
            delimiter=delimiter,
        ),
    )
    header, *scored = from_csv(b"".join(pieces), delimiter=delimiter)
    assert header == ["id", "text", *RESULT_COLUMNS]
    assert [row[:2] for row in scored] == rows
    assert {len(row) for row in scored} <= {8}


def test_a_row_has_its_label_and_probabilities_or_its_error(score, predictor):
    rows = [["text"], ["a very good film"], [""], ["awful"]]
    output = score(as_csv(rows), "in.csv", "out.csv")
    _, good, empty, awful = from_csv(output.read_bytes())
    prediction = predictor.predict("a very good film")
    shown = [prediction.confidence, *prediction.probabilities]
    assert good == [rows[1][0], prediction.label, *(f"{p:.6f}" for p in shown), ""]
    assert empty == ["", "", "", "", "", "", "the text is empty: it needs some words"]
    assert awful[1] in ("negative", "neutral", "positive")


def test_the_same_text_gets_the_same_digits_wherever_it_stands(score):
    rows = [["text"], *[["a very good film"]] * 3, ["awful"], ["a very good film"]]
    results = from_csv(score(as_csv(rows), "in.csv", "out.csv").read_bytes())
    assert results[1] == results[2] == results[3] == results[5] != results[4]


def test_a_row_of_another_width_errs_alone_and_the_output_stays_rectangular(score):
    content = b"text,id\ngood\ngood, cheap,2\ngood,3\n"
    rows = from_csv(score(content, "in.csv", "out.csv").read_bytes())
    assert {len(row) for row in rows} == {8}
    assert [row[:2] for row in rows[1:]] == [
        *[["good", ""], ["good", " cheap,2"], ["good", "3"]]
    ]
    assert [row[-1] for row in rows[1:]] == [
        *(
            "cells in the row: 1 (in the header: 2)",
            "cells in the row: 3 (in the header: 2)",
            "",
        )
    ]


def test_commas_in_a_text_of_the_last_column_need_no_quotes(score):
    content = b"id,text\n1,good, cheap, fine\n2,bad\n"
    rows = from_csv(score(content, "in.csv", "out.csv").read_bytes())
    assert rows[1][:2] == ["1", "good, cheap, fine"]
    assert (rows[1][-1], bool(rows[1][2])) == ("", True)


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("delimiter", [",", ";"])
def test_delimiter_and_line_ends_stay_those_of_the_input(score, delimiter, line_end):
    content = as_csv(
        [["id", "text"], ["1", "good"]], delimiter=delimiter, lineterminator=line_end
    )
    written = score(content, "in.csv", "out.csv").read_bytes().decode()
    assert written.startswith(f"id{delimiter}text{delimiter}sentiment{delimiter}")
    assert written.count("\n") == 2
    assert written.count("\r") == 2 * (line_end == "\r\n")


@pytest.mark.parametrize(("output", "delimiter"), [("o.tsv", "\t"), ("o.csv", ",")])
def test_the_delimiter_goes_by_the_outputs_name(score, output, delimiter):
    written = score(b"id\ttext\n1\tgood\n", "in.tsv", output).read_bytes()
    assert from_csv(written, delimiter=delimiter)[0][:3] == ["id", "text", "sentiment"]


def test_one_column_becomes_seven_that_a_comma_parts(score):
    written = score(b"review\ngood, cheap\n", "in.csv", "o.csv").read_bytes()
    assert [row[0] for row in from_csv(written)] == ["review", "good, cheap"]


def test_a_lone_carriage_return_stays_inside_its_cell(score):
    content = b'id,text\n"a\rb",good\n'
    rows = from_csv(score(content, "in.csv", "o.csv").read_bytes())
    assert (len(rows), rows[1][:2]) == (2, ["a\rb", "good"])


def test_gzip_holds_the_same_and_not_when_it_was_made(score):
    content = as_csv([["text"], *[[f"good {n}"] for n in range(5_000)]])
    plain = score(content, "in.csv", "o.csv").read_bytes()
    packed = score(gzip.compress(content), "in.csv.gz", "o.csv.gz").read_bytes()
    assert gzip.decompress(packed) == plain
    assert score(content, "in.csv", "p.csv.gz").read_bytes() == packed


def test_formulas_are_disarmed_only_where_that_is_asked_for(score):
    rows = [["+id", "text"], ["=1+1", "-good"], ["1", "@all"], ["\tx", "\rgood"]]
    content = as_csv(rows)
    kept = from_csv(score(content, "in.csv", "kept.csv").read_bytes())
    assert [row[:2] for row in kept] == rows
    for name in ("safe.csv", "safe.tsv"):
        safe = score(content, "in.csv", name, escape_formulas=True).read_bytes()
        disarmed = from_csv(safe, delimiter="\t" if name.endswith("tsv") else ",")
        assert [row[:2] for row in disarmed] == [
            ["'+id", "text"],
            *(["'=1+1", "'-good"], ["1", "'@all"], ["'\tx", "'\rgood"]),
        ]
        assert [row[2:] for row in disarmed] == [row[2:] for row in kept]


def test_a_prefix_renames_the_results(score):
    content = as_csv([["text", "sentiment"], ["good", "mine"]])
    with pytest.raises(DataError, match=r"column 'sentiment' already.*put a prefix"):
        score(content, "in.csv", "out.csv")
    output = score(content, "in.csv", "out.csv", prefix="model_")
    header, row = from_csv(output.read_bytes())
    assert header[2:] == [f"model_{name}" for name in RESULT_COLUMNS]
    assert row[1] == "mine"


def test_the_column_of_the_texts_is_text_or_the_only_one_or_asked_for(score):
    only = score(b"words\ngood\n", "only.csv", "only.out")
    assert only.read_bytes().startswith(b"words,sentiment")
    with pytest.raises(DataError, match=r"no column 'text'.*'id', 'words'"):
        score(b"id,words\n1,good\n", "two.csv", "two.out")
    with pytest.raises(DataError, match="no column 'word': did you mean 'words'"):
        score(b"id,words\n1,good\n", "two.csv", "two.out", text_column="word")


def test_json_lines_keep_every_character_they_had(score):
    lines = ['{"text": "good", "n": 1.10, "big": 1e3, "n": 2}', "{}", "[1]", "no json"]
    output = score("\n".join(lines).encode(), "in.jsonl", "out.jsonl")
    written = output.read_text("utf-8").splitlines()
    assert written[0].startswith(lines[0][:-1] + ', "sentiment": "')
    scored = from_json_lines(output)
    assert list(scored[0])[-6:] == list(RESULT_COLUMNS)
    assert scored[0]["error"] is None
    assert scored[1]["error"] == "the text is missing"
    assert [row["line"] for row in scored[2:]] == ["[1]", "no json"]
    assert "not valid JSON" in scored[3]["error"]


def test_a_key_named_like_a_result_is_refused_also_in_the_last_line(score, tmp_path):
    content = b'{"text": "good"}\n{"text": "bad", "error": 7}\n'
    with pytest.raises(DataError, match="column 'error' already"):
        score(content, "in.jsonl", "out.jsonl")
    assert not (tmp_path / "out.jsonl").exists()


def test_json_lines_become_csv_with_all_their_keys(score):
    lines = [
        *('{"text": "good"}', '{"text": "bad", "tags": ["a", 1], "on": true}'),
        *('{"text": "ok", "tags": 1.10, "on": 12345678901234567890.5}', "{}", "7"),
    ]
    output = score("\n".join(lines).encode(), "in.jsonl", "out.csv")
    rows = from_csv(output.read_bytes())
    assert rows[0][:3] == ["text", "tags", "on"]
    assert [row[:3] for row in rows[1:]] == [
        *[["good", "", ""], ["bad", '["a", 1]', "true"]],
        *[["ok", "1.10", "12345678901234567890.5"], ["", "", ""], ["7", "", ""]],
    ]


def test_an_empty_cell_of_csv_is_written_as_it_was(score):
    """In quotes or without, it was written without."""
    content = b'text,a,b\ngood,,""\nbad,"",\n"so ""so""","",x\n'
    _, *rows = score(content, "in.csv", "out.csv").read_bytes().splitlines()
    for row, was in zip(rows, content.splitlines()[1:], strict=True):
        assert row.startswith(was + b",")


def test_in_csv_an_empty_text_and_a_missing_value_stay_apart(score, tmp_path):
    """Both were an empty cell, so that no reader of the CSV could tell them apart."""
    records = [{"text": "good", "a": "", "b": None}, {"text": "", "a": None, "b": ""}]
    content = "".join(f"{json.dumps(record)}\n" for record in records)
    from_json = score(content.encode(), "in.jsonl", "json.csv").read_bytes()
    table = pyarrow.Table.from_pylist(records)
    parquet.write_table(table, tmp_path / "made.parquet")
    made = (tmp_path / "made.parquet").read_bytes()
    assert score(made, "in.parquet", "parquet.csv").read_bytes() == from_json.replace(
        b"\n", b"\r\n"
    )
    _, good, empty = from_json.splitlines()
    assert good.startswith(b'good,"",,')
    assert good.endswith(b",")
    assert empty == b'"",,"",,,,,,the text is empty: it needs some words'


def test_an_empty_cell_in_quotes_is_an_empty_text_in_other_formats(score):
    content = b'text,a,b\ngood,,""\n'
    (row,) = from_json_lines(score(content, "in.csv", "out.jsonl"))
    assert (row["a"], row["b"]) == ("", "")
    with open_table(score(content, "in.csv", "out.parquet")) as table:
        assert [row.values[1:3] for row in table] == [["", ""]]


@pytest.mark.parametrize("output", ["o.csv", "o.parquet"])
def test_numbers_of_json_keep_every_digit_also_deep_inside(score, tmp_path, output):
    """What was nested went through Python's floats: 1.10 was 1.1, 1e400 null."""
    nested = '{ "a":[1.10,1e400, 0.12345678901234567890],"\\u00e9" : -0.0 }'
    line = f'{{"text":"good" ,"n":1e400, "o" : {nested} , "n":1.50,"l":[2.0], "e":[]}}'
    written = score(f"{line}\r\n".encode(), "in.jsonl", output)
    with open_table(written) as table:
        (row,) = table
    assert (row.get("n"), row.get("o")) == ("1.50", nested)
    assert (row.get("l"), row.get("e")) == ("[2.0]", "[]")


def test_half_a_character_is_spelled_out(score):
    content = b'{"text": "good \\ud800"}\n'
    kept = score(content, "in.jsonl", "out.jsonl")
    assert from_json_lines(kept)[0]["text"] == "good \ud800"
    rows = from_csv(score(content, "in.jsonl", "out.csv").read_bytes())
    assert rows[1][0] == "good \\ud800"
    with open_table(score(content, "in.jsonl", "out.parquet")) as table:
        assert [row.get("text") for row in table] == ["good \\ud800"]


def test_parquet_keeps_its_types_and_takes_the_results_in(score, tmp_path):
    columns = {
        "text": ["good", None, "awful"] * 2_000,
        "at": pyarrow.array([1, 2, None] * 2_000, pyarrow.timestamp("ns", "UTC")),
        "kind": pyarrow.array(["x", "y", "x"] * 2_000).dictionary_encode(),
        "list": [[1], [], None] * 2_000,
    }
    table = pyarrow.table(columns)
    parquet.write_table(table, tmp_path / "made.parquet", row_group_size=1_700)
    content = (tmp_path / "made.parquet").read_bytes()
    scored = parquet.read_table(score(content, "in.parquet", "out.parquet"))
    assert scored.column_names == [*columns, *RESULT_COLUMNS]
    assert scored.select(list(columns)).equals(table)
    assert scored["confidence"].type == pyarrow.float64()
    assert scored["error"].to_pylist()[:2] == [None, "the text is missing"]
    assert parquet.ParquetFile(tmp_path / "out.parquet").num_row_groups == 1


def test_parquet_becomes_csv_and_json_lines(score, tmp_path):
    table = pyarrow.table({"text": ["good"], "n": [float("nan")], "raw": [b"ab"]})
    parquet.write_table(table, tmp_path / "made.parquet")
    content = (tmp_path / "made.parquet").read_bytes()
    rows = from_csv(score(content, "in.parquet", "out.csv").read_bytes())
    assert rows[1][:3] == ["good", "nan", "ab"]
    (row,) = from_json_lines(score(content, "in.parquet", "out.jsonl"))
    assert (row["n"], row["raw"]) == (None, "ab")


@pytest.mark.parametrize("name", ["out.csv", "out.jsonl", "out.parquet", "out.csv.gz"])
def test_a_table_without_rows_gives_one_without_rows(score, name):
    output = score(b"id,text\n", "in.csv", name)
    if name == "out.jsonl":
        assert output.read_bytes() == b""
        return
    with open_table(output) as table:
        assert table.columns == ["id", "text", *RESULT_COLUMNS]
        assert list(table) == []


def test_columns_of_one_name_stay_in_csv_and_parquet_and_are_refused_as_json(score):
    content = b"text,a,a\ngood,1,2\n"
    for name in ("out.csv", "out.parquet"):
        with open_table(score(content, "in.csv", name)) as table:
            assert table.columns[:3] == ["text", "a", "a"]
            assert [row.values[:3] for row in table] == [["good", "1", "2"]]
    with pytest.raises(DataError, match="two columns 'a', which JSON cannot hold"):
        score(content, "in.csv", "out.jsonl")


def test_gzipped_parquet_is_refused(score):
    with pytest.raises(DataError, match=r"out\.parquet\.gz: Parquet is compressed"):
        score(b"text\ngood\n", "in.csv", "out.parquet.gz")


def test_numbers_can_have_the_comma_that_a_spreadsheet_expects(score):
    """A German or French one took 0.567705 for a text: no mean could be made of it."""
    content = b"id;text\n1.5;good\n2.5;\n"
    plain = score(content, "in.csv", "plain.csv").read_bytes()
    local = score(content, "in.csv", "local.csv", decimal="comma").read_bytes()
    (*_, good, empty), rows = (from_csv(each, delimiter=";") for each in (plain, local))
    # Of the input's cells none changes.
    assert rows[1] == [*good[:3], *(cell.replace(".", ",") for cell in good[3:])]
    assert (rows[2], rows[1][3][:2]) == (empty, "0,")
    # Between commas they stand in quotes.
    local = score(b"text\ngood\n", "in.csv", "comma.csv", decimal="comma").read_bytes()
    assert b'","0,' in local
    assert len(from_csv(local)[1]) == 7


@pytest.mark.parametrize(
    ("name", "options", "told"),
    [
        ("out.jsonl", {}, "JSON lines has numbers of its own"),
        ("out.parquet", {}, "Parquet has numbers of its own"),
        ("out.csv", {"quoting": False}, "would be taken for the delimiter"),
    ],
)
def test_where_a_number_has_no_comma_none_is_written(score, name, options, told):
    with pytest.raises(DataError, match=told):
        score(b"id,text\n1,good\n", "in.csv", name, decimal="comma", **options)
