"""`sentiment score`: its exit codes, what it says on stderr, where it writes."""

import csv
import json
import os

import pytest

from sentiment.artifacts.store import bundled_model
from sentiment.scoring.columns import RESULT_COLUMNS


def test_all_scored_is_exit_code_0_and_a_summary(score, table, tmp_path):
    code, out, err = score(table, "-o", "out.csv")
    assert (code, out) == (0, "")
    assert f"reading {table}: CSV, utf-8, delimiter comma" in err
    assert "9,000 rows: " in err.splitlines()[-1]
    assert " 0 with an error, 0 read in part; " in err.splitlines()[-1]
    with (tmp_path / "out.csv").open(newline="") as file:
        header, *rows = csv.reader(file)
    assert header == ["id", "text", *RESULT_COLUMNS]
    assert [row[0] for row in rows] == [str(n) for n in range(9_000)]
    assert not list(tmp_path.glob(".*"))


def test_the_model_is_named_and_why_it_is_the_bundled_one(
    score, sentiment_command, artifact_folder, monkeypatch, tmp_path
):
    """In another folder the bundled model answered, and nothing said so."""
    (tmp_path / "in.csv").write_text("text\ngood\n")
    _, _, err = score("in.csv", "-o", "out.csv")
    assert "scoring with the model untrained-1\n" in err
    monkeypatch.delenv("SENTIMENT_MODELS", raising=False)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    _, _, err = sentiment_command("score", "../in.csv")
    name = bundled_model().name
    assert f"the model {name} (bundled: there is no models/current here)\n" in err
    monkeypatch.setenv("SENTIMENT_MODELS", "../models")
    (tmp_path / "models" / "current").symlink_to(artifact_folder.name)
    _, _, err = sentiment_command("score", "../in.csv")
    assert "scoring with the model untrained-1\n" in err


def test_a_large_file_is_scored_by_workers_with_the_same_bytes(
    score, table, tmp_path, monkeypatch
):
    monkeypatch.setattr("sentiment.scoring.workers._LARGE", 1)
    for module in ("commands.score", "scoring.workers"):
        monkeypatch.setattr(f"sentiment.{module}.available_cpus", lambda: 2)
    _, _, err = score(table, "-o", "many.csv")
    assert "scoring in up to 2 processes (--workers)\n" in err
    _, _, err = score(table, "-o", "one.csv", "--workers", "1")
    assert "processes" not in err
    assert (tmp_path / "many.csv").read_bytes() == (tmp_path / "one.csv").read_bytes()
    _, _, err = score(table, "-o", "more.csv", "--workers", "3")
    assert "in up to 3 processes (--workers), though this machine has 2 CPUs\n" in err


def test_of_a_guessed_encoding_the_way_out_is_named(score, tmp_path):
    """KOI8-R was read as cp1252, and nothing said that it might be another."""
    (tmp_path / "in.csv").write_bytes("text\nхорошо\n".encode("koi8-r"))
    told = "if letters come out wrong, name the encoding: --encoding"
    _, _, err = score("in.csv", "-o", "out.csv")
    assert "in.csv: CSV, cp1252 (a guess: it is not UTF-8), one column\n" in err
    assert f"{told}\n" in err
    _, _, err = score("in.csv", "-o", "out.csv", "--encoding", "koi8-r")
    assert "guess" not in err
    assert told not in err


GERMAN = (
    "Das Zimmer war schmutzig und laut, nie wieder!",
    "Furchtbarer Service, unfreundliches Personal.",
    "Wunderbar, wir kommen gerne wieder!",
    "Das Essen war leider kalt und teuer.",
    "Die Lieferung kam zwei Wochen zu spät an, und der Karton war beschädigt.",
)
FRENCH = (
    "La chambre était sale et bruyante, plus jamais !",
    "Un service épouvantable et un personnel désagréable.",
    "Merveilleux, nous reviendrons avec plaisir !",
    "Le repas était froid et beaucoup trop cher.",
    "Malheureusement la batterie est morte au bout de trois mois.",
)
ENGLISH = (
    "OMG luv this kettel sooo much!!! 10/10",
    "Recieved it on Tuseday, worked fine til friday then nothing :(",
    "@acme ur app keeps crashing on my Pixel 4a #fail",
    "Décor was meh but the crème brûlée was to die for",
    "ok",
    "Bought for my son's XR-500, the conector dosnt fit.",
)


@pytest.mark.parametrize(
    ("texts", "told"), [(GERMAN, True), (FRENCH, True), (ENGLISH, False)]
)
def test_a_language_that_the_model_does_not_read_is_said(
    sentiment_command, tmp_path, monkeypatch, texts, told
):
    """20 answers in German were "neutral (100%)", and nothing spoke against it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in.jsonl").write_text(
        "".join(json.dumps({"text": text}) + "\n" for text in texts)
    )
    options = ("--model", bundled_model(), "--precision", "float32")
    code, out, err = sentiment_command("score", "in.jsonl", *options)
    assert (code, len(out.splitlines())) == (0, len(texts))
    assert err.count("% of the words and signs are unknown to the model") == told
    assert ("The bundled model reads English only\n" in err) is told
    assert "unknown" not in out


def test_some_rows_with_an_error_is_exit_code_1_and_a_whole_output(score, tmp_path):
    (tmp_path / "in.csv").write_text('text\ngood\n""\nbad\n')
    code, _, err = score("in.csv", "-o", "out.csv")
    assert code == 1
    assert "1 with an error" in err
    assert len((tmp_path / "out.csv").read_text().splitlines()) == 4


@pytest.mark.parametrize(
    ("header", "arguments", "option"),
    [
        ("id,review", [], "(--text-column)"),
        ("id,text,error", [], "(--prefix)"),
        ("text", ["--encoding", "utf-16"], "(--encoding)"),
    ],
)
def test_the_option_that_would_help_is_named_as_it_is_written_here(
    score, tmp_path, header, arguments, option
):
    (tmp_path / "in.csv").write_text(f"{header}\n1,good\n")
    code, _, err = score("in.csv", "-o", "out.csv", *arguments)
    assert (code, err.rstrip().endswith(option)) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["none.csv"], "none.csv: No such file"),
        (["in.csv", "--text-column", "nope"], "no column 'nope'"),
        (["in.csv", "--encoding", "utf-9"], "no encoding 'utf-9'"),
        (["in.csv", "--format", "xls"], "value for '--format': 'xls' is not one of"),
        (["in.csv", "--output-format", "xls"], "value for '--output-format': 'xls' is"),
        (["in.csv", "--delimiter", "ab"], "must be one character"),
        (["."], ". is a folder: name a file (--engine ray"),
        (
            ["in.csv", "--workers", "0"],
            "sentiment: invalid value for '--workers': 0 is not in the range "
            "1<=x<=10000 (sentiment score --help)\n",
        ),
        (["in.csv", "--workers", "two"], "'two' is not a valid integer (sentiment "),
        (["in.csv", "--wrokers", "2"], "sentiment: no such option"),
        ([], "sentiment: missing argument 'IN' (sentiment score --help)\n"),
        (
            ["in.csv", "--report", "page.html", "--date-column", "idd"],
            "no column 'idd': did you mean 'id'? (the columns are 'id', "
            "'text') (--date-column)\n",
        ),
        (["-", "--resume"], "--resume needs a file"),
        (["in.csv", "--date-column", "id"], "--date-column needs --report"),
        (["in.csv", "-o", "out.xlsx"], "out.xlsx is of a kind that is not written"),
        (["in.csv", "-o", "o.feather"], "o.feather is of a kind that is not written"),
        (["in.csv", "-o", "out.csv.zip"], "end its name in .csv, .tsv, .jsonl or"),
        (["in.csv", "--report", "out.csv"], "the report would replace out.csv"),
        (
            ["in.csv", "--report", "no/page.html"],
            "no for the report: make it, or name another place (--report)\n",
        ),
        # It became a file of that name.
        (["in.csv", "--report", "-"], "--report needs the name of a file"),
        # A variable of the shell that is not set; the page failed after the last row.
        ([""], "'IN': the name is empty: is a variable not set?"),
        (["none.csv", "--report", ""], "'--report': the name is empty"),
        (["none.csv", "-o", ""], "'-o' / '--output': the name is empty"),
    ],
)
def test_what_cannot_be_scored_is_exit_code_2_and_nothing_written(
    score, table, tmp_path, arguments, complaint
):
    code, out, err = score("-o", "out.csv", *arguments)
    assert (code, out) == (2, "")
    assert complaint in err
    assert "Traceback" not in err
    # click's own form had three lines, the last of them an "Error:".
    assert err.splitlines()[-1].startswith("sentiment: ")
    assert "Usage:" not in err
    assert not list(tmp_path.glob(".*"))
    assert not (tmp_path / "out.csv").exists()


def test_the_help_lists_the_formats_and_they_may_be_in_any_case(score, tmp_path):
    _, out, _ = score("--help")
    assert out.count("[csv|jsonl|parquet|tsv]") == 2
    (tmp_path / "in").write_text('{"text": "good"}\n')
    code, out, _ = score("in", "--format", "JSONL", "--output-format", "TSV")
    assert (code, out.splitlines()[0].split("\t")) == (0, ["text", *RESULT_COLUMNS])


def test_of_a_header_that_cannot_be_written_nothing_is_left(score, tmp_path):
    """An unfinished output was, and what it stood in the place of was gone."""
    (tmp_path / "in.jsonl").write_text('{"text": "good", "a,b": 1}\n')
    code, _, err = score("in.jsonl", "-o", "out.csv", "--no-quoting")
    assert (code, "the cell of 'a,b' holds ','" in err) == (2, True)
    assert not list(tmp_path.glob(".*"))


def test_quotes_can_be_said_to_be_characters_like_others(score, tmp_path):
    (tmp_path / "in.txt").write_text('id|text\n1|"Alien" is good\n2|"bad\n')
    code, out, err = score("in.txt", "--no-quoting")
    assert (code, "delimiter bar, no quoting" in err) == (0, True)
    assert out.splitlines()[1].startswith('1|"Alien" is good|')
    code, out, _ = score("in.txt", "--quoting")
    assert (code, "is never closed" in out) == (1, True)


def test_a_folder_that_is_not_there_is_named(score, table, tmp_path):
    code, _, err = score(table, "-o", "no/such/out.csv")
    assert code == 2
    assert f"cannot write to {tmp_path}/no/such: No such file" in err


@pytest.mark.parametrize("output", [[], ["-o", "-"]])
def test_a_pipe_gets_what_a_file_gets(score, table, tmp_path, output):
    score(table, "-o", "out.csv")
    code, out, _ = score("-", *output, stdin=table.read_bytes())
    assert code == 0
    assert out.encode() == (tmp_path / "out.csv").read_bytes()
    assert not (tmp_path / "-").exists()


def test_the_format_of_an_output_whose_name_tells_none_can_be_said(score, tmp_path):
    (tmp_path / "in.csv").write_text("text\ngood\n")
    asked = ("in.csv", "--output-format", "jsonl")
    code, out, _ = score(*asked)
    assert (code, json.loads(out)["text"]) == (0, "good")
    score(*asked, "-o", "out")
    assert (tmp_path / "out").read_text() == out
    (tmp_path / "in.jsonl").write_text('{"text": "good"}\n')
    _, out, _ = score("in.jsonl", "--output-format", "csv")
    assert out.startswith("text,sentiment,")


@pytest.mark.parametrize("name", ["tsv", "TSV", "Tsv"])
def test_tsv_is_csv_with_tabs_to_read_and_to_write(score, tmp_path, name):
    """There was no such format."""
    # Without the word, the commas would be taken for delimiters.
    (tmp_path / "in").write_text("id\ttext, or none\n1\tgood, good\n")
    asked = ("in", "--text-column", "text, or none", "--format", name)
    _, out, err = score(*asked)
    assert out.startswith("id\ttext, or none\tsentiment\t")
    assert "delimiter tab" in err
    _, out, _ = score(*asked, "--output-format", "CSV")
    assert out.startswith('id,"text, or none",sentiment,')
    (tmp_path / "in.csv").write_text("id,text\n1,good\n")
    _, out, _ = score("in.csv", "--output-format", name)
    assert out.startswith("id\ttext\tsentiment\t")


@pytest.mark.parametrize("name", ["JSONL", "jsonl"])
def test_the_name_of_a_format_may_be_in_any_case(score, tmp_path, name):
    (tmp_path / "in").write_text('{"text": "good"}\n')
    _, out, _ = score("in", "--format", name, "--output-format", name)
    assert json.loads(out)["text"] == "good"


def test_the_format_of_an_output_is_said_once(score, tmp_path):
    (tmp_path / "in.csv").write_text("text\ngood\n")
    for asked, told in (
        (["-o", "out.csv", "--output-format", "jsonl"], "the name out.csv means CSV"),
        (["--output-format", "parquet"], "Parquet cannot be written into a pipe"),
        (["--output-format", "jsonlines"], "'jsonlines' is not one of"),
    ):
        code, out, err = score("in.csv", *asked)
        assert (code, out, told in err) == (2, "", True)
    assert score("in.csv", "-o", "out.csv", "--output-format", "csv")[0] == 0


def test_a_report_is_written_beside_the_output_and_said(score, table, tmp_path):
    code, _, err = score(
        *(table, "-o", "out.csv", "--report", "page.html", "--date-column", "id")
    )
    assert code == 0
    assert err.splitlines()[-2] == "the report is page.html"
    page = (tmp_path / "page.html").read_text()
    assert "9,000 rows, column <bdi>text</bdi>" in page
    assert str(tmp_path) not in page


def test_dates_that_could_not_be_read_are_counted_and_those_that_can_be_named(
    score, tmp_path
):
    """A report without any of the dates ended as one with all of them did."""
    (tmp_path / "in.csv").write_text(
        "at,text\n2024-01-31,good\n31 Mai 2024,bad\n,good\n44500,good\n"
    )
    command = ["in.csv", "-o", "out.csv", "--report", "page.html"]
    _, _, err = score(*command, "--date-column", "at")
    assert err.splitlines()[-1] == (
        "2 of 3 dates in 'at' could not be read (first: row 2): dates are read if they "
        "are like 2024-01-31, 31.1.2024, 1/31/2024 or 31 Jan 2024, with English names "
        "of months"
    )
    (tmp_path / "in.csv").write_text("at,text\nJan-24,good\n,bad\n")
    _, _, err = score(*command, "--date-column", "at")
    assert err.splitlines()[-1] == "the report is page.html"


@pytest.mark.parametrize(("said", "kept"), [(None, "128"), ("7", "7")])
def test_torch_keeps_few_kernels_unless_it_is_told_how_many(
    score, monkeypatch, said, kept
):
    """Kept for 1,024 shapes of batches, they made a long file take 200 MB more."""
    name = "ONEDNN_PRIMITIVE_CACHE_CAPACITY"
    monkeypatch.setenv(name, said or "")
    if said is None:
        monkeypatch.delenv(name)
    score("none.csv")
    assert os.environ[name] == kept


def test_quiet_says_nothing(score, table):
    assert score(table, "-o", "out.csv", "--quiet") == (0, "", "")
