"""What goes into a table comes out of it, whatever the file; what is odd says so."""

import csv
import gzip
import io
import json
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment.errors import DataError
from sentiment.tables import open_table

# A cell may hold anything that UTF-8 can.
CELLS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


def rows_of(
    content: bytes | Path | io.BufferedIOBase, **dialect: str
) -> list[list[object]]:
    source = io.BytesIO(content) if isinstance(content, bytes) else content
    with open_table(source, **dialect) as table:
        return [list(row.values) for row in table]


def as_csv(rows: list[list[str]], delimiter: str = ",") -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter).writerows(rows)
    return text.getvalue().encode()


class Pipe(io.RawIOBase):
    """A stream that gives a few bytes at a time and cannot go back."""

    def __init__(self, content: bytes) -> None:
        self._content = io.BytesIO(content)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:
        chunk = self._content.read(min(7, len(buffer)))
        buffer[: len(chunk)] = chunk
        return len(chunk)


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


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_though_the_texts_are_full_of_others(delimiter):
    rows = [["id", "text", "note"]] + [
        [str(n), "good, cheap; but | late", "x"] for n in range(20)
    ]
    content = as_csv(rows, delimiter)
    assert rows_of(content) == rows[1:]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_the_encoding_is_found(encoding):
    content = "id,text\n1,café was lovely\n".encode(encoding)
    with open_table(io.BytesIO(content)) as table:
        assert table.columns == ["id", "text"]
        assert [row.get("text") for row in table] == ["café was lovely"]


def test_a_file_that_turns_out_not_to_be_utf_8_far_below_is_read_as_cp1252(tmp_path):
    path = tmp_path / "late.csv"
    path.write_bytes(b"text\n" + b"plain\n" * 100_000 + "naïve\n".encode("cp1252"))
    with open_table(path) as table:
        assert "cp1252" in table.dialect.describe()
        *_, last = table
    assert last.get("text") == "naïve"


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


@pytest.mark.parametrize("pipe", [False, True])
@pytest.mark.parametrize(
    "members",
    [
        # What this project writes: the header is a member of its own.
        [b"id\ttext\n", b'1\t"a ""good"" film"\n'],
        [b"id;text, in full\n", b'1;"a ""good"" film"\n'],
        [b"", b"id;text\n", b'1;"a ""good"" film"\n'],
    ],
)
def test_members_of_gzip_are_looked_at_together(members, pipe):
    """The dialect was found by the first alone."""
    content = b"".join(map(gzip.compress, members))
    stream = io.BufferedReader(Pipe(content)) if pipe else io.BytesIO(content)
    assert rows_of(stream) == [["1", 'a "good" film']]


def test_json_lines_keep_their_values_and_their_text(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "good", "n": 1.10}\n\nno json\n{"text": "bad"}\n')
    with open_table(path) as table:
        first, broken, last = table
    assert (first.get("text"), first.raw) == ("good", '{"text": "good", "n": 1.10}')
    assert (broken.line, broken.error) == (3, broken.error)
    assert broken.error.startswith("the line is no JSON")
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
        ("no.parquet", b"PAR1 and nothing else", "is no Parquet"),
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
    with pytest.raises(DataError, match=r"a table is CSV$"):
        rows_of(content, format="csv")


def test_a_missing_file_and_an_unknown_encoding_are_refused(tmp_path):
    with pytest.raises(DataError, match=r"none\.csv: No such file"):
        rows_of(tmp_path / "none.csv")
    with pytest.raises(DataError, match="no encoding 'utf-9'"):
        rows_of(b"text\nx\n", encoding="utf-9")


def test_a_quote_that_is_never_closed_is_an_error_not_a_long_text():
    with open_table(io.BytesIO(b'id,text\n1,"good\n2,fine\n')) as table:
        (row,) = table
    assert row.error.startswith("a quote that opens in the row of line 2 is never clos")
    assert "quotes are characters like others" in row.error


def test_some_damaged_bytes_are_errors_of_their_rows_and_not_another_encoding():
    content = "text\ncafé déjà vu\nbad \xff\n".encode().replace(b"\xc3\xbf", b"\xff")
    with open_table(io.BytesIO(content)) as table:
        sound, damaged = table
    assert (sound.get("text"), sound.error) == ("café déjà vu", None)
    assert damaged.error.startswith("cell 1 is not utf-8 (byte 0xff)")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "UTF8"])
def test_the_mark_at_a_files_beginning_belongs_to_no_name(encoding):
    content = "\ufefftext\nfine\n".encode(encoding)
    with open_table(io.BytesIO(content), encoding=encoding) as table:
        assert table.columns == ["text"]


@pytest.mark.parametrize("pack", [bytes, partial(gzip.compress, compresslevel=0)])
@pytest.mark.parametrize(
    "content",
    [
        b"text\n" + b"plain\n" * 500_000,
        b"id\ttext\n" + b"1\tplain\n" * 500_000,
        b'{"text": "plain"}\n' * 100_000,
    ],
)
def test_a_long_reading_before_the_rows_can_be_watched(content, pack):
    """A file of 10 GB was read for minutes before the first word was said."""
    heard: list[int] = []
    packed = pack(content)
    with open_table(io.BytesIO(packed), watch=heard.append) as table:
        assert len(heard) > 2
        assert len(set(heard)) > 1
        assert max(heard) <= len(packed)
        assert next(iter(table)).get("text") == "plain"


def test_json_columns_are_all_keys_also_those_that_come_late():
    lines = b'no json\n{"text": "a", "n": 1}\n{"late": 2, "text": "b"}\n'
    for stream in (io.BytesIO(lines), io.BufferedReader(Pipe(lines))):
        with open_table(stream, format="jsonl") as table:
            assert table.columns == ["text", "n", "late"]
            assert [row.get("late") for row in table] == [None, None, 2]


def test_a_line_that_is_an_array_is_an_error_of_its_own_though_it_is_the_first():
    lines = b'["a"]\n{"text": "b"}\n[\n{"late": "c"}\n'
    with open_table(io.BytesIO(lines), format="jsonl") as table:
        assert table.columns == ["text", "late"]
        errors = [row.error for row in table]
    assert errors[0] == "the line is no JSON object"
    assert errors[1::2] == [None, None]
    assert errors[2].startswith("the line is no JSON: ")


def test_what_was_unpacked_and_kept_its_name_is_read_as_it_is(tmp_path):
    path = tmp_path / "in.csv.gz"
    path.write_bytes(b"text\ngood\n")
    assert rows_of(path) == [["good"]]


def test_what_is_no_number_in_json_is_an_error_of_its_line():
    with open_table(io.BytesIO(b'{"a": NaN}\n{"a": 1}\n'), format="jsonl") as table:
        first, second = table
    assert "NaN is no JSON number" in first.error
    assert second.error is None


def test_a_delimiter_may_be_named_and_must_be_one():
    for word, delimiter in {"tab": b"\t", "semicolon": b";", "bar": b"|"}.items():
        content = b"a,b\n1,2\n".replace(b",", delimiter)
        assert rows_of(content, delimiter=word) == [["1", "2"]]
    for wrong in ("", "ab", "\n", '"'):
        with pytest.raises(DataError, match="must be one character"):
            rows_of(b"a,b\n", delimiter=wrong)


@pytest.mark.parametrize("encoding", ["base64", "idna", "punycode", "undefined"])
def test_what_is_no_encoding_of_files_is_refused(encoding):
    """Of some it was said that the file is no UTF-8, which nobody had asked for."""
    with pytest.raises(DataError, match=f"no encoding '{encoding}'"):
        rows_of(b"text\n", encoding=encoding)


@pytest.mark.parametrize("name", ["in.tsv", "IN.TSV", "in.tab.gz", "IN.TSV.GZ"])
def test_a_name_that_says_tabs_is_believed_however_it_is_written(tmp_path, name):
    content = b"id\ttext, in full\n1\tgood\n"
    path = tmp_path / name
    path.write_bytes(gzip.compress(content) if "gz" in name.lower() else content)
    with open_table(path) as table:
        assert table.columns == ["id", "text, in full"]


def test_a_table_may_be_left_in_the_middle(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"text\n" + b"x\n" * 100_000)
    with open_table(path) as table:
        assert next(iter(table)).get("text") == "x"


def test_a_file_of_one_column_has_no_delimiter():
    with open_table(io.BytesIO(b'review\nGood, really; yes\n"two, ""cells"""\n')) as t:
        assert (t.columns, t.dialect.delimiter) == (["review"], "")
        assert t.dialect.describe() == "CSV, utf-8, one column"
        assert [row.values for row in t] == [["Good, really; yes"], ['two, "cells"']]


@pytest.mark.parametrize("known", [{}, {"delimiter": ";"}])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_excels_line_before_the_header_names_the_delimiter(known, encoding):
    content = "sep=;\r\nid;text\r\n1;grün, good\r\n".encode(encoding)
    with open_table(io.BytesIO(content), **known) as table:
        assert table.columns == ["id", "text"]
        assert [(row.line, row.values) for row in table] == [(3, ["1", "grün, good"])]


@pytest.mark.parametrize("name", ['"', " "])
def test_what_can_be_no_delimiter_is_none_in_excels_line_either(name):
    """Rows were cut at quotes, and from Python 3.13 on it was a traceback."""
    content = f"sep={name}\ngood film\nnot good\n".encode()
    with open_table(io.BytesIO(content)) as table:
        assert (table.columns, table.dialect.delimiter) == ([f"sep={name}"], "")
        assert [row.values for row in table] == [["good film"], ["not good"]]


def test_a_header_with_a_comma_can_be_said_to_be_one_column():
    content = b"Your opinion, please\ngood\n"
    with open_table(io.BytesIO(content), delimiter="none") as table:
        assert table.columns == ["Your opinion, please"]


def test_an_empty_line_among_answers_is_an_empty_answer_and_at_the_end_none():
    with open_table(io.BytesIO(b"review\ngood\n\nbad\n\n\n")) as table:
        assert [(row.line, row.values) for row in table] == [
            *[(2, ["good"]), (3, [""]), (4, ["bad"])]
        ]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark_is_found(encoding):
    assert rows_of("id,text\n1,café\n".encode(encoding)) == [["1", "café"]]


def test_json_lines_without_a_name_are_known_by_their_first_line():
    with open_table(io.BytesIO(b'{"text": "good, {really}"}\n')) as table:
        assert table.dialect.describe() == "JSON lines, utf-8"
        assert table.columns == ["text"]


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_the_lines_end_is_found(line_end):
    content = f'id,text{line_end}1,"a\r\nb"{line_end}'.encode()
    with open_table(io.BytesIO(content)) as table:
        assert table.dialect.line_end == line_end


def test_a_long_cell_near_the_beginning_hides_no_delimiter():
    # As in a new process: the bound that the reader raises is one for all of it.
    before = csv.field_size_limit(131_072)
    try:
        content = as_csv([["id", "text"], ["1", "good"], ["2", "fine " * 40_000]])
        assert rows_of(content)[0] == ["1", "good"]
    finally:
        csv.field_size_limit(before)


def test_a_row_that_the_sample_cuts_says_nothing_of_the_delimiter():
    long = "fine; " * 60_000
    content = f"id,text;note\n1,{long}\n".encode()
    with open_table(io.BytesIO(content)) as table:
        assert table.dialect.delimiter == ","


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
