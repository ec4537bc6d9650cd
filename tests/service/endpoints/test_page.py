"""The page: only its own files, no code in its markup, and its reader of CSV."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from sentiment.predictor import Predictor
from service.app import create_app

PAGE = Path(__file__).resolve().parents[3] / "service" / "page"
SCRIPTS = sorted(PAGE.glob("*.js"))
NODE = shutil.which("node")


@pytest.fixture
def client(predictor: Predictor):
    return create_app(predictor).test_client()


def address(file: Path) -> str:
    return "/" if file.name == "index.html" else f"/page/{file.name}"


@pytest.mark.parametrize("file", sorted(PAGE.iterdir()), ids=lambda file: file.name)
def test_each_file_is_served_under_a_strict_policy(client, file):
    answer = client.get(address(file))
    assert answer.status_code == 200
    assert answer.data == file.read_bytes()
    policy = answer.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "http" not in policy
    assert "*" not in policy
    assert "require-trusted-types-for 'script'; trusted-types 'none'" in policy
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in answer.headers["Permissions-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_what_the_browser_has_already_is_not_sent_again(client):
    etag = client.get("/page/app.js").headers["ETag"]
    assert (
        client.get("/page/app.js", headers={"If-None-Match": etag}).status_code == 304
    )


@pytest.mark.parametrize("path", ["/page/", "/page/x.js", "/page/../app.py", "/app.py"])
def test_no_other_file_is_served(client, path):
    assert client.get(path).status_code == 404


def test_the_markup_holds_no_code_and_loads_nothing_from_elsewhere():
    markup = (PAGE / "index.html").read_text()
    assert not re.search(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=", markup)
    for target in re.findall(r"""(?:src|href)=["']([^"']*)""", markup):
        assert re.match(r"/(?!/)", target), target


def test_every_file_that_is_named_is_there():
    named = re.findall(r'"/page/([^"]+)"', (PAGE / "index.html").read_text())
    for script in SCRIPTS:
        named += re.findall(r'from "\./([^"]+)"', script.read_text())
    assert {"app.js", "base.css"} <= set(named)
    assert [name for name in named if not (PAGE / name).is_file()] == []


def test_every_element_that_a_script_looks_for_is_there():
    markup = (PAGE / "index.html").read_text()
    ids = re.findall(r'\bid="([^"]+)"', markup)
    assert len(ids) == len(set(ids))
    sought = {
        name
        for script in SCRIPTS
        for name in re.findall(r'\bfind\("([^"]+)"\)', script.read_text())
    }
    assert len(sought) > 10
    assert sought - set(ids) == set()


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_no_script_turns_text_into_markup(script):
    ways = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|Function\("
    assert not re.search(ways, script.read_text())


@pytest.mark.skipif(NODE is None, reason="node is not installed")
@pytest.mark.parametrize(
    ("content", "delimiter", "rows"),
    [
        (b"a,b\n1,2\n", ",", [["a", "b"], ["1", "2"]]),
        (b"\xef\xbb\xbfa;b\r\n1;2", ";", [["a", "b"], ["1", "2"]]),
        (
            b'text\tid\n"a\tb ""c""\nd"\t1\n',
            "\t",
            [["text", "id"], ['a\tb "c"\nd', "1"]],
        ),
        ("caf\u00e9,b\n".encode("latin-1"), ",", [["caf\u00e9", "b"]]),
        ("\ufeffa|b\n".encode("utf-16-le"), "|", [["a", "b"]]),
        (b'text\n"a, b, c"\n', ",", [["text"], ["a, b, c"]]),
        (b'a,b\n1,\n"cut in the mid', ",", [["a", "b"], ["1", ""]]),
        # The look at a file's beginning may end within a character.
        ("a\n\u20ac".encode()[:-1], ",", [["a"]]),
    ],
)
def test_the_page_reads_the_beginning_of_a_csv(content, delimiter, rows):
    program = (
        f"const content = decode(new Uint8Array({list(content)}));"
        "const delimiter = findDelimiter(content);"
        "console.log(JSON.stringify([delimiter, readRows(content, delimiter, 9)]));"
    )
    assert run_beside_csv(program) == [delimiter, rows]


@pytest.mark.skipif(NODE is None, reason="node is not installed")
def test_records_are_the_same_wherever_their_pieces_are_cut():
    content = 'a,b\r\n"x ""y""\r\nz",\n\n"",2\r3,"last"'
    program = (
        f"const content = {json.dumps(content)};"
        "const read = (...pieces) => {"
        "  const records = new Records(',');"
        "  const rows = pieces.flatMap((piece) => [...records.push(piece)]);"
        "  return [...rows, ...records.end()];"
        "};"
        "const cuts = [...content].map((_, at) =>"
        "  read(content.slice(0, at), content.slice(at)));"
        "console.log(JSON.stringify([...cuts, read(...content)]));"
    )
    rows = [["a", "b"], ['x "y"\r\nz', ""], ["", "2"], ["3", "last"]]
    assert run_beside_csv(program) == [rows] * (len(content) + 1)


def run_beside_csv(program: str) -> Any:
    """Run a program that has what csv.js exports, and return the JSON it prints."""
    # As data: node takes a file of this name for a module only since version 20.19.
    module = json.dumps("data:text/javascript," + quote((PAGE / "csv.js").read_text()))
    names = "decode, findDelimiter, readRows, Records"
    program = f"const {{ {names} }} = await import({module});{program}"
    done = subprocess.run(
        [str(NODE), "--no-warnings", "--input-type=module", "-e", program],
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)
