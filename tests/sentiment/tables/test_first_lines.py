"""What stands above the rows of CSV: a header or none, and lines that are no part."""

import io

import pytest
from reading_tables import Pipe, as_csv, rows_of

from sentiment.errors import DataError
from sentiment.tables import DialectOptions, open_table
from sentiment.tables.stretches import cut_stretches, read_stretch

NO_HEADER = DialectOptions(header=False)


@pytest.mark.parametrize(
    ("content", "columns", "rows"),
    [
        ("good\nbad\n", ["text"], [(1, ["good"]), (2, ["bad"])]),
        (
            '1,"so\nso"\n\n2,bad\n',
            *(["column_1", "column_2"], [(1, ["1", "so\nso"]), (4, ["2", "bad"])]),
        ),
        ("\ufeffsep=;\n\n1;a,b\n", ["column_1", "column_2"], [(3, ["1", "a,b"])]),
        ("good\n\nbad", ["text"], [(1, ["good"]), (2, [""]), (3, ["bad"])]),
    ],
)
def test_without_a_header_the_first_line_is_a_row(content, columns, rows):
    piped = io.BufferedReader(Pipe(content.encode()))
    for source in (io.BytesIO(content.encode()), piped):
        with open_table(source, NO_HEADER) as table:
            assert table.columns == columns
            assert [(row.line, row.values) for row in table] == rows


def test_lines_above_the_header_are_left_out():
    content = b"Report; by shop, and year\n\nid;text\n1;good, good\n2\n"
    with open_table(io.BytesIO(content), DialectOptions(skip_lines=2)) as table:
        assert (table.columns, table.dialect.delimiter) == (["id", "text"], ";")
        rows = [(row.line, row.values) for row in table]
        assert rows == [(4, ["1", "good, good"]), (5, ["2", ""])]
    # A quote in the title would have made the cells of this file characters.
    content = b'"Report\nid\ttext\n1\t"so\nso"\n'
    assert rows_of(content, skip_lines=1, delimiter="\t") == [["1", "so\nso"]]
    assert rows_of(b"Report\n1,good\n", skip_lines=1, header=False) == [["1", "good"]]


@pytest.mark.parametrize(
    ("content", "known", "told"),
    [
        (b"", {"header": False}, "is empty: it has no row"),
        (b"", {}, "is empty: it has no header line"),
        (b"a\nb\n", {"skip_lines": 3}, "has no more than the 3 lines to skip"),
        (b'{"text": "a"}\n', {"header": False}, "leave --no-header out"),
        (b'{"text": "a"}\n', {"skip_lines": 1}, "lines are skipped of CSV and TSV"),
    ],
)
def test_what_has_no_such_lines_is_refused(content, known, told):
    with pytest.raises(DataError, match=told):
        rows_of(content, **known)


@pytest.mark.parametrize(
    "known", [{"header": False}, {"header": False, "skip_lines": 2}, {"skip_lines": 2}]
)
@pytest.mark.parametrize("quoting", [True, False])
def test_in_stretches_the_rows_are_those_of_the_whole(tmp_path, known, quoting):
    path = tmp_path / "in.csv"
    rows = [[str(n), f"good, {n}" if quoting else f"so {n}"] for n in range(300)]
    path.write_bytes("\ufeffReport\n\n".encode() + as_csv(rows))
    with open_table(path, DialectOptions(quoting=quoting, **known)) as table:
        dialect, columns, whole = table.dialect, table.columns, list(table)
    cut = list(cut_stretches(path, dialect, 500))
    assert len(cut) > 5
    found = [row for one in cut for row in read_stretch(path, dialect, columns, one)]
    assert found == whole
    assert found[-1].line == 302


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        ("Report 2026\n\nid,comment\n1,good\n2,bad\n", 2),
        ("Report, 2026\nid;n;comment\n1;2;good, good\n2;3;bad\n", 1),
        # As a spreadsheet saves it.
        ("Report 2026,,\n,,\nid,comment,n\n1,good,\n2,bad,3\n", 2),
        ("id,comment\n1,good\n2,bad\n", 0),
        ("comment\ngood, cheap\nnice, fast\nbad, slow\n", 0),
        ("comment\nIt broke, and I wanted my money back; I never got it,b\nx,y\n", 0),
        ("id,comment\n1,good\n2,bad, bad\n", 0),
        ("comment\n1,5\n2,7\n3,8\n", 0),
        ("id,,\n1,good,\n2,bad,3\n", 0),
        ("sep=;\nid;comment\n1;good\n2;bad\n", 0),
    ],
)
def test_a_title_above_the_header_is_noticed(content, lines):
    with open_table(io.BytesIO(content.encode())) as table:
        assert table.dialect.title_lines == lines
