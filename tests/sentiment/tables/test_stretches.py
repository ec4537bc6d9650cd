"""A table that is read in stretches has the rows that it has when read at once."""

import gzip
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from sentiment.errors import DataError
from sentiment.tables import DialectOptions, Row, open_table
from sentiment.tables.stretches import Stretch, cut_stretches, read_stretch

# What decides where a row of CSV ends, letters of one, two and three bytes, and a byte
# that is no letter.
PIECES = st.sampled_from(
    ['"', '""', '"a', ',"', ",", "\n", "\r\n", "\r", " ", "a", "ä", "…"]
    + ["\ufeff", 'x"y', "\0", "\udcff"]
)
CONTENTS = st.lists(PIECES, max_size=40).map("".join)


def stretches(path: Path, size: int, **known: Any) -> tuple[list[Stretch], list[Row]]:
    """Return the stretches, and the rows that reading each of them gives."""
    with open_table(path, DialectOptions(**known)) as table:
        dialect, columns = table.dialect, list(table.columns)
    cut = list(cut_stretches(path, dialect, size))
    rows = [row for one in cut for row in read_stretch(path, dialect, columns, one)]
    return cut, rows


def whole(path: Path, **known: Any) -> list[Row]:
    with open_table(path, DialectOptions(**known)) as table:
        return list(table)


def plain(rows: list[Row]) -> list[Row]:
    """Return rows without their batches, which are other objects at each reading."""
    return [replace(row, origin=None) for row in rows]


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    content=CONTENTS,
    header=st.sampled_from(["a,b\n", "text\r\n", "\ufefftext\n", "sep=,\na,b\n"]),
    quoting=st.booleans(),
    encoding=st.sampled_from(["utf-8", "utf-8-sig"]),
)
def test_csv_has_its_rows_wherever_it_is_cut(
    tmp_path, content, header, quoting, encoding
):
    """Called utf-8-sig, a file without a mark had stretches that began too late."""
    path = tmp_path / "in.csv"
    path.write_bytes((header + content).encode(errors="surrogateescape"))
    known = {"encoding": encoding, "delimiter": ",", "quoting": quoting}
    cut, rows = stretches(path, 1, **known)
    assert rows == whole(path, **known)
    assert sum(one.rows for one in cut) == len(rows)
    numbers = [one.first_row for one in cut]
    assert numbers == [1 + sum(one.rows for one in cut[:at]) for at in range(len(cut))]


def test_a_quoted_text_over_several_lines_is_never_cut(tmp_path):
    path = tmp_path / "in.csv"
    row = '7,"good\n\nbut ""not"", really\r\n,\n great"\n'
    path.write_text("id,text\n" + row * 50, newline="")
    cut, rows = stretches(path, 2 * len(row))
    assert len(cut) == 25
    assert {row.get("text") for row in rows} == {
        'good\n\nbut "not", really\r\n,\n great'
    }
    assert rows == whole(path)


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_rows_that_lone_quotes_may_have_joined_err_in_a_stretch_too(tmp_path, pack):
    path = tmp_path / ("in.tsv" if pack is bytes else "in.tsv.gz")
    quoted = '1\t"Alien\nis good"\n2\tlost\ta cell\n' * 3
    joined = '3\t"Alien was\n4\tgood"\n'
    path.write_bytes(pack(f"id\ttext\n{quoted}{joined}".encode()))
    _, rows = stretches(path, 1)
    assert rows == whole(path)
    assert "turn quoting on or off" in rows[-1].error


def test_bytes_that_are_no_utf_8_are_counted_as_they_are(tmp_path):
    path = tmp_path / "in.csv"
    path.write_bytes(b"text\n" + "größer\n".encode() * 30 + b"b\xff\xfed\nend\n")
    cut, rows = stretches(path, 40)
    assert len(cut) > 3
    assert rows == whole(path)
    assert [row.error is not None for row in rows] == [False] * 30 + [True, False]


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1"])
def test_single_byte_encodings_are_cut(tmp_path, encoding):
    path = tmp_path / "in.csv"
    path.write_bytes(("a;text\n" + "1;größer, weiß\n" * 40).encode(encoding))
    cut, rows = stretches(path, 100, encoding=encoding)
    assert len(cut) > 3
    assert rows == whole(path, encoding=encoding)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("in.csv.gz", gzip.compress(b"text\n" + b"good\n" * 40, mtime=0)),
        ("in.csv", ("text\n" + "größer\n" * 40).encode("utf-16")),
    ],
)
def test_what_is_read_from_its_beginning_alone_is_one_stretch(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    cut, rows = stretches(path, 10)
    assert [(one.first_row, one.rows) for one in cut] == [(1, 40)]
    assert rows == whole(path)


@pytest.mark.parametrize("group", [3, 10, 100])
def test_parquet_is_cut_by_rows_whatever_its_row_groups(tmp_path, group):
    path = tmp_path / "in.parquet"
    table = pyarrow.table({"n": range(50), "text": [f"text {n}" for n in range(50)]})
    parquet.write_table(table, path, row_group_size=group)
    cut, rows = stretches(path, path.stat().st_size // 7)
    assert len(cut) == 7
    assert plain(rows) == plain(whole(path))
    assert [row.line for row in rows] == list(range(1, 51))
    origins = [batch.column("n")[place].as_py() for batch, place in map(origin, rows)]
    assert origins == list(range(50))


def origin(row: Row) -> tuple[pyarrow.RecordBatch, int]:
    assert row.origin is not None
    return row.origin


@pytest.mark.parametrize("name", ["in.csv", "in.parquet"])
def test_a_table_without_rows_is_an_empty_stretch(tmp_path, name):
    path = tmp_path / name
    if name == "in.csv":
        path.write_text("id,text\n")
    else:
        parquet.write_table(pyarrow.table({"text": pyarrow.array([], "string")}), path)
    cut, rows = stretches(path, 10)
    assert [one.rows for one in cut] == [0]
    assert rows == []


def test_a_file_that_is_no_parquet_any_more_is_told(tmp_path):
    path = tmp_path / "in.parquet"
    parquet.write_table(pyarrow.table({"text": ["a"]}), path)
    with open_table(path) as table:
        dialect = table.dialect
    path.write_bytes(b"PAR1 and nothing else")
    with pytest.raises(DataError, match=r"in.parquet is not valid Parquet"):
        list(cut_stretches(path, dialect, 10))
