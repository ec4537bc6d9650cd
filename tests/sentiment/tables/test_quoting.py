"""Quotes stand around cells, or are characters like others: found out, or said."""

import gzip
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment.tables import DialectOptions, open_table

# No tab and no line feed: those end a cell and a row, whatever stands around them.
CELLS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\t\n"), max_size=12
) | st.sampled_from(['"', '"good', 'good"', '"good"', '""', '5" screen', "a\rb"])


def read(content: bytes, **known: object) -> tuple[list[list[str]], str]:
    with open_table(io.BytesIO(content), DialectOptions(**known)) as table:
        rows = [table.columns, *(row.values for row in table)]
        return rows, table.dialect.describe()


@given(rows=st.lists(st.lists(CELLS, min_size=2, max_size=2)))
def test_without_quoting_a_cell_is_what_stands_between_tabs(rows):
    # A CR before the line feed is part of the line's end, whoever wrote it.
    rows = [[first, f"{second}."] for first, second in rows]
    lines = ["id\ttext", *("\t".join(row) for row in rows), ""]
    content = "\n".join(lines).encode()
    found, told = read(content, delimiter="tab", encoding="utf-8", quoting=False)
    assert found == [["id", "text"], *rows]
    assert told == "CSV, utf-8, delimiter tab, no quoting"


LONE = b'id\ttext\n1\t"Alien" is great\n2\t5" screen\n3\t"a sentence begins\n'


def test_of_tabs_it_is_found_that_quotes_are_characters_like_others():
    found, told = read(LONE)
    assert found[1:] == [
        *(["1", '"Alien" is great'], ["2", '5" screen'], ["3", '"a sentence begins'])
    ]
    assert told.endswith("delimiter tab, no quoting")
    assert "no quoting" not in read(LONE, quoting=True)[1]


@pytest.mark.parametrize(
    "content",
    [
        b'id\ttext\n1\t"Alien ""3"" is great"\n2\tno quotes\n',
        b'id\ttext\n1\t"Alien\nis great"\n2\t"a\n\nb"\n',
        b'id\ttext\n1\t"a tab\tinside"\n',
        b"id\ttext\n1\tno quotes\n",
        b'id,text\n1,"Alien" is great\n',
    ],
)
def test_where_quotes_stand_around_cells_they_are_no_part_of_them(content):
    assert "no quoting" not in read(content)[1]
    assert read(content) == read(content, quoting=True)


def test_quotes_within_cells_alone_are_characters():
    """They were taken for quoting, and cells came out in quotes that had none."""
    content = b'id\ttext\n1\t5" screen\n2\tso "good"\n'
    assert read(content)[1].endswith("no quoting")


@pytest.mark.parametrize("quoted", [b'"Alien" is good', b'5" screen'])
def test_where_lines_end_in_cr_alone_quotes_are_quoting(quoted):
    """Read without quoting, the whole file was its header."""
    rows, told = read(b"id\ttext\r1\t" + quoted + b"\r2\tx\r")
    assert rows == [["id", "text"], ["1", quoted.decode()], ["2", "x"]]
    assert "no quoting" not in told


def test_some_broken_rows_do_not_hide_that_there_is_no_quoting():
    content = LONE + b"4\ttoo\tmany\n" + LONE.partition(b"\n")[2]
    assert read(content)[1].endswith("no quoting")


def test_a_cell_that_has_too_many_beside_it_is_an_error_of_its_row_alone():
    content = b'id\ttext\tnote\n1\t"good\n2\t"a\tb\tc\n3\t"fine\tx\n'
    with open_table(io.BytesIO(content), DialectOptions(quoting=False)) as table:
        few, many, sound = table
    assert few.error == "cells in the row: 2 (in the header: 3)"
    assert (many.values, many.surplus) == (["2", '"a', "b\tc"], 1)
    assert (sound.values, sound.error) == (["3", '"fine', "x"], None)


# More than what is looked at before the first row is read.
LONG = b"id\ttext\tnote\n" + b"7\tno quotes up to here\tx\n" * 20_000
# Each opens a quote that the next one closes, rows later.
JOINED = b'8\t"Alien" is good\tx\n9\t"Alien was\tx\n10\tfine\tx\n11\tgood"\tx\n'
CELLS_OF_JOINED = ['"Alien" is good', '"Alien was', "fine", 'good"']


class Piped(io.BytesIO):
    """A stream that cannot be sought."""

    def seekable(self) -> bool:
        return False


@pytest.mark.parametrize("source", [io.BytesIO, Piped])
@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_a_quote_that_comes_late_takes_in_no_row(source, pack):
    """Two lone quotes below the beginning that was looked at joined their rows."""
    with open_table(
        source(pack(LONG + JOINED)), DialectOptions(delimiter="tab")
    ) as table:
        assert "no quoting" in table.dialect.describe()
        *before, first, second, third, fourth = table
    assert len(before) == 20_000
    late = [first, second, third, fourth]
    assert [row.get("text") for row in late] == CELLS_OF_JOINED
    assert [row.error for row in late] == [None] * 4


def test_cells_of_several_lines_that_come_late_are_found_in_a_file():
    content = LONG + b'8\t"Alien\nis ""good"""\tx\n'
    *_, last = read(content, delimiter="tab")[0]
    assert last == ["8", 'Alien\nis "good"', "x"]


def test_in_a_pipe_a_late_cell_of_several_lines_is_rows_that_err():
    content = LONG + b'8\t"Alien\nis good"\tx\n'
    with open_table(Piped(content), DialectOptions(delimiter="tab")) as table:
        *_, first, second = table
    assert first.error == "cells in the row: 2 (in the header: 3)"
    assert second.error == "cells in the row: 2 (in the header: 3)"


# So many cells in quotes, and rows of another width, speak for quoting.
QUOTED = b'1\t"Alien\nis good"\tx\n2\tlost a cell\n' * 3


@pytest.mark.parametrize(
    "joined",
    [
        b'3\t"Alien was\tx\n4\tgood"\tx\n',
        b'3\t"Alien was\tx\n4\tfine\tx\n5\tgood"\tx\n',
        b'3\tAlien was\t"x\n4"\tfine\tx\n',
        b'3\t"Alien was\tx\n4"\tfine\tx\n',
    ],
)
def test_where_lone_quotes_may_have_joined_rows_it_is_said(joined):
    content = b"id\ttext\tnote\n" + QUOTED + joined + b"6\tend\tx\n"
    with open_table(io.BytesIO(content), DialectOptions(delimiter="tab")) as table:
        rows = list(table)
        assert "no quoting" not in table.dialect.describe()
    assert [row.error for row in rows[:6:2]] == [None] * 3
    assert rows[-2].error.startswith(
        "a quote opened in the row of line 11 is closed only"
    )
    assert "turn quoting on or off" in rows[-2].error
    # An error that blocks excuse in the last column.
    assert rows[-2].surplus == 0
    assert (rows[-1].get("text"), rows[-1].error) == ("end", None)


def test_who_says_that_there_is_quoting_has_cells_with_tabs_and_lines():
    content = b'id\ttext\n1\t"good\n2\tbad"\n3\tx\n'
    with open_table(
        io.BytesIO(content), DialectOptions(delimiter="tab", quoting=True)
    ) as table:
        assert [row.error for row in table] == [None, None]
    with open_table(io.BytesIO(content), DialectOptions(delimiter="tab")) as table:
        assert len(list(table)) == 3


def test_a_lone_quote_and_a_short_row_are_no_cell_of_several_lines():
    """The quote took every row below for its text."""
    content = b'id\ttext\n1\t"Great film\n2\n3\tgood\n4\tbad\n'
    with open_table(io.BytesIO(content)) as table:
        rows = list(table)
        assert "no quoting" in table.dialect.describe()
    assert [row.values for row in rows] == [
        *(["1", '"Great film'], ["2", ""], ["3", "good"], ["4", "bad"])
    ]
    assert [row.error is None for row in rows] == [True, False, True, True]


ONE_COLUMN = b'text\ngood\n"line ""one""\n\nline two"\n"bad"\n'


def test_a_cell_of_several_lines_is_one_row_where_there_is_one_column(tmp_path):
    """It was two rows, and nobody was told."""
    path = tmp_path / "in.tsv"
    path.write_bytes(ONE_COLUMN)
    cell = 'line "one"\n\nline two'
    with open_table(path) as table:
        good, long, bad = table
    assert [row.values for row in (good, long, bad)] == [["good"], [cell], ["bad"]]
    # Two lone quotes look no different.
    assert "opened in the row of line 3 is closed only in line 5" in long.error
    assert (good.error, bad.error) == (None, None)
    with open_table(path, DialectOptions(quoting=True)) as table:
        assert [row.error for row in table] == [None] * 3


@pytest.mark.parametrize(
    "lines",
    [
        b'"Alien" is good\n',
        b'"Alien\nso "good"\nfine"\n',
        b'"Alien\n"bad\n"fine"\n',
        b'"Alien is good"\n"Alien"s\n',
    ],
)
def test_lone_quotes_in_one_column_are_characters(tmp_path, lines):
    path = tmp_path / "in.tsv"
    path.write_bytes(b"text\n" + lines)
    with open_table(path) as table:
        assert [row.values for row in table] == [
            [line.decode()] for line in lines.splitlines()
        ]


def test_a_short_pipe_without_quotes_is_read_as_its_file_is():
    content = b"id\ttext\n1\tno quotes\n"
    with open_table(Piped(content)) as table:
        assert table.dialect.describe() == "CSV, utf-8, delimiter tab"
        assert len(list(table)) == 1


@pytest.mark.parametrize("source", [io.BytesIO, Piped])
def test_lines_that_end_in_cr_alone_are_lines(source):
    content = b'id\ttext\r1\t"good"\r2\t"bad"\r'
    with open_table(source(content)) as table:
        assert [row.get("text") for row in table] == ["good", "bad"]


def test_excels_line_that_names_the_tab_is_no_row_to_count_by():
    content = b'sep=\t\nid\ttext\tnote\n1\t"Alien" is good\tx\n'
    with open_table(io.BytesIO(content)) as table:
        (row,) = table
    assert row.get("text") == '"Alien" is good'


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    ("line", "cells"),
    [
        ('1,"Alien" is good', ["1", '"Alien" is good']),
        ('"a ""b""","Alien" is good', ['a "b"', '"Alien" is good']),
        ('1,"Alien"s', ["1", '"Alien"s']),
        ('1,"a"b"c"', ["1", '"a"b"c"']),
        # These are as RFC 4180 and spreadsheets write them, or nearly.
        ('1,"good" ', ["1", "good "]),
        ('1,so "good"', ["1", 'so "good"']),
        ('"1","a ""good"" one"', ["1", 'a "good" one']),
        ('"1","a, ""good"", one"', ["1", 'a, "good", one']),
        ('1,""', ["1", ""]),
        ('"",""""', ["", '"']),
    ],
)
def test_a_cell_that_only_begins_with_quotes_keeps_them(line, cells, line_end):
    """Python's csv drops them, and nobody was told."""
    content = line_end.join(["id,text", line, "2,bad", ""]).encode()
    with open_table(io.BytesIO(content)) as table:
        rows = list(table)
    assert [row.values for row in rows] == [cells, ["2", "bad"]]
    assert [(row.line, row.error) for row in rows] == [(2, None), (3, None)]
