"""How a table is written is found out, or believed where it is said."""

import csv
import gzip
import io
import json
from functools import partial

import pytest
from reading_tables import Pipe, as_csv, rows_of

from sentiment.errors import DataError
from sentiment.tables import DialectOptions, open_table


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_though_the_texts_are_full_of_others(delimiter):
    rows = [["id", "text", "note"]] + [
        [str(n), "good, cheap; but | late", "x"] for n in range(20)
    ]
    content = as_csv(rows, delimiter)
    assert rows_of(content) == rows[1:]


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
@pytest.mark.parametrize(
    "text", ["Good, really", "So, so, so", 'a ""b"", c', "d,\r\n e"]
)
def test_a_delimiter_in_quotes_is_none_though_every_row_has_it(delimiter, text):
    """Of these a comma cut every line into as many cells, and through its quotes."""
    rows = [["id", "text, in full"], ["1", text], ["2", text]]
    lines = (f'{key}{delimiter}"{value}"\r\n' for key, value in rows)
    content = "".join(lines).encode()
    with open_table(io.BytesIO(content)) as table:
        found = [table.columns, *(row.values for row in table)]
    assert found == [[key, value.replace('""', '"')] for key, value in rows]


def test_lone_quotes_hide_no_delimiter():
    rows = 'a,"b" c,d\n' * 99
    assert rows_of(f"id,text\n{rows}".encode())[0] == ["a", '"b" c,d']
    content = b'id,size; in full\n1,5" screen\n2,"Alien" is good\n'
    assert rows_of(content) == [["1", '5" screen'], ["2", '"Alien" is good']]


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


@pytest.mark.parametrize(
    ("content", "described"),
    [
        ("text\nпривет\n".encode("koi8-r"), "cp1252 (a guess: it is not UTF-8)"),
        (b"text\ncaf\xe9\n", "cp1252 (a guess: it is not UTF-8)"),
        # Two files in one, of which each sound row is spoilt.
        (
            "text\ncafé\n".encode() + b"caf\xe9, caf\xe9\n",
            "cp1252 (a guess: only some of it is UTF-8)",
        ),
        ("text\ncafé, café\n".encode() + b"caf\xe9\n", "utf-8"),
    ],
)
def test_an_encoding_that_was_guessed_is_called_a_guess(content, described):
    with open_table(io.BytesIO(content)) as table:
        assert f"CSV, {described}, " in table.dialect.describe()
    with open_table(io.BytesIO(content), DialectOptions(encoding="cp1252")) as table:
        assert table.dialect.describe().startswith("CSV, cp1252, ")


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
@pytest.mark.parametrize("padding", [b"", b"\0" * 512], ids=["close", "padded"])
def test_members_of_gzip_are_looked_at_together(members, pipe, padding):
    """The dialect was found by the first alone, and by it where zeros followed."""
    content = padding.join(map(gzip.compress, members))
    stream = io.BufferedReader(Pipe(content)) if pipe else io.BytesIO(content)
    assert rows_of(stream) == [["1", 'a "good" film']]


def test_some_damaged_bytes_are_errors_of_their_rows_and_not_another_encoding():
    content = "text\ncafé déjà vu\nbad \xff\n".encode().replace(b"\xc3\xbf", b"\xff")
    with open_table(io.BytesIO(content)) as table:
        sound, damaged = table
    assert (sound.get("text"), sound.error) == ("café déjà vu", None)
    assert damaged.error.startswith("cell 1 is not utf-8 (byte 0xff)")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "UTF8"])
def test_the_mark_at_a_files_beginning_belongs_to_no_name(encoding):
    content = "\ufefftext\nfine\n".encode(encoding)
    with open_table(io.BytesIO(content), DialectOptions(encoding=encoding)) as table:
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
    with open_table(io.BytesIO(packed), on_bytes_read=heard.append) as table:
        assert len(heard) > 2
        assert len(set(heard)) > 1
        assert max(heard) <= len(packed)
        assert next(iter(table)).get("text") == "plain"


def test_what_was_unpacked_and_kept_its_name_is_read_as_it_is(tmp_path):
    path = tmp_path / "in.csv.gz"
    path.write_bytes(b"text\ngood\n")
    assert rows_of(path) == [["good"]]


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


def test_a_file_of_one_column_has_no_delimiter():
    with open_table(io.BytesIO(b'review\nGood, really; yes\n"two, ""cells"""\n')) as t:
        assert (t.columns, t.dialect.delimiter) == (["review"], "")
        assert t.dialect.describe() == "CSV, utf-8, one column"
        assert [row.values for row in t] == [["Good, really; yes"], ['two, "cells"']]


@pytest.mark.parametrize("known", [{}, {"delimiter": ";"}])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_excels_line_before_the_header_names_the_delimiter(known, encoding):
    content = "sep=;\r\nid;text\r\n1;grün, good\r\n".encode(encoding)
    with open_table(io.BytesIO(content), DialectOptions(**known)) as table:
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
    with open_table(io.BytesIO(content), DialectOptions(delimiter="none")) as table:
        assert table.columns == ["Your opinion, please"]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark_is_found(encoding):
    assert rows_of("id,text\n1,café\n".encode(encoding)) == [["1", "café"]]


def test_json_lines_without_a_name_are_known_by_their_first_line():
    with open_table(io.BytesIO(b'{"text": "good, {really}"}\n')) as table:
        assert table.dialect.describe() == "JSON lines, utf-8"
        assert table.columns == ["text"]


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
@pytest.mark.parametrize("pipe", [False, True])
@pytest.mark.parametrize("line_end", ["\n", ""])
def test_json_lines_are_known_by_a_first_line_longer_than_what_is_looked_at(
    pipe, pack, line_end
):
    """It became the header, and the lines below it texts of JSON."""
    long = "very, very " * 40_000
    texts = [long, *["good"] * bool(line_end)]
    lines = line_end.join(json.dumps({'id, "1"': 1, "text": text}) for text in texts)
    content = pack(lines.encode())
    stream = io.BufferedReader(Pipe(content)) if pipe else io.BytesIO(content)
    with open_table(stream) as table:
        assert table.dialect.format == "jsonl"
        assert [row.get("text") for row in table] == texts


def test_a_long_header_that_begins_with_a_brace_is_one():
    columns = ["{a}", '{"b"}', *map(str, range(50_000))]
    content = as_csv([columns, ["1"] * len(columns)])
    with open_table(io.BytesIO(content)) as table:
        assert table.columns == columns


# Characters with a byte that is 0 where those of plain letters are not.
ZEROS = "good 😀 Āa "


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark_is_found_though_it_has_an_emoji(encoding):
    """One emoji made it a file that does not begin with text."""
    assert rows_of(f"id,text\n1,{ZEROS}\n".encode(encoding)) == [["1", ZEROS]]


def test_of_utf_16_that_is_not_found_the_encoding_can_be_named():
    content = ("id,text\n1,good\n" + "不错😀" * 50).encode("utf-16-le")
    with pytest.raises(DataError, match="it is utf-16-le or utf-16-be") as raised:
        rows_of(content)
    assert raised.value.option == "encoding"
    assert rows_of(content, encoding="utf-16-le")[0] == ["1", "good"]
    with pytest.raises(DataError, match=r"Parquet$"):
        rows_of(b"\0\0\0\0", encoding="utf-8")


JSON_LINE = b'{"text": "good"}\n'
PARQUET = b"PAR1\x15\x04\x15\0PAR1"


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("in.csv", JSON_LINE, "contains JSON lines, not CSV: .* its format, jsonl"),
        ("in.tsv", b"\xef\xbb\xbf" + JSON_LINE, "JSON lines, not CSV"),
        ("in.csv", PARQUET, "Parquet, not CSV: .* its format, parquet"),
        ("in.jsonl", PARQUET, "Parquet, not JSON lines"),
    ],
)
def test_a_name_that_says_another_format_is_told(tmp_path, name, content, told, pack):
    """An object was taken for the header, and those below it for texts."""
    path = tmp_path / name
    path.write_bytes(pack(content))
    with pytest.raises(DataError, match=told) as raised:
        rows_of(path)
    assert raised.value.option == "format"
    if content is JSON_LINE:
        assert rows_of(path, format="jsonl") == [["good"]]


@pytest.mark.parametrize("name", ["in.parquet.gz", "in", "in.parquet"])
def test_of_gzipped_parquet_the_gzip_is_told(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(gzip.compress(PARQUET))
    with pytest.raises(DataError, match=r"packed with gzip.* unpack it first"):
        rows_of(path)


def test_a_header_that_begins_as_parquet_does_is_one():
    assert rows_of(b"PAR1,PAR2\n4,5\n") == [["4", "5"]]


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
