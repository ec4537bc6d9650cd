"""Quotes stand around cells, or are characters like others: found out, or said."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment.tables import open_table

# No tab and no line feed: those end a cell and a row, whatever stands around them.
CELLS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\t\n"), max_size=12
) | st.sampled_from(['"', '"good', 'good"', '"good"', '""', '5" screen', "a\rb"])


def read(content: bytes, **known: object) -> tuple[list[list[str]], str]:
    with open_table(io.BytesIO(content), **known) as table:
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
    assert read(LONE, quoting=True)[0] != found


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


def test_some_broken_rows_do_not_hide_that_there_is_no_quoting():
    content = LONE + b"4\ttoo\tmany\n" + LONE.partition(b"\n")[2]
    assert read(content)[1].endswith("no quoting")


def test_a_cell_that_has_too_many_beside_it_is_an_error_of_its_row_alone():
    content = b'id\ttext\tnote\n1\t"good\n2\t"a\tb\tc\n3\t"fine\tx\n'
    with open_table(io.BytesIO(content), quoting=False) as table:
        few, many, sound = table
    assert few.error == "the row has 2 cells, the header 3"
    assert (many.values, many.surplus) == (["2", '"a', "b\tc"], 1)
    assert (sound.values, sound.error) == (["3", '"fine', "x"], None)
