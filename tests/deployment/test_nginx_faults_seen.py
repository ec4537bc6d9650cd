"""A test before which nginx answers 500, or would if it were not told better, fails."""

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from proxying import Backend, nginx_before
from running import Client

pytestmark = pytest.mark.system

FAULT = (
    b"HTTP/1.1 500 Internal Server Error\r\nConnection: close\r\n"
    b"Content-Length: 2\r\n\r\n{}"
)
FINE = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"


@contextlib.contextmanager
def fails_at_its_end(folder: Path, answer: bytes, match: str) -> Iterator[Client]:
    with (
        pytest.raises(AssertionError, match=match),
        Backend(lambda _: answer) as backend,
        nginx_before(backend.port, folder) as client,
    ):
        yield client


def test_a_500_of_the_service_is_seen_in_nginxs_log(tmp_path):
    match = "has answers of status 500"
    with fails_at_its_end(tmp_path / "prefix", FAULT, match) as client:
        assert client.get("/info").status == 500


def test_a_500_of_nginxs_own_is_seen_though_it_leaves_as_503(tmp_path):
    match = "No such file or directory"
    with fails_at_its_end(tmp_path / "prefix", FINE, match) as client:
        shutil.rmtree(tmp_path / "prefix/bodies")
        answer = client.predict(text="x" * 1_000_000)
        assert answer.problem() == (503, "no_room")
