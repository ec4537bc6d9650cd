"""Whatever a table holds, and whatever it comes as: every value comes out as it was."""

import csv
import gzip
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow
import pytest
from pyarrow import parquet

from sentiment.scoring.columns import RESULT_COLUMNS
from sentiment.scoring.options import ScoreOptions
from sentiment.scoring.run import Scoring

# What programs that guess make something else of.
ODD = {
    "zeros": "007",
    "not a number": "NA",
    "null": "null",
    "day": "2024-02-29",
    "american day": "02/29/24",
    "long number": "12345678901234567890.10",
    "exponent": "1e5",
    "formula": "=1+1",
    "spaces": "  x  ",
    "empty": "",
    "quotes": "say \"x\", and 'y'",
    "lines": "one\ntwo\r\nthree\rfour",
    "delimiters": "a,b;c\td|e",
    "backslash": "C:\\new\\t",
    "signs": "café 東京 🎬 e\u0301",
    "inner mark": "a\ufeffb",
    "nul": "a\0b",
}
# The names as odd as the values; one has none, two have the same.
NAMES = [*ODD, 'a "name", with\nlines', "", "same", "same"]
VALUES = [*ODD.values(), "x", "y", "1", "2"]
TEXTS = ["a very good film", "", "awful\nservice", '"quoted" food']
COLUMNS = ["text", *NAMES]
ROWS = [[text, *VALUES] for text in TEXTS]
# Those that have values by name can have no name twice.
ONCE = [at for at, name in enumerate(COLUMNS) if name not in COLUMNS[:at]]


@dataclass(frozen=True)
class Form:
    """A way to write the table into a file, and to read it back, headers and all."""

    name: str
    write: Callable[[], bytes]
    read: Callable[[bytes], list[list[Any]]]
    expected: list[list[Any]]
    options: dict[str, str] | None = None


def delimited(
    name: str,
    *,
    encoding: str = "utf-8",
    zipped: bool = False,
    options: dict[str, str] | None = None,
    cell: Callable[[str], str] = lambda cell: cell,
    **dialect: Any,
) -> Form:
    expected = [[cell(value) for value in row] for row in [COLUMNS, *ROWS]]
    written = "utf-8-sig" if encoding in ("utf-8-sig", "utf-16") else "utf-8"

    def write() -> bytes:
        text = io.StringIO(newline="")
        csv.writer(text, quoting=csv.QUOTE_ALL, **dialect).writerows(expected)
        content = text.getvalue().encode(encoding)
        return gzip.compress(content) if zipped else content

    def read(content: bytes) -> list[list[str]]:
        content = gzip.decompress(content) if zipped else content
        text = io.StringIO(content.decode(written), newline="")
        return list(csv.reader(text, **dialect))

    return Form(name, write, read, expected, options)


def json_lines(name: str, *, ascii_only: bool) -> Form:
    names = [COLUMNS[at] for at in ONCE]
    # Of JSON numbers, nothing and lists stay what they were, to the last digit.
    raw = (
        ', "n": 1.10, "big": 12345678901234567890.5, "no": null, "list": [1, {"a": 2}]'
    )
    expected = [names + ["n", "big", "no", "list"]] + [
        [
            *(row[at] for at in ONCE),
            "1.10",
            "12345678901234567890.5",
            None,
            [1, {"a": 2}],
        ]
        for row in ROWS
    ]

    def write() -> bytes:
        lines = []
        for row in ROWS:
            record = {COLUMNS[at]: row[at] for at in ONCE}
            lines.append(json.dumps(record, ensure_ascii=ascii_only)[:-1] + raw + "}\n")
        return "".join(lines).encode()

    def read(content: bytes) -> list[list[Any]]:
        found = [
            json.loads(line, parse_float=str)
            for line in content.decode().split("\n")[:-1]
        ]
        return [list(found[0]), *(list(record.values()) for record in found)]

    return Form(name, write, read, expected)


def arrow() -> Form:
    """Every type that Parquet has, beside the texts; empty and missing stay apart."""
    kinds = [pyarrow.string()] * len(COLUMNS)
    arrays = [
        pyarrow.array([row[at] for row in ROWS], kind) for at, kind in enumerate(kinds)
    ]
    more = {
        "missing": pyarrow.array(["", None, "", None]),
        "day": pyarrow.array([0, None, 1, 2], pyarrow.date32()),
        "moment": pyarrow.array([1, None, 3, 4], pyarrow.timestamp("ns", "UTC")),
        "exact": pyarrow.array([None, 1, 2, 3], pyarrow.decimal128(38, 10)),
        "number": pyarrow.array([0.1, float("nan"), float("inf"), None]),
        "bytes": pyarrow.array([b"\xff\0", b"", None, b"x"]),
        "nested": pyarrow.array([{"a": [1, None]}, None, {"a": []}, {"a": None}]),
    }
    table = pyarrow.Table.from_arrays(
        [*arrays, *more.values()], names=[*COLUMNS, *more]
    )

    def write() -> bytes:
        sink = io.BytesIO()
        parquet.write_table(table, sink)
        return sink.getvalue()

    def read(content: bytes) -> list[list[Any]]:
        return as_cells(parquet.ParquetFile(io.BytesIO(content)).read())

    # What is read of the file: Parquet has its own names for what lists hold.
    return Form("t.parquet", write, read, read(write()))


def as_cells(table: Any) -> list[list[Any]]:
    """Return names and rows; repr, so that nan is nan and 1 is not 1.0."""
    columns = [[repr(value) for value in column] for column in table.columns]
    types = [str(field.type) for field in table.schema]
    names_and_types = [*zip(table.column_names, types, strict=True)]
    return [names_and_types, *(list(row) for row in zip(*columns, strict=True))]


def in_cp1252(cell: str) -> str:
    return cell.encode("cp1252", "ignore").decode("cp1252")


FORMS = {
    "CSV": delimited("t.csv"),
    "CSV, LF": delimited("t.csv", lineterminator="\n"),
    "CSV, gzip": delimited("t.csv.gz", zipped=True),
    "CSV, semicolon": delimited("t.csv", delimiter=";"),
    "CSV, bar, told": delimited("t.csv", delimiter="|", options={"delimiter": "|"}),
    "CSV, byte order mark": delimited("t.csv", encoding="utf-8-sig"),
    "CSV, UTF-16": delimited("t.csv", encoding="utf-16"),
    "CSV, cp1252": delimited("t.csv", encoding="cp1252", cell=in_cp1252),
    "CSV, cp1252, told": delimited(
        "t.csv", encoding="cp1252", cell=in_cp1252, options={"encoding": "cp1252"}
    ),
    "TSV": delimited("t.tsv", delimiter="\t"),
    "TSV, gzip": delimited("t.tsv.gz", delimiter="\t", zipped=True),
    "JSON lines": json_lines("t.jsonl", ascii_only=False),
    "JSON lines, escaped": json_lines("t.jsonl", ascii_only=True),
    "Parquet": arrow(),
}


@pytest.fixture
def score(predictor, artifact_folder, tmp_path):
    """Return a function that gives what comes out, by a file or by pipes."""

    def run(form: Form, *, piped: bool = False) -> bytes:
        scoring = Scoring(
            predictor, artifact_folder, ScoreOptions(**form.options or {})
        )
        source, output = tmp_path / form.name, tmp_path / f"scored-{form.name}"
        source.write_bytes(form.write())
        if not piped:
            scoring.to_file(str(source), output)
            return output.read_bytes()
        with source.open("rb") as pipe, output.open("wb") as sink:
            scoring.to_stream(pipe, sink, form.name)
        return output.read_bytes()

    return run


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_every_row_name_and_value_comes_out_as_it_was(score, form):
    header, *rows = form.read(score(form))
    width = len(header) - len(RESULT_COLUMNS)
    assert [header[:width], *(row[:width] for row in rows)] == form.expected
    names = [name if isinstance(name, str) else name[0] for name in header[width:]]
    assert names == list(RESULT_COLUMNS)


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_a_row_that_errs_is_the_only_one(score, form):
    _, *rows = form.read(score(form))
    told = ["the text is empty" in str(row[-1]) for row in rows]
    assert told == [False, True, False, False]


@pytest.mark.parametrize(
    "name", [name for name, form in FORMS.items() if form.name != "t.parquet"]
)
def test_pipes_carry_the_same_bytes(score, name):
    form = FORMS[name]
    assert score(form, piped=True) == score(form)


# What a reader's own messages might quote.
SECRET = "Xyzzy"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("t.csv", f"text,id\ngood,1,{SECRET},{SECRET}\n"),
        ("t.csv", f"text,id\n{SECRET}\n"),
        ("t.csv", f'text,id\ngood,1\n"{SECRET},1\n{SECRET}'),
        ("t.csv", f"text,id\ncafé déjà,1\n{SECRET}\udcff{SECRET},1\n"),
        ("t.jsonl", f'{{"text": "good"}}\n{{"text": {SECRET}}}\n'),
        ("t.jsonl", f'{{"text": "good"}}\n"{SECRET}"\n'),
        ("t.jsonl", f'{{"text": "good"}}\n{{"text": "\\{SECRET}"}}\n'),
        ("t.jsonl", f'{{"text": "good"}}\n{{"text": ["{SECRET}"]}}\n'),
        ("t.jsonl", f'{{"text": "good"}}\n{{"text": "{SECRET}\x01"}}\n'),
        ("t.jsonl", f'{{"text": "good"}}\n{{"text": "a", "{SECRET}": 1e}}\n'),
        ("t.jsonl", f'{{"text": "café déjà"}}\n{{"text": "\udcff{SECRET}"}}\n'),
    ],
)
def test_no_error_quotes_what_the_row_holds(
    predictor, artifact_folder, tmp_path, capfd, name, content
):
    source, output = tmp_path / name, tmp_path / "out.csv"
    source.write_bytes(content.encode("utf-8", "surrogateescape"))
    Scoring(predictor, artifact_folder, ScoreOptions()).to_file(str(source), output)
    with Path(output).open(newline="") as file:
        header, *rows = csv.reader(file)
    errors = [row[header.index("error")] for row in rows]
    assert any(errors)
    assert not [error for error in errors if SECRET.lower() in error.lower()]
    assert SECRET not in "".join(capfd.readouterr())
