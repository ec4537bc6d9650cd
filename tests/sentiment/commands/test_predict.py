"""`sentiment predict`, `info` and `--help`, as a person at a shell meets them."""

import json
import subprocess
import sys

import click
import pytest

from sentiment.commands.terminal import show
from sentiment.errors import ConfigError

ROOT_MODULES = {"torch", "nltk", "numpy", "flask", "pyarrow", "tqdm"}


@pytest.fixture
def run(sentiment_command, monkeypatch, artifact_folder):
    """Return what runs a command on the model at hand: exit code, stdout, stderr."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("SENTIMENT_MODELS", str(artifact_folder.parent))
    (artifact_folder.parent / "current").symlink_to(artifact_folder.name)
    return sentiment_command


def test_the_services_variable_moves_no_command_and_the_help_says_so(run, monkeypatch):
    """It was called the model of the service, whatever that was told to serve."""
    monkeypatch.setenv("SENTIMENT_MODEL", "/nowhere")
    code, out, _ = run("info")
    assert (code, "untrained-1" in out) == (0, True)
    _, out, _ = run("info", "--help")
    assert "unless SENTIMENT_MODEL names another" in " ".join(out.split())


def test_a_person_reads_the_label_first(run, predictor):
    code, out, err = run("predict", "a very good film")
    assert (code, err) == (0, "")
    prediction = predictor.predict("a very good film")
    assert out.split() == [
        *(prediction.label, f"{prediction.confidence:.0%}"),
        *"a very good film".split(),
    ]


@pytest.mark.parametrize("command", [["predict", "good"], ["score", "in.csv"]])
def test_the_precision_is_said_by_option_or_environment(run, monkeypatch, command):
    asked = []

    def load(_model, *, precision):
        asked.append(precision)
        raise ConfigError("enough")

    monkeypatch.setattr("sentiment.load", load)
    run(*command)
    monkeypatch.setenv("SENTIMENT_PRECISION", "float32")
    run(*command)
    run(*command, "--precision", "bfloat16")
    assert asked == ["auto", "float32", "bfloat16"]
    monkeypatch.setenv("SENTIMENT_PRECISION", "bfloat")
    code, _, err = run(*command)
    assert code == 2
    assert "'bfloat' is not one of 'auto', 'float32', 'bfloat16'" in err


def test_json_is_an_object_of_the_services_a_line(run, predictor):
    code, out, _ = run("predict", "good", "awful film", "--json", "--explain")
    assert code == 0
    answers = [json.loads(line) for line in out.splitlines()]
    expected = predictor.predict(["good", "awful film"], explain=True)
    assert answers == [
        {**prediction.to_json(), "model": "untrained-1"} for prediction in expected
    ]


def test_of_the_name_of_a_table_the_way_to_score_it_is_told(run, tmp_path, monkeypatch):
    """`predict reviews.csv` gave the sentiment of that name, and no hint."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my reviews.csv").write_text("text\ngood\n")
    (tmp_path / "good").write_text("a file, but no table by its name")
    code, out, err = run("predict", "my reviews.csv", "good", "none.csv", "a\nb.csv")
    assert (code, len(out.splitlines())) == (0, 4)
    assert err == (
        "'my reviews.csv' is a file, and its name is scored here as a text. To score "
        "its rows: sentiment score 'my reviews.csv' -o scored.csv\n"
    )
    assert run("predict", "a\0.csv", "x" * 999 + ".csv")[2] == ""


def test_lines_of_stdin_are_texts(run):
    code, out, _ = run("predict", "--json", stdin=b"good\r\nawful\nlast without end")
    assert (code, len(out.splitlines())) == (0, 3)


def test_more_lines_than_are_scored_together_stay_in_order(run, predictor):
    texts = [f"good {'film ' * (n % 7)}" for n in range(600)]
    _, out, _ = run("predict", "--json", stdin="\n".join(texts).encode())
    labels = [json.loads(line)["label"] for line in out.splitlines()]
    assert labels == [predictor.predict(text).label for text in texts]


def test_a_text_that_cannot_be_scored_is_told_and_the_others_are_scored(run):
    code, out, err = run("predict", "", "good")
    assert (code, len(out.splitlines())) == (1, 1)
    assert err == "sentiment: '': the text is empty: it needs some words\n"


def test_of_lines_the_place_of_an_error_is_told(run, monkeypatch):
    """It was not: "the line is not UTF-8", among a thousand."""
    monkeypatch.setattr("sentiment.commands.predict._LINES", 2)
    code, out, err = run("predict", stdin=b"good\n\xff\xfe\nbad\n\ngood\n")
    assert (code, len(out.splitlines())) == (1, 3)
    assert err.splitlines() == [
        "sentiment: line 2: the line is not UTF-8 (byte 0xff)",
        "sentiment: line 4: '': the text is empty: it needs some words",
    ]


def test_an_argument_that_is_not_utf_8_is_told_as_a_line_is(run):
    """It was scored, with half a character for each such byte."""
    code, out, err = run("predict", "good", "caf\udce9")
    assert (code, len(out.splitlines())) == (1, 1)
    assert err == "sentiment: argument 2 is not UTF-8 (byte 0xe9)\n"
    _, out, _ = run("predict", "--json", "caf\udce9")
    assert json.loads(out)["error"]["code"] == "not_utf_8"


def test_under_json_an_error_is_a_line_too(run):
    code, out, err = run("predict", "--json", stdin=b"good\n\nbad \xff\n")
    good, empty, foreign = (json.loads(line) for line in out.splitlines())
    assert (code, err) == (1, "")
    assert "label" in good
    assert empty["error"]["code"] == "empty_text"
    assert foreign["error"] == {
        "code": "not_utf_8",
        "message": "the line is not UTF-8 (byte 0xff)",
    }


def test_explain_lists_each_word_where_no_colour_can_be_shown(run):
    _, out, _ = run("predict", "--explain", "not good")
    assert "\x1b" not in out
    assert [line.split()[-1] for line in out.splitlines()[-2:]] == ["not", "good"]


def test_sentences_and_a_least_confidence_are_those_of_the_service(run, predictor):
    text = "a very good film.\nNever again! Fine."
    asked = ("predict", text, "--sentences", "--min-confidence", "0.999")
    expected = predictor.predict(text, sentences=True, min_confidence=0.999)
    _, out, _ = run(*asked, "--json")
    assert json.loads(out) == {**expected.to_json(), "model": "untrained-1"}
    code, out, _ = run(*asked)
    whole, *sentences = out.splitlines()
    assert (code, whole.split()[0]) == (0, "uncertain")
    assert whole.endswith(f" {expected.confidence:.0%}  {text.replace(chr(10), '␊')}")
    assert [line.partition("%  ")[2] for line in sentences] == [
        *("a very good film.", "Never again!", "Fine.")
    ]
    shares = [max(sentence.probabilities) for sentence in expected.sentences]
    assert [line.split()[1] for line in sentences] == [f"{one:.0%}" for one in shares]


@pytest.mark.parametrize("share", ["nan", "1.5", "-0.1", "much"])
def test_a_least_confidence_that_is_no_share_is_refused(run, share):
    code, out, err = run("predict", "good", "--min-confidence", share)
    assert (code, out) == (2, "")
    assert "--min-confidence" in err
    assert "min_confidence" not in err  # its name in Python
    assert share == "much" or f"must be from 0 to 1, not {share}" in err


def test_words_are_coloured_by_what_they_speak_for(predictor):
    text = "not a very good film"
    prediction = predictor.predict(text, explain=True)
    shown = show(text, prediction, color=True)
    assert text in click.unstyle(shown).splitlines()[-1]
    assert "\x1b[3" in shown.splitlines()[-1]
    assert "\x1b" not in show(text, prediction, color=False)


def test_a_text_cannot_give_orders_to_the_terminal(run):
    _, out, _ = run("predict", "good \x1b[2J\x07 film\nnext")
    assert "good ␛[2J␇ film␊next" in out


def test_a_long_text_is_cut_to_the_width_of_the_screen(predictor):
    text = "very " * 100 + "good"
    shown = show(text, predictor.predict(text), color=False, width=60)
    assert len(shown) == 60
    assert shown.endswith("…")


@pytest.mark.parametrize("before", [True, False])
def test_a_model_is_named_before_or_after_the_command(run, artifact_folder, before):
    model = ("--model", artifact_folder)
    arguments = [*model, "info"] if before else ["info", *model]
    code, out, _ = run(*arguments)
    assert (code, "untrained-1" in out) == (0, True)
    missing = ("--model", artifact_folder / "none")
    arguments = [*missing, "info"] if before else ["info", *missing]
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert "none is not a model" in err
    code, out, err = run("info", "--model", "")
    assert (code, "'--model': the name is empty" in err) == (2, True)


def test_info_describes_the_model_and_gives_its_manifest(run):
    code, out, _ = run("info")
    assert code == 0
    assert "untrained-1" in out
    assert "hidden_dim 8" in out
    _, out, _ = run("info", "--json")
    assert json.loads(out)["version"] == "untrained-1"


@pytest.mark.parametrize(
    "manifest", [{"config": 3}, {"metrics": None}, {"labels": [1]}, {"config": "gru"}]
)
def test_info_of_a_manifest_that_describes_nothing_is_no_traceback(
    run, artifact_folder, manifest
):
    (artifact_folder / "manifest.json").write_text(json.dumps(manifest))
    code, out, err = run("info")
    assert (code, out) == (2, "")
    assert "a manifest that describes no model: publish it again" in err
    code, out, _ = run("info", "--json")
    assert (code, json.loads(out)) == (0, manifest)


@pytest.mark.parametrize(
    "arguments", [["dance"], ["predict", "--dance"], ["score"], []]
)
def test_what_is_no_command_is_exit_code_2_and_no_traceback(run, arguments):
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert ("Usage: " if not arguments else " --help)\n") in err
    assert "Traceback" not in err


@pytest.mark.parametrize("command", [[], ["predict"], ["score"], ["info"], ["serve"]])
def test_help_imports_nothing_heavy(command):
    program = (
        "import sys\n"
        f"sys.argv = ['sentiment', *{command!r}, '--help']\n"
        "from sentiment.cli import main\n"
        "main()\n"
        f"print('heavy:', sorted({ROOT_MODULES!r} & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert "Usage: sentiment" in done.stdout
    assert done.stdout.splitlines()[-1] == "heavy: []"


def test_a_reader_that_goes_away_is_no_traceback(artifact_folder):
    program = "from sentiment.cli import main; main()"
    with subprocess.Popen(
        [sys.executable, "-c", program, "predict", "--model", artifact_folder],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        process.stdout.close()
        process.stdin.write(b"good\n" * 5_000)
        process.stdin.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141
