"""The disk that nginx spools to is full: what fits into memory goes on."""

import contextlib
import http.client
import json
from pathlib import Path

import pytest
from own_disk import fill
from proxying import Backend, messages, nginx_before, spools
from running import Client, log_lines, wait_for

pytestmark = pytest.mark.system

JSON, CSV = {"Content-Type": "application/json"}, {"Content-Type": "text/csv"}
KIB = 400
FINE = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
# More than sockets hold, for a client that does not read it.
LARGE = 20_000_000


def answer(head: bytes) -> bytes:
    if b"/predict/csv?large" not in head:
        return FINE
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"
    return head % LARGE + b"x" * LARGE


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("nginx") / "prefix"


@pytest.fixture(scope="module")
def proxy(folder):
    many = {"NGINX_RATE": "1000r/s", "NGINX_BURST": "1000"}
    with (
        Backend(answer) as backend,
        nginx_before(backend.port, folder, disk_kib=KIB, **many) as client,
    ):
        for disk in spools(folder):
            fill(disk)
        yield client


def post(proxy: Client, path: str, size: int, **headers: str):
    kind = CSV if "csv" in path else JSON
    return proxy.call("POST", path, b"x" * size, {**kind, **headers})


@pytest.mark.parametrize(
    ("path", "size"),
    [("/predict", 200_000), ("/predict/csv", 3_000_000), ("/feedback", 1_500_000)],
)
def test_a_body_that_finds_no_room_is_answered_503(proxy, folder, path, size):
    """It was a 500: "please report it", and no word of trying again."""
    refused = post(proxy, path, size, **{"X-Request-Id": f"room{size}"})
    assert refused.problem() == (503, "no_room")
    assert refused.headers["retry-after"] == "1"
    problem = refused.json()
    assert (problem["status"], problem["request_id"]) == (503, f"room{size}")
    wait_for(lambda: f"room{size}" in (folder / "nginx.log").read_text(), "its line")
    (line,) = [
        line
        for line in log_lines(folder / "nginx.log")
        if line["request_id"] == f"room{size}"
    ]
    assert (line["status"], line["code"], line["path"]) == (503, "no_room", path)


def test_every_line_of_the_log_is_json_and_the_cause_stands_beside_it(proxy, folder):
    post(proxy, "/predict?zanzibar", 1_000_000)
    wait_for(lambda: "No space left" in messages(folder), "the message")
    lines = (folder / "nginx.log").read_text().splitlines()
    assert lines
    assert all(isinstance(json.loads(line), dict) for line in lines)
    assert "zanzibar" not in "".join(lines)


@pytest.mark.parametrize("path", ["/predict", "/predict/csv", "/feedback"])
def test_what_fits_into_memory_never_asks_the_disk(proxy, path):
    """256 texts of 600 characters, say: it was spooled from 16 kB on."""
    assert post(proxy, path, 256 * 600).status == 200


def test_an_answer_that_finds_no_room_is_broken_off(proxy, folder):
    """Never ended as if it were whole: its status has left long before."""
    with proxy.connect() as connection:
        connection.sendall(
            b"POST /predict/csv?large HTTP/1.1\r\nHost: x\r\n"
            b"Content-Length: 2\r\n\r\na\n"
        )
        wait_for(lambda: f"{folder}/answers" in messages(folder), "a full disk")
        with contextlib.closing(http.client.HTTPResponse(connection)) as found:
            found.begin()
            assert found.status == 200
            with pytest.raises(
                (http.client.IncompleteRead, ConnectionError), match=r"read|reset"
            ):
                found.read()
