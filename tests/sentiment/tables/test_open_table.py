"""What goes into a table comes out of it, whatever the file; what is odd says so."""

import gzip
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reading_tables import Pipe, as_csv, rows_of

from sentiment.errors import DataError
from sentiment.tables import DialectOptions, open_table

# A cell may hold anything that UTF-8 can.
CELLS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@given(
    rows=st.integers(1, 4).flatmap(
        lambda width: st.lists(st.lists(CELLS, min_size=width, max_size=width))
    )
)
def test_every_cell_of_csv_is_read_as_it_was_written(rows):
    header = [f"column {n}" for n in range(len(rows[0]) if rows else 1)]
    content = as_csv([header, *rows])
    assert rows_of(content, delimiter=",", encoding="utf-8") == rows


@pytest.mark.parametrize("value", ["007", "NA", "", " x ", "1e5", "=1+1", "a\r\nb"])
def test_no_value_is_taken_for_something_else(value):
    assert rows_of(as_csv([["id", "text"], [value, "fine"]])) == [[value, "fine"]]


def test_a_row_knows_its_line_behind_quoted_line_breaks_and_empty_lines():
    content = b'id,text\n1,"two\nlines"\n\n2,one\n'
    with open_table(io.BytesIO(content)) as table:
        assert [(row.line, row.get("id")) for row in table] == [(2, "1"), (5, "2")]


def test_too_few_and_too_many_cells_are_an_error_of_that_row_alone():
    with open_table(io.BytesIO(b"id,text\n1\n2,good,surplus\n3,fine\n")) as table:
        few, many, sound = table
    assert few.error == "cells in the row: 1 (in the header: 2)"
    assert many.error == "cells in the row: 3 (in the header: 2)"
    assert (sound.error, sound.get("text")) == (None, "fine")
    # As wide as the columns, so that whoever writes them keeps them apart.
    assert [row.values for row in (few, many)] == [["1", ""], ["2", "good,surplus"]]
    assert (few.surplus, many.surplus, sound.surplus) == (0, 1, 0)


def test_columns_without_a_name_or_with_the_same_name_stay():
    with open_table(io.BytesIO(b"text,,a,a\nx,1,2,3\n")) as table:
        assert table.columns == ["text", "", "a", "a"]
        (row,) = table
    assert row.values == ["x", "1", "2", "3"]
    assert row.get("a") == "2"


def test_a_cell_longer_than_pythons_usual_bound_is_read():
    long = "word " * 100_000
    assert rows_of(as_csv([["text"], [long]])) == [[long]]


def test_nul_is_a_character_like_others():
    assert rows_of(b"a,text\n\0,x\0y\n") == [["\0", "x\0y"]]


@pytest.mark.parametrize("pipe", [False, True])
@pytest.mark.parametrize("zipped", [False, True])
def test_a_pipe_and_gzip_are_read_as_a_file_is(pipe, zipped):
    rows = [["id", "text"]] + [[str(n), f"text {n}"] for n in range(5_000)]
    content = gzip.compress(as_csv(rows)) if zipped else as_csv(rows)
    stream = io.BufferedReader(Pipe(content)) if pipe else io.BytesIO(content)
    with open_table(stream) as table:
        assert [row.values for row in table] == rows[1:]


def test_json_lines_keep_their_values_and_their_text(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "good", "n": 1.10}\n\nno json\n{"text": "bad"}\n')
    with open_table(path) as table:
        first, broken, last = table
    assert (first.get("text"), first.raw) == ("good", '{"text": "good", "n": 1.10}')
    assert (broken.line, broken.error) == (3, broken.error)
    assert broken.error.startswith("the line is not valid JSON")
    assert (last.line, last.get("text"), last.error) == (4, "bad", None)


def test_nesting_without_end_is_an_error_of_its_line(tmp_path):
    path = tmp_path / "deep.jsonl"
    path.write_text(json.dumps({"text": "x"}) + "\n" + "[" * 100_000 + "\n")
    with open_table(path) as table:
        assert [bool(row.error) for row in table] == [False, True]


def test_parquet_is_read_with_its_types(tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    path = tmp_path / "a.parquet"
    parquet.write_table(pyarrow.table({"id": [7, 8], "text": ["x", None]}), path)
    assert rows_of(path) == [[7, "x"], [8, None]]


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("empty.csv", b"", "has no header line"),
        ("cut.csv.gz", gzip.compress(b"text\nx\n" * 99, mtime=0)[:-9], "is damaged"),
        ("no.parquet", b"PAR1 and nothing else", "is not valid Parquet"),
        ("book.csv", b"PK\3\4\x14\0", "save it as CSV"),
        ("book.csv.gz", gzip.compress(b"PK\3\4\x14\0", mtime=0), "save it as CSV"),
        ("old.csv", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0", "save it as CSV"),
        ("picture.csv", b"\x89PNG\r\n\x1a\n\0\0", "lines or Parquet"),
        ("paper.csv", b"%PDF-1.7\n1 0 obj\n", "lines or Parquet"),
        ("page.csv", b"\xef\xbb\xbf\n<!DOCTYPE html>\n", "lines or Parquet"),
        ("packed.csv", b"\x28\xb5\x2f\xfd\0", "unpack it"),
        ("unknown.csv", b"\1\2\0\3text\ngood\n", "not begin with text"),
        ("array.json", b'[{"text": "x"}]', "is one JSON array"),
        ("array.json", b'\n[\n{"text": "x"},\n{"text": "y"}\n]', "is one JSON array"),
        ("wide.json", b'{\n "text": "x"\n}\n', "`jq -c .` makes one of each"),
        ("prose.jsonl", b"good\nbad\n", "no line that is a JSON object: a table is"),
        ("no.jsonl", b"\n", "is empty"),
    ],
)
def test_what_is_no_table_is_refused_by_its_name(tmp_path, name, content, complaint):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(DataError, match=f"{name}.*{complaint}"):
        rows_of(path)


@pytest.mark.parametrize("content", [b"%PDF-1.7\n", b"<html>\n", b"\0\1\n"])
def test_where_one_format_alone_is_read_no_other_is_recommended(content):
    """A client of the service was told of Parquet, which it does not take."""
    with pytest.raises(DataError, match=r"a table is CSV(;|$)") as refusal:
        rows_of(content, format="csv")
    assert "Parquet" not in str(refusal.value)


def test_a_missing_file_and_an_unknown_encoding_are_refused(tmp_path):
    with pytest.raises(DataError, match=r"none\.csv: No such file"):
        rows_of(tmp_path / "none.csv")
    with pytest.raises(DataError, match="no encoding 'utf-9'"):
        rows_of(b"text\nx\n", encoding="utf-9")


def test_json_columns_are_all_keys_also_those_that_come_late():
    lines = b'no json\n{"text": "a", "n": 1}\n{"late": 2, "text": "b"}\n'
    for stream in (io.BytesIO(lines), io.BufferedReader(Pipe(lines))):
        with open_table(stream, DialectOptions(format="jsonl")) as table:
            assert table.columns == ["text", "n", "late"]
            assert [row.get("late") for row in table] == [None, None, 2]


def test_a_line_that_is_an_array_is_an_error_of_its_own_though_it_is_the_first():
    lines = b'["a"]\n{"text": "b"}\n[\n{"late": "c"}\n'
    with open_table(io.BytesIO(lines), DialectOptions(format="jsonl")) as table:
        assert table.columns == ["text", "late"]
        errors = [row.error for row in table]
    assert errors[0] == "the line is not a JSON object"
    assert errors[1::2] == [None, None]
    assert errors[2].startswith("the line is not valid JSON: ")


def test_what_is_no_number_in_json_is_an_error_of_its_line():
    with open_table(
        io.BytesIO(b'{"a": NaN}\n{"a": 1}\n'), DialectOptions(format="jsonl")
    ) as table:
        first, second = table
    assert "NaN is not a JSON number" in first.error
    assert second.error is None


def test_a_table_may_be_left_in_the_middle(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"text\n" + b"x\n" * 100_000)
    with open_table(path) as table:
        assert next(iter(table)).get("text") == "x"


def test_an_empty_line_among_answers_is_an_empty_answer_and_at_the_end_none():
    with open_table(io.BytesIO(b"review\ngood\n\nbad\n\n\n")) as table:
        assert [(row.line, row.values) for row in table] == [
            *[(2, ["good"]), (3, [""]), (4, ["bad"])]
        ]


def test_parquet_times_are_text_to_the_nanosecond_and_rows_know_where_they_lay(
    tmp_path,
):
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    path = tmp_path / "a.parquet"
    when = pyarrow.array([1_700_000_000_000_000_001], pyarrow.timestamp("ns"))
    parquet.write_table(pyarrow.table({"text": ["x"], "at": when}), path)
    with open_table(path) as table:
        (row,) = table
    assert row.values == ["x", "2023-11-14 22:13:20.000000001"]
    batch, place = row.origin
    assert batch.slice(place, 1).column(1).equals(when)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32", "utf-16-be"])
def test_the_replacement_character_is_a_character(encoding):
    """In UTF-16 it was taken for the mark of damage."""
    content = "id;text\r\n1;good \ufffd thing\r\n".encode(encoding)
    with open_table(io.BytesIO(content), DialectOptions(encoding=encoding)) as table:
        (row,) = table
    assert (row.get("text"), row.error) == ("good \ufffd thing", None)


@pytest.mark.parametrize(
    ("encoding", "damage", "kept"),
    [
        ("utf-16-le", b"\x41\xd8", "\udc41\udcd8"),
        ("utf-32-le", b"\x0a\x00\x11\x00", "\udc0a\udc00\udc11\udc00"),
    ],
)
def test_of_a_wide_encoding_bytes_that_are_none_are_told_and_kept(
    encoding, damage, kept
):
    before, after = "id;text\n1;good \ufffd", "!\n2;fine\n"
    content = before.encode(encoding) + damage + after.encode(encoding)
    with open_table(io.BytesIO(content), DialectOptions(encoding=encoding)) as table:
        damaged, fine = table
    assert damaged.get("text") == f"good \ufffd{kept}!"
    byte = f"byte {damage[0]:#04x}"
    assert damaged.error.startswith(f"cell 2 is not {encoding} ({byte})")
    assert (fine.get("text"), fine.error) == ("fine", None)
