"""The page: only its own files, and no code in its markup."""

import re
from pathlib import Path

import pytest

PAGE = Path(__file__).resolve().parents[3] / "service" / "page"
SCRIPTS = sorted(PAGE.glob("*.js"))


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


def test_a_file_that_is_not_the_one_asked_for_is_refused_as_all_else(client, problem):
    """It once came whole, as the script that it is, with status 412."""
    etag = client.get("/page/app.js").headers["ETag"]
    other = client.get("/page/app.js", headers={"If-Match": '"other"'})
    assert problem(other, 412, "precondition_failed")["detail"]
    for match in (etag, "*"):
        same = client.get("/page/app.js", headers={"If-Match": match})
        assert same.status_code == 200


@pytest.mark.parametrize("path", ["/page/", "/page/x.js", "/page/../app.py", "/app.py"])
def test_no_other_file_is_served(client, path):
    assert client.get(path).status_code == 404


def test_the_markup_holds_no_code_and_loads_nothing_from_elsewhere():
    markup = (PAGE / "index.html").read_text()
    assert not re.search(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=", markup)
    for target in re.findall(r"""(?:src|href)=["']([^"']*)""", markup):
        assert re.match(r"/(?!/)|#", target), target


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
