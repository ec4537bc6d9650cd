"""The documents say what is so: files, links, targets, settings and commands exist."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest
from prometheus_client import Counter
from proxying import by_default, compose
from running import ROOT, environment

from sentiment.cli import cli as sentiment_cli
from service.http import problems
from service.http.answer_models import SingleAnswer
from service.http.request_models import CsvRequest, PredictRequest
from service.observability.drift import Drift
from service.observability.live import read_profile
from service.observability.metrics import Metrics
from service.settings import Settings, unknown_names
from training.cli import cli as training_cli

PAGES = [
    *sorted(ROOT.glob("*.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
NAMES = [str(page.relative_to(ROOT)) for page in PAGES]
README = (ROOT / "README.md").read_text()
PROGRAMS = {"sentiment": sentiment_cli, "sentiment-train": training_cli}


def fenced(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def test_the_list_of_files_is_what_the_files_say(tmp_path):
    copy = tmp_path / "architecture.md"
    program = (
        f"import sys; sys.path.insert(0, {str(ROOT / 'scripts')!r}); import rooms;"
        "print(rooms.written(rooms.PAGE.read_text(), rooms.listing()), end='')"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    copy.write_text(done.stdout)
    page = (ROOT / "docs/architecture.md").read_text()
    assert page == copy.read_text(), "`make format` writes the list anew"


def anchors(page: Path) -> set[str]:
    """Return the names that links may give to the page's headings."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    words = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {heading.replace(" ", "-") for heading in words}


@pytest.mark.parametrize("name", NAMES)
def test_links_lead_somewhere(name):
    page = ROOT / name
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = page.parent / path if path else page
        assert file.exists(), target
        assert not anchor or anchor in anchors(file), target


@pytest.mark.parametrize("name", NAMES)
def test_every_row_stands_in_a_table(name):
    """Behind a blank line a row is shown with its bars, as a paragraph."""
    blocks = re.split(r"\n\s*\n", (ROOT / name).read_text())
    for block in blocks:
        lines = block.strip("\n").splitlines()
        if lines and lines[0].startswith("|"):
            assert re.fullmatch(r"\|(?: *:?-+:? *\|)+", lines[1]), lines[0]
            bars = [re.sub(r"\\\|", "", line).count("|") for line in lines]
            assert bars == bars[:1] * len(lines), lines[0]


@pytest.mark.parametrize("name", NAMES)
def test_make_targets_exist(name):
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
    for target in re.findall(r"`make ([a-z-]+)", (ROOT / name).read_text()):
        assert target in targets, target


@pytest.mark.parametrize("name", NAMES)
def test_settings_exist(name):
    found = set(re.findall(r"\bSENTIMENT_[A-Z_]*[A-Z]\b", (ROOT / name).read_text()))
    assert unknown_names(found) == []


def test_every_setting_is_described_with_its_default(monkeypatch):
    for name in ("PORT", *filter(lambda name: "SENTIMENT" in name, os.environ)):
        monkeypatch.delenv(name, raising=False)
    page = (ROOT / "docs/operating.md").read_text()
    rows = dict(re.findall(r"^\| `SENTIMENT_(\w+)` \| (.*?) ?\|", page, re.MULTILINE))
    assert rows.pop("MODELS") == "models"
    defaults = {
        name.upper(): "" if value is None else str(value) for name, value in Settings()
    }
    assert rows == defaults


def test_every_setting_of_nginx_is_described_with_its_default():
    page = (ROOT / "docs/operating.md").read_text()
    rows = dict(re.findall(r"^\| `(NGINX_\w+)` \| (\S+) \|", page, re.MULTILINE))
    given = by_default(compose()["services"]["nginx"]["environment"])
    del given["NGINX_ENVSUBST_FILTER"], given["NGINX_ENTRYPOINT_QUIET_LOGS"]
    assert rows == given


def labels_of_metrics() -> dict[str, tuple[str, ...]]:
    """Return each metric of /metrics with the names of its labels."""
    found: dict[str, tuple[str, ...]] = {}
    for one in Metrics().registry._collector_to_names:
        suffix = "_total" if isinstance(one, Counter) else ""
        found[one._name + suffix] = tuple(one._labelnames)
    drift = Drift(live=read_profile((), "none"), baseline=None)
    for family in drift.families():
        found[family.name] = tuple(family._labelnames)
    return found


def test_every_metric_is_described_with_its_labels():
    """One was described with the label `code`, and has `reason`."""
    page = (ROOT / "docs/operating.md").read_text()
    rows = re.findall(r"^\| (`sentiment_.*?) \|(.*?)\|", page, re.MULTILINE)
    described = {
        name: tuple(re.findall(r"`(\w+)`", labels))
        for names, labels in rows
        for name in re.findall(r"`(\w+)`", names)
    }
    assert described == labels_of_metrics()


def rows_of(page: str, heading: str) -> list[list[str]]:
    """Return the cells of the first table after ``heading``."""
    text = (ROOT / page).read_text().split(f"\n{heading}\n")[1]
    lines = re.search(r"(?:^\|.*\n)+", text, re.MULTILINE)[0].splitlines()
    return [[cell.strip(" `") for cell in line.split("|")[1:-1]] for line in lines[2:]]


def test_every_error_code_is_described_with_whether_a_retry_helps():
    site = (ROOT / "deploy/nginx/templates/sentiment.conf.template").read_text()
    codes = re.search(r"\$problem_code \{(.*?)\}", site, re.DOTALL)[1]
    of_nginx = {
        (int(status), code) for status, code in re.findall(r"(\d+) (\w+);", codes)
    }
    source = (ROOT / "sentiment/prediction/encoded_texts.py").read_text()
    of_texts = {(422, code) for code in re.findall(r'TextError\(\s*"(\w+)"', source)}
    # Of the PROXY protocol, which is not used; and texts have their own codes.
    not_sent = {(403, "forbidden"), (422, "invalid_text")}
    of_service = {*problems.REFUSALS.values(), problems.BUG}
    of_service |= {
        (status, code) for status, (code, _) in problems.HTTP_REFUSALS.items()
    }
    rows = rows_of("docs/http.md", "## Errors")
    described = {(int(status), code) for status, code, *_ in rows}
    assert len(of_texts) == 3
    assert described == of_nginx | of_texts | of_service - not_sent
    # All of them are answered with Retry-After, by the service or by nginx.
    retried = {int(status) for status, *_, retry in rows if retry.startswith("yes")}
    assert retried == {429, 502, 503, 504}
    assert all(
        retry.startswith("yes") == (int(status) in retried)
        for status, *_, retry in rows
    )


def test_every_option_of_the_http_interface_is_described():
    text = (ROOT / "docs/http.md").read_text()
    first, second = re.findall(r"(?:^\|.*\n)+", text.split("## Score texts")[1], re.M)[
        :2
    ]
    asked = set(re.findall(r"^\| `(\w+)`", first + second, re.MULTILINE))
    assert asked == set(PredictRequest.model_fields)
    query = {name for name, *_ in rows_of("docs/http.md", "## Score a file")}
    assert query == set(CsvRequest.model_fields)
    third = re.findall(r"(?:^\|.*\n)+", text.split("## Score texts")[1], re.M)[2]
    answered = set(re.findall(r"^\| `(\w+)`", third, re.MULTILINE))
    assert answered == set(SingleAnswer.model_fields)


def command_lines(text: str) -> list[list[str]]:
    blocks = "\n".join(fenced(text, "sh") + fenced(text, "console"))
    lines = blocks.replace("\\\n", " ").splitlines()
    words = [shlex.split(line.removeprefix("$ "), comments=True) for line in lines]
    words = [without_container(line) for line in words if line]
    return [line for line in words if Path(line[0]).name in PROGRAMS]


def without_container(words: list[str]) -> list[str]:
    """Return the command that a ``docker compose run`` or ``exec`` runs, if any."""
    if words[0] == "docker":
        for place, word in enumerate(words):
            if word in PROGRAMS:
                return words[place:]
    return words


# Programs that are installed into .venv, and nowhere else.
INSTALLED = re.compile(r"(sentiment|sentiment-train|torchrun|pip|python3?|pytest)\b")


@pytest.mark.parametrize("name", NAMES)
def test_commands_can_be_pasted(name):
    """Without `.venv/bin/`, they fail in a new shell."""
    text = (ROOT / name).read_text()
    for block in fenced(text, "sh") + fenced(text, "console"):
        for line in block.replace("\\\n", " ").splitlines():
            assert not INSTALLED.match(line.removeprefix("$ ")), line


def test_the_readme_shows_commands():
    assert len(command_lines(README)) >= 4


@pytest.mark.parametrize("name", NAMES)
def test_commands_and_their_options_exist(name):
    """Each command that a page shows is one, and takes the options it is shown with."""
    for program, *words in command_lines((ROOT / name).read_text()):
        command: click.Command = PROGRAMS[Path(program).name]
        while isinstance(command, click.Group) and words:
            word = words.pop(0)
            assert word in command.commands, f"{name}: {program} {word}"
            command = command.commands[word]
        known = {option for one in command.params for option in one.opts}
        for word in words:
            if word.startswith("-") and len(word) > 1:
                assert word in known | {"--help"}, f"{name}: {program} {word}"


@pytest.mark.parametrize("name", ["README.md", "docs/python.md"])
def test_the_library_examples_run(name):
    blocks = fenced((ROOT / name).read_text(), "python")
    assert blocks
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", "\n".join(blocks)],
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()
