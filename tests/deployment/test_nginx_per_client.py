"""Limits are of each client: whoever has reached one, others are served as before."""

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from proxying import (
    Backend,
    asked_from,
    nginx_before,
    nginx_over_its_connections,
)
from running import Answer, log_lines, wait_for

pytestmark = pytest.mark.system

FIRST, SECOND = "127.1.1.1", "127.1.1.2"
FINE = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
# So slow that no machine is late enough for one request more.
SELDOM = "1r/m"
PROBE_BURST, PROBE_CONNECTIONS = 40, 16


@pytest.fixture(scope="module")
def backend() -> Iterator[Backend]:
    with Backend(lambda _: FINE) as backend:
        yield backend


def assert_over_the_limit(answer: Answer) -> None:
    assert answer.problem() == (429, "too_many_requests")
    assert answer.headers["retry-after"] == "1"
    assert answer.headers["x-request-id"] == answer.json()["request_id"]


def test_one_address_over_its_rate_leaves_another_served(backend, tmp_path):
    rate = {"NGINX_RATE": SELDOM, "NGINX_BURST": "2"}
    with nginx_before(backend.port, tmp_path / "prefix", **rate) as client:
        for path, body in [("/info", None), ("/predict", b"{}"), ("/predict/csv", b"")]:
            for _ in range(4):
                refused = asked_from(FIRST, client.port, path, body)
            assert_over_the_limit(refused)
        for path, body in [("/info", None), ("/predict", b"{}"), ("/predict/csv", b"")]:
            assert asked_from(SECOND, client.port, path, body).status == 200
        # A client that is over its rate still learns that all is well.
        assert asked_from(FIRST, client.port, "/healthz").status == 200


def test_one_address_over_its_requests_in_progress_leaves_another_served(
    backend, tmp_path
):
    with nginx_over_its_connections(backend.port, tmp_path / "prefix") as client:
        assert asked_from(SECOND, client.port, "/info").status == 200
        assert asked_from(SECOND, client.port, "/predict", b"{}").status == 200


@pytest.mark.parametrize("path", ["/readyz", "/healthz"])
def test_probes_have_a_rate_for_each_address(tmp_path, path):
    """400 of them were 400 predictions, each in a thread past every queue."""
    folder = tmp_path / "prefix"
    with (
        Backend(lambda _: FINE) as backend,
        nginx_before(backend.port, folder, NGINX_PROBES=SELDOM) as client,
    ):
        answers = [asked_from(FIRST, client.port, path) for _ in range(50)]
        allowed = 1 + PROBE_BURST
        assert {answer.status for answer in answers[:allowed]} == {200}
        for answer in answers[allowed:]:
            assert_over_the_limit(answer)
        assert len(backend.requests) == allowed
        assert asked_from(SECOND, client.port, path).status == 200
        assert asked_from(FIRST, client.port, "/info").status == 200
        wait_for(lambda: "/info" in (folder / "nginx.log").read_text(), "the log")
    # Of probes, those that did not succeed.
    probes = [line for line in log_lines(folder / "nginx.log") if line["path"] == path]
    assert [line["status"] for line in probes] == [429] * (50 - allowed)


def test_probes_in_progress_are_few_for_each_address(tmp_path):
    may_answer = threading.Event()

    def answer(head: bytes) -> bytes:
        if head.startswith(b"GET /readyz") and b"127.1.1.1" in head:
            may_answer.wait(60)
        return FINE

    with (
        Backend(answer) as backend,
        nginx_before(backend.port, tmp_path / "prefix") as client,
        ThreadPoolExecutor(PROBE_CONNECTIONS) as pool,
    ):
        waiting = [
            pool.submit(asked_from, FIRST, client.port, "/readyz")
            for _ in range(PROBE_CONNECTIONS)
        ]
        wait_for(lambda: len(backend.requests) == PROBE_CONNECTIONS, "all of them")
        assert_over_the_limit(asked_from(FIRST, client.port, "/readyz"))
        assert asked_from(SECOND, client.port, "/readyz").status == 200
        may_answer.set()
        assert {one.result(60).status for one in waiting} == {200}


def test_a_service_that_is_not_ready_is_seen_in_the_log(tmp_path):
    body = json.dumps({"code": "draining"}).encode()
    refusal = (
        b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n"
        b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
    )
    folder = tmp_path / "prefix"
    with (
        Backend(lambda _: refusal) as backend,
        nginx_before(backend.port, folder) as client,
    ):
        assert client.get("/readyz").json() == {"code": "draining"}
        wait_for(lambda: log_lines(folder / "nginx.log"), "its line")
    (line,) = log_lines(folder / "nginx.log")
    assert (line["path"], line["status"], line["code"]) == ("/readyz", 503, "")
