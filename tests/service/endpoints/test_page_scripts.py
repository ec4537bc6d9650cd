"""The page's scripts, run by node: they read files as the service does."""

import io
import json
import random
import shutil
import subprocess
from codecs import BOM_UTF16_LE
from pathlib import Path
from typing import Any

import pytest

from sentiment.scoring.columns import RESULT_COLUMNS, free_prefix
from sentiment.tables import DialectOptions, open_table
from sentiment.tables.delimiters import find_delimiter
from sentiment.tables.encodings import find_encoding, marked_encoding, unmarked_utf_16
from sentiment.tables.quoting import find_quoting

PAGE = Path(__file__).resolve().parents[3] / "service" / "page"
NODE = shutil.which("node")

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(
        NODE is None, reason="node is not installed: `make test-system` gets it"
    ),
]


@pytest.mark.parametrize(
    ("content", "encoding", "delimiter", "rows"),
    [
        (b"a,b\n1,2\n", "utf-8", ",", [["a", "b"], ["1", "2"]]),
        (b"\xef\xbb\xbfa;b\r\n1;2", "utf-8", ";", [["a", "b"], ["1", "2"]]),
        (
            b'text\tid\n"a\tb ""c""\nd"\t1\n',
            "utf-8",
            "\t",
            [["text", "id"], ['a\tb "c"\nd', "1"]],
        ),
        ("caf\u00e9,b\n".encode("latin-1"), "windows-1252", ",", [["caf\u00e9", "b"]]),
        ("\ufeffa|b\n".encode("utf-16-le"), "utf-16le", "|", [["a", "b"]]),
        (b'text\n"a, b, c"\n', "utf-8", "", [["text"], ["a, b, c"]]),
        (b"text\nfine, or not\n", "utf-8", "", [["text"], ["fine, or not"]]),
        (b"sep=;\na;b\r\n1;2\n", "utf-8", ";", [["a", "b"], ["1", "2"]]),
        (b"\xef\xbb\xbfSEP=^\r\na^b\r\n", "utf-8", "^", [["a", "b"]]),
        (b'a,b\n1,\n"cut in the mid', "utf-8", ",", [["a", "b"], ["1", ""]]),
        (
            b'a,b\n"1,\n"cut" off\n2',
            "utf-8",
            ",",
            [["a", "b"], ['"1', ""], ['"cut" off'], ["2"]],
        ),
        # The look at a file's beginning may end within a character.
        ("a\n\u20ac".encode()[:-1], "utf-8", "", [["a"]]),
    ],
)
def test_the_page_reads_the_beginning_of_a_csv(
    tmp_path, content, encoding, delimiter, rows
):
    program = (
        f"const bytes = new Uint8Array({list(content)});"
        f"const content = decode(bytes, {json.dumps(encoding)});"
        "const dialect = { delimiter: findDelimiter(content), quoting: true };"
        "const rows = readRows(content, dialect, 9);"
        "console.log(JSON.stringify([dialect.delimiter, rows]));"
    )
    assert run_beside_page(tmp_path, program) == [delimiter, rows]


@pytest.mark.parametrize(
    ("whole", "rows"),
    [
        (True, [["id", "text"], ["1", '"never closed'], ["2", "fine"]]),
        (False, [["id", "text"]]),
    ],
    ids=["file", "beginning"],
)
def test_an_open_quote_hides_the_rows_below_it_of_a_cut_file_alone(
    tmp_path, whole, rows
):
    """The quote may be closed in what is not there; of a whole file it cannot."""
    content = 'id,text\n1,"never closed\n2,fine\n3,poor\n'
    program = (
        "const dialect = { delimiter: ',', quoting: true };"
        f"const content = {json.dumps(content)};"
        f"const rows = readRows(content, dialect, 3, {json.dumps(whole)});"
        "console.log(JSON.stringify(rows));"
    )
    assert run_beside_page(tmp_path, program) == rows


@pytest.mark.parametrize(
    ("content", "quoting", "rows"),
    [
        (
            'a,b\r\n"x ""y""\r\nz",\n\n"",2\r3,"last"',
            True,
            [["a", "b"], ['x "y"\r\nz', ""], ["", "2"], ["3", "last"]],
        ),
        (
            'sep=,\r\na,b\r\n\r\n"x ""y""\nz,"\r,\n\n"",2',
            False,
            [["a", "b"], ['"x ""y""'], ["z", '"\r', ""], ['""', "2"]],
        ),
    ],
    ids=["quoted", "not-quoted"],
)
def test_records_are_the_same_wherever_their_pieces_are_cut(
    tmp_path, content, quoting, rows
):
    program = (
        f"const content = {json.dumps(content)};"
        f"const dialect = {{ delimiter: ',', quoting: {json.dumps(quoting)} }};"
        "const read = (...pieces) => {"
        "  const records = new Records(dialect);"
        "  const rows = pieces.flatMap((piece) => [...records.push(piece)]);"
        "  return [...rows, ...records.end()];"
        "};"
        "const cuts = [...content].map((_, at) =>"
        "  read(content.slice(0, at), content.slice(at)));"
        "console.log(JSON.stringify([...cuts, read(...content)]));"
    )
    assert run_beside_page(tmp_path, program) == [rows] * (len(content) + 1)


# Rows below a header of two columns, and what is odd about their quotes.
STRAY = {
    "two lone quotes": '1,"Great film\n2,awful\n3,"Nice" film\n4,fine\n',
    "one that is never closed": '1,good\n2,"bad\n\n3,fine\n4,poor',
    "a cell that goes on behind its quotes": '1,"Alien" is good\n2,"a\nb" is bad\n',
    "beside a cell of several lines": '"x" y,"a\r\nb"\r\n"a\nb",x "y"\r\n',
    "spaces behind quotes": '1,"a, ""b""" \n2,"c\n"  \n3,"d" e',
    "lone ones in one line": '"a,"b,"c\n1,fine\n',
    "doubled at an end": '1,"a"\n2,"b"" \n3,"c""\n',
    "blank lines": '\n1,"\n\n2,""\n\n"""\n',
    "lone returns": '1,"a\r2,b\r\r\n3,"c"\r4,d"',
}
# What decides where a cell and a row end, in every order.
PIECES = ['"', '""', '"a', 'a"', ',"', '",', '" ', ",", "\n", "\r\n", "\r", "a"]


def service_reads(content: str, delimiter: str, *, quoting: bool) -> list[list[str]]:
    said = DialectOptions(
        delimiter=delimiter or "none", encoding="utf-8", quoting=quoting
    )
    with open_table(io.BytesIO(content.encode()), said) as table:
        return [table.columns, *(row.values for row in table)]


def fitted(row: list[str], width: int, delimiter: str) -> list[str]:
    """Return a row as the service gives one that has too few cells, or too many."""
    missing = [""] * (width - len(row))
    return [*row[: width - 1], *missing, *[delimiter.join(row[width - 1 :])]][:width]


@pytest.mark.parametrize("piece", [1, 3, 1_000])
@pytest.mark.parametrize(
    ("header", "delimiter", "quoting"),
    [("id,text", ",", True), ("text", "", True), ("id,text", ",", False)],
    ids=["cells in quotes", "one column", "no quoting"],
)
def test_the_page_reads_rows_as_the_service_does(
    tmp_path, header, delimiter, quoting, piece
):
    """It took the rows between two lone quotes for one, and showed and counted that."""
    chance = random.Random(0)
    bodies = [
        *STRAY.values(),
        *("".join(chance.choices(PIECES, k=chance.randrange(30))) for _ in range(500)),
    ]
    files = [f"{header}\n{body}" for body in bodies]
    dialect = json.dumps({"delimiter": delimiter, "quoting": quoting})
    program = (
        f"const files = {json.dumps(files)};"
        "const read = (content) => {"
        f"  const records = new Records({dialect});"
        "  const rows = [];"
        f"  for (let at = 0; at < content.length; at += {piece})"
        f"    rows.push(...records.push(content.slice(at, at + {piece})));"
        "  return [...rows, ...records.end()];"
        "};"
        "console.log(JSON.stringify(files.map(read)));"
    )
    found = run_beside_page(tmp_path, program)
    width = 1 + header.count(",")
    assert [[fitted(row, width, delimiter) for row in rows] for rows in found] == [
        service_reads(content, delimiter, quoting=quoting) for content in files
    ]


# Lines of files with tabs, and what is odd about their quotes.
TABBED = {
    "none": ["id\ttext", "1\tgood"],
    "whole cells": ["id\ttext", '1\t"good"', '2\t"so ""good"""'],
    "lone": ["id\ttext", '1\t"Alien" is good', '2\t"a sentence begins'],
    "of several lines": ["id\ttext", '1\t"Alien', 'is good"'],
    "inside": ["id\ttext", '1\t5" screen', '2\tso "good"'],
    "as many of both": ["a\tb", '1\t"x', 'y"', '2\t"x'],
    "returns": ["a\tb\r", '1\t"x"\r', '2\t"y\r', "\r"],
    "said": ["sep=\t", "a\tb", '1\t"x" y'],
    "a short row": ["a\tb", '1\t"x', "2", "3\tgood"],
    "one column": ["text", '"line one', "", 'so ""good"""', '"x"'],
    "lone in one column": ["text", '"Alien', 'so "good"', 'fine"'],
}


def test_the_page_finds_quoting_as_the_service_does(tmp_path):
    """It took a lone quote for the beginning of a cell: of five rows it saw two."""
    program = (
        f"const files = {json.dumps(list(TABBED.values()))};"
        "const found = files.map((lines) => findQuoting([lines]));"
        "console.log(JSON.stringify(await Promise.all(found)));"
    )
    found = dict(zip(TABBED, run_beside_page(tmp_path, program), strict=True))
    assert found == {name: find_quoting(lines) for name, lines in TABBED.items()}
    assert set(found.values()) == {True, False}


# Beginnings of files, and what is odd about their delimiters.
HEADED = {
    "commas in a header": "id;note (good, bad, or ugly)\n1;fine\n2;poor\n",
    "commas in a text": "text;stars\nI came, saw, left;3\n",
    "cut in a row": "a|b,c,d\n1|x\n2|y",
    "as many of both": "a,b;c\n1,2;3\n",
    "a header alone": "a;b,c,d\n",
    "one column": "text\nhello, you\n",
    "commas in quotes": 'id;"text, in full"\r\n1;"Good, really"\r\n2;"Bad, really"\r\n',
    "more commas in quotes": 'id|"a, b, c"\n1|"d, e, f"\n2|"g, ""h"", i\n, j',
    "lone quotes in rows of another width": "id,text\n" + '1,"a" b,c\n' * 99,
    "a lone quote": 'id,size\n1,5" screen\n2,"a"s\n',
    "nothing": "",
}


def test_the_page_finds_delimiters_as_the_service_does(tmp_path):
    """It took the one that the header has most of, and told the service so."""
    chance = random.Random(0)
    pieces = [*PIECES, ";", '";', ';"', "|"]
    files = [
        *HEADED.values(),
        *("".join(chance.choices(pieces, k=chance.randrange(60))) for _ in range(500)),
    ]
    program = (
        f"const files = {json.dumps(files)};"
        "console.log(JSON.stringify(files.map((content) => findDelimiter(content))));"
    )
    found = run_beside_page(tmp_path, program)
    assert dict(zip(files, found, strict=True)) == {
        content: find_delimiter(content) for content in files
    }


def test_the_page_finds_the_prefix_that_the_service_advises(tmp_path):
    headers = [
        ["text", "error"],
        ["text", "error", "model_sentiment"],
        ["positive", "model_error", "model_2_neutral", "model_4_error"],
        ["neutral", "model_2_neutral", "model_1_neutral"],
    ]
    program = (
        f"const headers = {json.dumps([[], ['model_error'], *headers])};"
        "console.log(JSON.stringify(headers.map(freePrefix)));"
    )
    advised = [free_prefix(columns, RESULT_COLUMNS) for columns in headers]
    assert advised == ["model_", "model_2_", "model_3_", "model_"]
    assert run_beside_page(tmp_path, program) == ["", "", *advised]


LONG = "It was lovely, and we will come again."


@pytest.mark.parametrize(
    ("columns", "row", "found"),
    [
        (["id", "note", " Review "], ["1", LONG, "fine"], 2),
        (["comment", "text"], [LONG, "fine"], 1),
        (["id", "review_text", "summary"], ["1", "fine", LONG], 1),
        (["reviewerID", "reviewText", "unixReviewTime"], ["A2", LONG, "1"], 1),
        (["reviews.url", "reviews.text"], ["https://a.example/" + "a" * 99, LONG], 1),
        (["id", "stars", "opinion", "city"], ["1", "5", LONG, "Bonn"], 2),
        (["text", "id", "text"], [LONG, "1", LONG], 1),
        (["id", "", "text", "text"], ["1"], 0),
        (["text", "text"], [LONG, LONG], -1),
    ],
)
def test_the_page_picks_the_column_that_most_likely_holds_the_texts(
    tmp_path, columns, row, found
):
    """It picked the first, often an id, where no name was one of four."""
    given = f"{json.dumps(columns)}, {json.dumps([[], row])}"
    program = f"console.log(JSON.stringify(likelyColumn({given})));"
    assert run_beside_page(tmp_path, program) == found


# Files, and what is odd about their bytes.
ENCODED = {
    "nothing": b"",
    "plain ASCII": b"text\nfine\n",
    "UTF-8": "text\nsch\u00f6n, \u4e0d\u9519 \U0001f600\n".encode(),
    "UTF-8 with a mark": b"\xef\xbb\xbftext\nsch\xc3\xb6n\n",
    "a mark before other bytes": b"\xef\xbb\xbfcaf\xe9\n",
    "one bad byte": "d\u00e9j\u00e0 vu".encode() + b"\xe9\n",
    "as many bad bytes as good": "\u00e9".encode() + b"\xe9\n",
    "a bad character of two bytes": "\u00e9\u00e9".encode() + b"\xe2\x82\n",
    "a bad character of three bytes": "\u00e9\u00e9\u00e9".encode() + b"\xf0\x9f\x98x",
    "cut at its end": "\u00e9\u20ac".encode()[:-1],
    "what stands for bad bytes": "\ufffd\ufffd".encode() + b"\xe9\n",
    "cp1252": "\u201ccaf\u00e9\u201d \u20ac 5\n".encode("cp1252"),
    "longer than needed": "\u00e9\u00e9\u00e9".encode() + b"\xc0\xaf\xe0\x80\x80",
    "longer than needed, of four": "\u00e9\u00e9\u00e9".encode() + b"\xf0\x80\x80\x80",
    "half of a pair": "\u00e9\u00e9\u00e9".encode() + b"\xed\xa0\x80",
    "half of a pair among more": "\u00e9\u00e9\u00e9\u00e9".encode() + b"\xed\xa0\x80",
    "beyond the last character": "\u00e9\u00e9\u00e9".encode() + b"\xf4\x90\x80\x80",
    "UTF-16": "\ufefftext\nsch\u00f6n\n".encode("utf-16-le"),
    "UTF-16, the other way": "\ufefftext\nsch\u00f6n\n".encode("utf-16-be"),
    "UTF-16 without a mark": "text\nsch\u00f6n\n".encode("utf-16-le"),
    "the other way without a mark": "text\nsch\u00f6n\n".encode("utf-16-be"),
    "UTF-16 with an emoji": "text\ngood \U0001f600\n".encode("utf-16-le"),
    "the other way with an emoji": "text\ngood \U0001f600\n".encode("utf-16-be"),
    "UTF-16 with many": ("text\n" + "\u0100" * 5).encode("utf-16-le"),
    "an odd number of zeros": b"a\0b\0c",
    "zeros here and there": b"text\nab\0cd\0\0",
    "one zero": b"\0",
    "UTF-32": "\ufefftext\n".encode("utf-32-le"),
    "UTF-32, the other way": "\ufefftext\n".encode("utf-32-be"),
}
# What browsers call the encodings that Python names, but for UTF-16 with a mark.
IN_BROWSERS = {
    "utf-8-sig": "utf-8",
    "cp1252": "windows-1252",
    "utf-16-le": "utf-16le",
    "utf-16-be": "utf-16be",
}


def service_finds_encoding(content: bytes) -> str:
    """Return the encoding that the service finds, in the words of browsers."""
    told = marked_encoding(content) or unmarked_utf_16(content)
    found = told or find_encoding([content]).name
    if found == "utf-16":
        return "utf-16le" if content.startswith(BOM_UTF16_LE) else "utf-16be"
    return IN_BROWSERS.get(found, found)


@pytest.mark.parametrize("piece", [1, 3, 1_000])
def test_the_page_finds_encodings_as_the_service_does(tmp_path, piece):
    """It took any bad byte for cp1252, and UTF-16 without a mark for no text at all."""
    program = (
        f"const files = {json.dumps([list(content) for content in ENCODED.values()])};"
        "const cut = (bytes) => bytes.length"
        f"  ? [bytes.slice(0, {piece}), ...cut(bytes.slice({piece}))] : [];"
        "const find = (bytes) => findEncoding(bytes, cut(bytes));"
        "const found = files.map((file) => find(new Uint8Array(file)));"
        "console.log(JSON.stringify(await Promise.all(found)));"
    )
    found = dict(zip(ENCODED, run_beside_page(tmp_path, program), strict=True))
    assert found == {
        name: service_finds_encoding(content) for name, content in ENCODED.items()
    }
    assert len(set(found.values())) == 5


def run_beside_page(folder: Path, program: str) -> Any:
    """Run a program that has what the page's readers export; return the JSON it prints.

    It runs in ``folder``, for there node takes the page's scripts for modules.
    """
    for script in ("columns.js", "csv.js", "dialect.js", "encoding.js"):
        shutil.copy(PAGE / script, folder)
    (folder / "package.json").write_text('{"type": "module"}')
    imports = (
        'import { freePrefix, likelyColumn } from "./columns.js";'
        'import { readRows, Records } from "./csv.js";'
        'import { findDelimiter, findQuoting } from "./dialect.js";'
        'import { decode, findEncoding } from "./encoding.js";'
    )
    (folder / "program.js").write_text(imports + program)
    done = subprocess.run(
        [str(NODE), "--no-warnings", "program.js"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)
