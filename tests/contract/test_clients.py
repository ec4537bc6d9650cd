"""The clients that people use: curl and requests, against a real server."""

import csv
import gzip
import io
import json
import shutil
import subprocess
from typing import Any

import pytest
import requests

CURL = shutil.which("curl")
ROWS = 3_000


@pytest.fixture
def address(service) -> str:
    return f"http://127.0.0.1:{service.port}"


@pytest.fixture
def file(tmp_path):
    """A file with cells that need quotes, and a name that needs them, too."""
    path = tmp_path / "my reviews, new.csv"
    with path.open("w", newline="") as text:
        writer = csv.writer(text)
        writer.writerow(["id", "review"])
        writer.writerows([n, f'good film, "number"\n{n}'] for n in range(ROWS))
    return path


def curl(*arguments: Any, data: bytes | None = None) -> subprocess.CompletedProcess:
    if CURL is None:
        pytest.skip("curl is not installed: `make test-system` gets it")
    command = [CURL, "--silent", "--show-error", "--max-time", "60", *arguments]
    return subprocess.run(
        [str(part) for part in command], input=data, capture_output=True, check=False
    )


def rows_of(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode(), newline="")))


@pytest.mark.system
def test_curl_asks_for_a_text(address):
    done = curl(
        *("-X", "POST", "-H", "Content-Type: application/json"),
        *("-d", '{"text": "Lovely staff"}', f"{address}/predict"),
    )
    assert json.loads(done.stdout)["label"] in ("negative", "neutral", "positive")


@pytest.mark.system
def test_curl_without_a_type_is_told_what_to_send(address):
    done = curl("-d", '{"text": "a"}', f"{address}/predict")
    assert json.loads(done.stdout)["status"] == 415
    assert "application/json" in json.loads(done.stdout)["detail"]


@pytest.mark.system
@pytest.mark.parametrize(
    "way",
    [
        (),
        ("-H", "Expect: 100-continue"),
        ("-H", "Transfer-Encoding: chunked"),
        ("--http1.0",),
    ],
    ids=["plain", "expect", "chunked", "HTTP 1.0"],
)
def test_curl_sends_a_file_and_gets_it_back_whole(address, file, way, tmp_path):
    done = curl(
        *("-H", "Content-Type: text/csv", "--data-binary", f"@{file}", *way),
        *("-o", tmp_path / "out.csv", "-w", "%{http_code}"),
        f"{address}/predict/csv?text_column=review",
    )
    assert (done.returncode, done.stdout) == (0, b"200"), done.stderr
    found = rows_of((tmp_path / "out.csv").read_bytes())
    assert len(found) == ROWS + 1
    assert [row[:2] for row in found] == rows_of(file.read_bytes())


@pytest.mark.system
def test_curl_uploads_from_a_pipe(address, file):
    """``-T -`` sends chunks and, of its own accord, expects 100-continue."""
    done = curl(
        *("-X", "POST", "-H", "Content-Type: text/csv", "-T", "-"),
        f"{address}/predict/csv?text_column=review",
        data=file.read_bytes(),
    )
    assert len(rows_of(done.stdout)) == ROWS + 1


@pytest.mark.system
def test_curl_keeps_one_connection_for_several_requests(address):
    done = curl(
        *("-v", "-o", "/dev/null", "-o", "/dev/null", "-o", "/dev/null"),
        *(f"{address}{path}" for path in ("/healthz", "/nowhere", "/info")),
    )
    assert done.stderr.count(b"Re-using existing connection") == 2


@pytest.mark.system
def test_curl_that_offers_compression_reads_the_answer(address):
    done = curl("--compressed", f"{address}/info")
    assert json.loads(done.stdout)["model"] == "small-1"


@pytest.mark.system
def test_a_refusal_reaches_a_curl_that_waits_for_100_continue(address):
    done = curl(
        *("-H", "Content-Type: text/plain", "-H", "Expect: 100-continue"),
        *("--data-binary", "@-", "-w", "\n%{http_code}", f"{address}/predict"),
        data=b"x" * 500_000,
    )
    assert done.stdout.endswith(b"\n415"), done.stderr


@pytest.mark.system
def test_a_form_is_refused_in_the_services_words(address, file):
    """``-F`` is what people try first with a file."""
    done = curl("-F", f'file=@"{file}"', f"{address}/predict/csv")
    problem = json.loads(done.stdout)
    assert (problem["status"], problem["code"]) == (415, "unsupported_media_type")
    assert "text/csv" in problem["detail"]


@pytest.fixture
def session():
    with requests.Session() as session:
        yield session


def test_requests_asks_for_texts(session, address):
    texts = ["good", "не очень", "\U0001f600", ""]
    answer = session.post(f"{address}/predict", json={"texts": texts}, timeout=90)
    assert answer.ok
    assert len(answer.json()["predictions"]) == len(texts)
    assert answer.headers["X-Request-Id"] == answer.json()["request_id"]


def test_requests_sends_a_file_by_pieces_and_reads_it_by_lines(session, address, file):
    url = f"{address}/predict/csv?text_column=review"
    kind = {"Content-Type": "text/csv"}
    with file.open("rb") as body:
        whole = session.post(url, data=body, headers=kind, timeout=90)
    with file.open("rb") as body:
        pieces = iter(lambda: body.read(10_000), b"")
        with session.post(
            url, data=pieces, headers=kind, timeout=90, stream=True
        ) as answer:
            streamed = b"".join(answer.iter_content(1_000))
    assert whole.status_code == answer.status_code == 200
    assert streamed == whole.content
    assert len(rows_of(streamed)) == ROWS + 1


def test_requests_is_told_that_packed_bodies_are_not_read(session, address):
    body = gzip.compress(b'{"text": "good"}')
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    answer = session.post(f"{address}/predict", data=body, headers=headers, timeout=90)
    assert answer.status_code == 415
    assert "send it uncompressed" in answer.json()["detail"]


def test_requests_goes_on_with_its_session_after_refusals(session, address):
    for _ in range(3):
        assert (
            session.post(f"{address}/predict", json={}, timeout=90).status_code == 422
        )
        assert session.get(f"{address}/nowhere", timeout=90).status_code == 404
        good = session.post(f"{address}/predict", json={"text": "good"}, timeout=90)
        assert good.status_code == 200
    (pool,) = session.get_adapter(address).poolmanager.pools._container.values()
    assert pool.num_connections == 1
