"""POST /predict/csv: what is said of a file's encoding, delimiter and quotes."""

import pytest
from csv_requests import ROWS, post, read
from reading_tables import as_csv


def test_delimiter_and_encoding_can_be_said(client):
    body = "review;id\ncafé, good;1\n".encode("cp1252")
    query = "text_column=review&delimiter=%3B&encoding=cp1252"
    found = read(post(client, body, query=query), delimiter=";")
    assert found[1][:2] == ["café, good", "1"]


RUSSIAN = "review,id\nкофе good,1\n"


@pytest.mark.parametrize("charset", ["windows-1251", '"Windows-1251"', "cp1251"])
def test_the_charset_of_the_type_is_the_encoding(client, charset):
    """It was passed over, and the file taken for cp1252."""
    kind = f"text/csv; charset={charset}"
    answer = post(client, RUSSIAN.encode("cp1251"), kind=kind)
    assert read(answer)[1][:2] == ["кофе good", "1"]


def test_an_encoding_in_the_query_goes_before_the_charset(client):
    query = "text_column=review&encoding=koi8-r"
    kind = "text/csv; charset=windows-1251"
    answer = post(client, RUSSIAN.encode("koi8-r"), query, kind)
    assert read(answer)[1][0] == "кофе good"


@pytest.mark.parametrize(
    "content",
    [
        "review\ncafé good\n".encode("cp1252"),
        b"\xef\xbb\xbf" + "review\ncafé good\n".encode(),
        "review\ncafé good\n".encode("utf-16"),
        "review\ncafés où l'été a été €\n".encode() + b"caf\xe9 good\n",
        b"",
    ],
    ids=["cp1252", "marked", "UTF-16", "damaged", "empty"],
)
@pytest.mark.parametrize("charset", ["utf-8", "UTF8", '"utf-8"', "us-ascii", '""', ""])
def test_what_most_clients_write_beside_any_file_changes_nothing(
    client, content, charset
):
    said = post(client, content, kind=f"text/csv; charset={charset}")
    plain = post(client, content)
    assert (said.status_code, said.content_type) == (
        plain.status_code,
        plain.content_type,
    )
    if plain.status_code == 200:
        assert said.data == plain.data


def test_a_charset_that_is_none_is_named_and_cut(client):
    kind = f"text/csv; charset={'k' * 100}"
    detail = post(client, b"review\ngood\n", kind=kind).json["detail"]
    assert detail == (
        f"there is no encoding {'k' * 40!r}: common ones are utf-8, cp1252, utf-16 "
        "(the charset of the Content-Type)"
    )


def test_a_delimiter_can_be_named_as_on_the_command_line(client):
    for name, delimiter in (("tab", "\t"), ("semicolon", ";")):
        body = as_csv(ROWS, delimiter=delimiter)
        answer = post(client, body, query=f"text_column=review&delimiter={name}")
        assert [row[:3] for row in read(answer, delimiter=delimiter)] == ROWS


def test_quotes_can_be_said_to_be_characters_like_others(client):
    body = b'id,review\n1,"Alien" is great\n2,"fine\n'
    answer = post(client, body, query="text_column=review&quoting=false")
    _, first, second = answer.data.splitlines()
    assert first.startswith(b'1,"Alien" is great,')
    assert second.startswith(b'2,"fine,')


def test_tab_separated_values_are_taken(client):
    body = as_csv(ROWS, delimiter="\t")
    answer = post(client, body, kind="text/tab-separated-values")
    assert answer.content_type == "text/tab-separated-values; charset=utf-8"
    assert [row[:3] for row in read(answer, delimiter="\t")] == ROWS


@pytest.mark.parametrize(
    ("query", "delimiter", "row"),
    [
        # More commas than tabs: what is found in it would be a comma.
        ("", "\t", ["1, 2, 3", "good, cheap, new"]),
        ("&delimiter=comma", ",", ["1", " 2", " 3\tgood", " cheap", " new"]),
    ],
)
def test_tab_separated_values_are_split_at_tabs_unless_the_query_says_otherwise(
    client, query, delimiter, row
):
    body = b"n, m, o\treview, all, of it\n1, 2, 3\tgood, cheap, new\n"
    column = {"\t": "review, all, of it", ",": "n"}[delimiter]
    answer = post(
        client, body, f"text_column={column}{query}", "text/tab-separated-values"
    )
    assert read(answer, delimiter=delimiter)[1][: len(row)] == row


def test_tab_separated_values_of_one_column_stay_tab_separated(client):
    answer = post(client, b"review\ngood, cheap\n", kind="text/tab-separated-values")
    assert answer.content_type == "text/tab-separated-values; charset=utf-8"
    assert answer.data.splitlines()[1].startswith(b"good, cheap\t")
