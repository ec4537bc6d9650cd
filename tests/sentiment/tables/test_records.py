"""Lines become rows: cells in quotes are read whole, and lone quotes join no rows."""

import csv
import io
from contextlib import closing

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sentiment.tables import DialectOptions, Row, open_table, records
from sentiment.tables.rows import EMPTY

# What decides where a cell and a row end, in every order.
PIECES = st.sampled_from(
    ['"', '""', '"a', 'a"', ',"', '",', ",", "\n", "\r\n", "\r", "a"]
)
# Two lone quotes, each of which begins a cell and ends none.
STRAY = (
    '1,"Alien" was good\n2,"Great film\n3,awful, awful film\n4,"Nice" film\n5,fine\n'
)


def read(content: str, **known: object) -> list[Row]:
    known = {"delimiter": ",", "encoding": "utf-8", "quoting": True} | known
    with open_table(io.BytesIO(content.encode()), DialectOptions(**known)) as table:
        return list(table)


CELLS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8) | st.lists(
    st.sampled_from(['"', '""', ",", ";", "\t", "\n", "\r\n", "\r", " ", "a", "\x1f"]),
    max_size=8,
).map("".join)


@given(
    rows=st.integers(1, 3).flatmap(
        lambda width: st.lists(st.lists(CELLS, min_size=width, max_size=width))
    ),
    delimiter=st.sampled_from(",;\t|"),
    line_end=st.sampled_from(["\n", "\r\n", "\r"]),
    every=st.booleans(),
)
def test_what_the_csv_module_writes_is_read_as_it_was(rows, delimiter, line_end, every):
    width = len(rows[0]) if rows else 1
    text = io.StringIO(newline="")
    # Until Python 3.13 it may leave a CR without quotes where that ends no line.
    quoting = csv.QUOTE_ALL if every or line_end == "\n" else csv.QUOTE_MINIMAL
    form = {"delimiter": delimiter, "lineterminator": line_end, "quoting": quoting}
    writer = csv.writer(text, **form)
    writer.writerows([[f"column {at}" for at in range(width)], *rows])
    known = delimiter if width > 1 else "none"
    found = read(text.getvalue(), delimiter=known)
    assert [row.values for row in found] == rows
    assert {row.error for row in found} <= {None}


@given(
    rows=st.lists(
        st.lists(st.tuples(CELLS, st.booleans()), min_size=3, max_size=3), max_size=6
    ),
    delimiter=st.sampled_from(",;\t|"),
    line_end=st.sampled_from(["\n", "\r\n"]),
)
@example([[("", True), ('a,"",b', True), ("", False)]], ",", "\n")
@example([[("", True), ("a\n", True), ("", True)]], ",", "\n")
def test_an_empty_cell_in_quotes_is_told_from_one_without(rows, delimiter, line_end):
    """Both were an empty text, and both were written as a missing value."""
    special = {'"', "\r", "\n", delimiter}
    rows = [
        [(cell, in_quotes or not special.isdisjoint(cell)) for cell, in_quotes in row]
        for row in rows
    ]
    lines = [["a", "b", "c"]]
    lines += [
        [quoted(cell) if in_quotes else cell for cell, in_quotes in r] for r in rows
    ]
    content = "".join(delimiter.join(line) + line_end for line in lines)
    found = [row.values for row in read(content, delimiter=delimiter)]
    assert found == [[cell for cell, _ in row] for row in rows]
    assert [[cell is EMPTY for cell in row] for row in found] == [
        [in_quotes and not cell for cell, in_quotes in row] for row in rows
    ]


@pytest.mark.parametrize(
    ("content", "delimiter"), [('text\n""\n', "none"), ('a,b\n"",so "good\n', ",")]
)
def test_an_empty_cell_in_quotes_is_told_also_where_csv_is_read_by_hand(
    content, delimiter
):
    (row,) = read(content, delimiter=delimiter)
    assert row.values[0] is EMPTY


@given(pieces=st.lists(PIECES, max_size=40))
@example(pieces=[STRAY])
@example(pieces=['1,"Alien" is good,"a, b"'])
@example(pieces=['1,"a"\n2,"b"" '])
def test_no_line_is_lost_and_no_quote(pieces):
    """Rows between two lone quotes became one text, and nobody was told."""
    content = "".join(pieces)
    rows = read("id,text\n" + content)
    lines = io.StringIO(content, newline="").readlines()
    filled = [line for line in lines if line.strip("\r\n")]
    inside = sum(len(row_lines(row)) - 1 for row in rows)
    assert len(rows) + inside >= len(filled)
    for cell in (cell for row in rows if row.error is None for cell in row.values):
        assert cell in content or quoted(cell) in content
        assert (
            len(io.StringIO(cell, newline="").readlines()) < 2
            or quoted(cell) in content
        )


def quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"'


def row_lines(row: Row) -> list[str]:
    return io.StringIO("".join(row.values) + ".", newline="").readlines()


def test_two_lone_quotes_take_in_no_row():
    """Of these five reviews three rows came out, one of them with three reviews."""
    rows = read("id,text\n" + STRAY)
    assert [row.values for row in rows] == [
        ["1", '"Alien" was good'],
        ["2", '"Great film'],
        ["3", "awful, awful film"],
        ["4", '"Nice" film'],
        ["5", "fine"],
    ]
    errors = [row.error or "" for row in rows]
    assert [error[:24] for error in errors] == [
        *("", "a quote opened in the ro", "cells in the row: 3 (in ", "", "")
    ]
    assert "never closed" in errors[1]
    assert "turn quoting off" in errors[1]
    assert [row.line for row in rows] == [2, 3, 4, 5, 6]


@pytest.mark.parametrize("delimiter", [",", "\t"])
def test_a_quote_that_is_never_closed_is_an_error_of_its_row_alone(delimiter):
    """It took everything to the end of the file for one row."""
    content = 'id,text\n1,good\n2,"bad\n\n3,fine\n4,poor\n'.replace(",", delimiter)
    rows = read(content, delimiter=delimiter)
    assert [row.get("id") for row in rows] == ["1", "2", "3", "4"]
    assert [row.line for row in rows] == [2, 3, 5, 6]
    assert [row.error is not None for row in rows] == [False, True, False, False]
    start = "a quote opened in the row of line 3 is never closed"
    assert rows[1].error.startswith(start)


def test_what_a_quote_may_take_in_is_bounded(monkeypatch):
    monkeypatch.setattr(records, "MAX_OPEN_CHARACTERS", 100)
    monkeypatch.setattr(records, "_SHORT", 100)
    near = '"' + "a line\n" * 10 + '"'
    far = '"' + "a line\n" * 30 + '"'
    rows = read(f"id,text\n1,{near}\n2,{far}\n3,fine\n")
    assert (rows[0].get("text"), rows[0].error) == (near.strip('"'), None)
    assert "line 13 is not closed within 100 characters" in rows[1].error
    assert len(rows) == 1 + 31 + 1
    assert [row.line for row in rows] == [2, *range(13, 45)]
    assert all(row.error for row in rows[1:-1])
    assert (rows[-1].values, rows[-1].error) == (["3", "fine"], None)


def test_a_long_cell_of_many_lines_is_one_row():
    """Of 18 MB in quotes each line became a row, whose quote was "never closed"."""
    cell = 'a ""line""\n' * 1_800_000
    rows = read(f'id,text\n1,"{cell}"\n2,fine\n')
    assert [(row.line, row.error) for row in rows] == [(2, None), (1_800_003, None)]
    assert rows[0].get("text") == cell.replace('""', '"')


@given(pieces=st.lists(PIECES, max_size=40))
@example(pieces=["1,", '"a', "\n", "\r", "\r\n", "a", "\n", "a", "\n", '"a'])
def test_rows_are_the_same_however_lines_wait_for_a_quote(pieces):
    content = "id,text\n" + "".join(pieces)
    expected = [(row.line, row.values, row.error) for row in read(content)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(records, "_PACK", 2)
        patch.setattr(records, "_SHORT", 0)
        found = [(row.line, row.values, row.error) for row in read(content)]
    assert found == expected


@pytest.mark.parametrize(
    ("lines", "cells"),
    [
        ('1,"Alien" is good,"a, b"', ["1", '"Alien" is good', "a, b"]),
        ('"Alien" is good,"a\nb",c', ['"Alien" is good', "a\nb", "c"]),
        ('1,"a, ""b""" ,"c\n"  ', ["1", 'a, "b" ', "c\n  "]),
        ('"a\n""b""","c\n","d"', ['a\n"b"', "c\n", "d"]),
    ],
)
def test_cells_beside_one_with_lone_quotes_are_read_as_ever(lines, cells):
    """All lost their quotes if one of them held a delimiter."""
    (row,) = read(f"a,b,c\n{lines}\n")
    assert (row.values, row.error) == (cells, None)


def test_of_one_column_every_character_is_kept():
    """The one that stood in for the delimiter was dropped."""
    rows = read('text\na\x1fb\n"c\x1f""d"""\n"e\x1f\nf"\n', delimiter="none")
    assert [row.values for row in rows] == [["a\x1fb"], ['c\x1f"d"'], ["e\x1f\nf"]]
    assert [row.error for row in rows] == [None] * 3


def test_a_stream_that_was_given_up_midway_stays_open():
    with closing(io.BytesIO(b'id,text\n1,"a\n' + b"2,b\n" * 9_999)) as stream:
        with open_table(
            stream, DialectOptions(delimiter=",", encoding="utf-8")
        ) as table:
            assert next(iter(table)).line == 2
        del table
        assert not stream.closed
