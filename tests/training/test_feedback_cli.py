"""The command sentiment-train feedback, as an operator uses it."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner

from sentiment.errors import FeedbackError
from sentiment.feedback import Correction, open_store
from training.cli import cli


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.delenv("SENTIMENT_FEEDBACK", raising=False)
    file = tmp_path / "feedback.db"
    store = open_store(str(file))
    now = datetime.now(UTC)
    for days, text, label in ((100, "Größe 👎", "negative"), (1, "fine", "neutral")):
        store.keep(
            Correction(
                text=text,
                label=label,
                created=now - timedelta(days=days),
                model="m-1",
                request_id=f"r-{days}",
            )
        )
    return file


def feedback(*arguments: str, stdin: str | bytes = "", code: int = 0) -> str:
    done = CliRunner().invoke(cli, ["feedback", *arguments], input=stdin)
    assert done.exit_code == code, done.output
    return done.output


def test_corrections_are_counted_and_listed(file):
    shown = feedback("count", "--at", str(file))
    assert [line.split()[0] for line in shown.splitlines()] == [
        *("negative", "neutral", "oldest", "newest")
    ]
    lines = feedback("list", "--at", str(file)).splitlines()
    assert [json.loads(line)["text"] for line in lines] == ["Größe 👎", "fine"]
    assert set(json.loads(lines[0])) == {
        *("created", "model", "label", "request_id", "text")
    }


def test_a_reader_that_goes_away_is_no_traceback(file):
    program = "from training.cli import main; main()"
    with subprocess.Popen(
        [sys.executable, "-c", program, "feedback", "list", "--at", str(file)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141


@pytest.mark.parametrize(
    ("arguments", "stdin", "left"),
    [
        (("--older-than", "90"), "", ["fine"]),
        (("--request-id", "r-1"), "", ["Größe 👎"]),
        (("--text-from-stdin",), "Größe 👎\n", ["fine"]),
        # As an editor on Windows saves it: nothing was forgotten, without a word.
        (("--text-from-stdin",), "Größe 👎\r\n", ["fine"]),
        (("--text-from-stdin", "--older-than", "90"), "fine", ["Größe 👎", "fine"]),
    ],
)
def test_some_are_forgotten(file, arguments, stdin, left):
    shown = feedback("forget", "--at", str(file), *arguments, stdin=stdin)
    assert shown == f"{2 - len(left)} forgotten\n"
    assert [one.text for one in open_store(str(file)).corrections()] == left


def test_forgetting_needs_a_condition(file):
    assert "say which" in feedback("forget", "--at", str(file), code=2)


@pytest.mark.parametrize("days", ["1000000", "1e9", "nan", "inf", "-1"])
def test_days_that_no_calendar_has_are_refused(file, days):
    """The first four were a traceback."""
    shown = feedback("forget", "--at", str(file), "--older-than", days, code=2)
    assert "is not from 0 to 36,500 days" in shown


def test_a_text_in_another_encoding_is_refused(file):
    """It was a traceback."""
    stdin = "Größe".encode("cp1252")
    shown = feedback(
        *("forget", "--at", str(file), "--text-from-stdin"), stdin=stdin, code=2
    )
    assert "stdin is not UTF-8" in shown


def test_the_environment_says_where_they_are(file, monkeypatch):
    assert "SENTIMENT_FEEDBACK" in feedback("count", code=2)
    monkeypatch.setenv("SENTIMENT_FEEDBACK", str(file))
    assert "negative" in feedback("count")


def test_where_nobody_corrected_anything_it_says_so(tmp_path):
    file = tmp_path / "none.db"
    file.touch()
    assert feedback("count", "--at", str(file)) == "there is no correction\n"


@pytest.mark.parametrize(
    "command", [["count"], ["list"], ["forget", "--request-id", "r-1"]]
)
def test_a_file_that_is_not_there_is_named_and_not_made(tmp_path, command):
    """It was made, empty, and a mistyped path told that nothing had to be forgotten."""
    file = tmp_path / "feedbck.db"
    done = CliRunner().invoke(cli, ["feedback", *command, "--at", str(file)])
    assert isinstance(done.exception, FeedbackError)
    assert str(done.exception).startswith(f"there is no file {file}: ")
    assert list(tmp_path.iterdir()) == []


def test_an_id_that_is_no_unicode_is_refused(file):
    """It was a traceback."""
    done = CliRunner().invoke(
        cli, ["feedback", "forget", "--at", str(file), "--request-id", "\udcff"]
    )
    assert isinstance(done.exception, FeedbackError)
