"""No name that a client or a file gives leads to another file."""

import itertools
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from click.testing import CliRunner

from sentiment.errors import ConfigError, SentimentError
from training.cli import cli
from training.recipes.config import TrainingConfig

UPS = ["..", "%2e%2e", ".%2e", "%252e%252e", "..%00", "%c0%ae%c0%ae", "..;", "...."]
SLASHES = ["/", "%2f", "%252f", "\\", "%5c", "//", "%c0%af"]
GOALS = ["etc/passwd", "app.py", "service/app.py"]
# What any of these files would show.
CONTENTS = (b"root:", b"create_app", b"import ")
NAMES = [
    "../../etc/passwd",
    "/etc/passwd",
    "..\\..\\x",
    "file:///etc/passwd",
    "..",
    "a/b",
]


def paths() -> Iterator[str]:
    for up, slash, goal in itertools.product(UPS, SLASHES, GOALS):
        for base in ("/", "/page/"):
            yield base + f"{up}{slash}" * 3 + goal
    yield from ("//etc/passwd", "/page//etc/passwd", "/page/app.js/../../app.py")


@pytest.mark.system
@pytest.mark.parametrize("way", ["proxy", "service"])
def test_no_address_leads_out_of_the_page(behind, way, record_figure):
    client = getattr(behind, way)
    statuses = set()
    tried = list(paths())
    for path in tried:
        head = f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        answer = client.raw(head.encode())
        statuses.add(int(answer[9:12]))
        body = answer.partition(b"\r\n\r\n")[2]
        assert not any(content in body for content in CONTENTS), path
    record_figure(
        "addresses that lead out of the page's folder",
        "400 or 404, no file",
        f"{len(tried)} to nginx and as many to the service, each 400 or 404",
    )
    assert statuses <= {400, 404}


@pytest.mark.system
@pytest.mark.parametrize("name", NAMES)
def test_no_name_in_a_request_is_a_path(behind, name):
    kind = {"Content-Type": "text/csv", "X-Request-Id": name}
    for field in ("text_column", "prefix", "encoding", "delimiter"):
        path = f"/predict/csv?{field}={quote(name, safe='')}"
        answer = behind.proxy.call("POST", path, b"text,b\ngood,1\n", kind)
        assert answer.status in (200, 422)
        assert not any(content in answer.body for content in CONTENTS)
        if "/" in name or "\\" in name:
            assert answer.headers["x-request-id"] != name


@pytest.mark.parametrize("name", NAMES)
def test_no_version_is_a_path(tmp_path, name):
    models = tmp_path / "models"
    models.mkdir()
    (tmp_path / "a").mkdir()
    arguments = ["models", "promote", name, "--models", str(models)]
    done = CliRunner().invoke(cli, arguments)
    assert isinstance(done.exception, SentimentError)
    assert "has no version" in str(done.exception)
    assert list(models.glob("current")) == []


@pytest.mark.parametrize("name", NAMES)
def test_no_recipe_is_named_by_a_path(name):
    with pytest.raises(ConfigError, match="letters a to z, digits, - and _"):
        TrainingConfig.from_dict(
            {"name": name, "sources": [{"name": "a", "path": "a.csv"}]}
        )
