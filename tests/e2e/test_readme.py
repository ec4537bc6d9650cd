"""What the README and docs/http.md show being asked is answered as they show."""

import json
import re
import shlex

import pytest
from running import ROOT, serving

README = (ROOT / "README.md").read_text()
HTTP = (ROOT / "docs/http.md").read_text()


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("readme"), SENTIMENT_WORKERS="1") as (
        client,
        _,
    ):
        yield client


def shown(path: str, page: str = README) -> tuple[list[str], str]:
    """Return the words of the curl command that asks ``path``, and what it prints."""
    for block in re.findall(r"^```console\n\$ (.*?)^```", page, re.M | re.S):
        command, answer = re.split(r"(?<!\\)\n", block, maxsplit=1)
        words = shlex.split(command.replace("\\\n", " "))
        if words[-1].startswith(f"http://127.0.0.1:8000{path}"):
            return words, answer
    raise LookupError(f"the page asks nothing of {path}")


def same_form(shown: object, answered: object) -> bool:
    """Compare names and words; numbers belong to the model that shipped then."""
    if isinstance(shown, dict) and isinstance(answered, dict):
        return shown.keys() == answered.keys() and all(
            same_form(shown[name], answered[name]) for name in shown
        )
    if isinstance(shown, list) and isinstance(answered, list):
        return len(shown) == len(answered) and all(map(same_form, shown, answered))
    return type(shown) is type(answered)


@pytest.mark.parametrize("page", [README, HTTP], ids=["README", "http"])
def test_the_prediction_has_the_label_and_the_form_that_is_shown(served, page):
    words, printed = shown("/predict", page)
    answer = served.call(
        "POST",
        "/predict",
        words[words.index("-d") + 1],
        {"Content-Type": words[4][14:]},
    )
    expected = json.loads(printed)
    assert answer.status == 200
    assert same_form(expected, answer.json())
    assert answer.json()["label"] == expected["label"]


def test_the_file_comes_back_with_the_columns_that_are_shown(served):
    words, printed = shown("/predict/csv")
    header, *rows = printed.splitlines()
    column = words[-1].split("text_column=")[1]
    given = header.split(",sentiment,")[0]
    assert column in given.split(",")
    body = "\n".join([given, *(row.rsplit(",", 6)[0] for row in rows)])
    answer = served.call(
        "POST", words[-1][21:], body.encode(), {"Content-Type": "text/csv"}
    )
    assert answer.status == 200
    got_header, *got = answer.body.decode().splitlines()
    assert got_header == header
    labels = [row.rsplit(",", 6)[1] for row in rows]
    assert [row.rsplit(",", 6)[1] for row in got] == labels
