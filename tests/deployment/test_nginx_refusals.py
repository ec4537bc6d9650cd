"""What nginx says by itself has the service's form: problem+json with its id."""

import http.client
import json
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from proxying import Backend, nginx_before, nginx_over_its_connections
from running import free_port, wait_for

from service.http.headers import GUARDS, POLICY_HEADER, STRICTEST_POLICY

pytestmark = pytest.mark.system

FINE = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"


@pytest.fixture(scope="module")
def backend():
    with Backend(lambda _: FINE) as backend:
        yield backend


@pytest.fixture(scope="module")
def proxy(backend, tmp_path_factory):
    folder = tmp_path_factory.mktemp("nginx") / "prefix"
    unlimited = {"NGINX_RATE": "100000r/s", "NGINX_BURST": "1000"}
    with nginx_before(backend.port, folder, **unlimited) as client:
        yield client


def assert_problem(answer, status: int, code: str) -> None:
    assert answer.status == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status
    assert problem["code"] == code
    assert problem["type"] == "about:blank"
    assert problem["title"]
    assert len(problem["detail"]) > 20
    assert re.fullmatch(r"[A-Za-z0-9._-]{1,64}", problem["request_id"])
    assert answer.headers["x-request-id"] == problem["request_id"]
    assert "nginx" not in answer.body.decode()


@pytest.mark.parametrize(
    ("method", "path", "headers", "status", "code"),
    [
        ("GET", "/metrics", {}, 404, "not_found"),
        ("GET", "/problem", {}, 404, "not_found"),
        ("GET", "/unreached", {}, 404, "not_found"),
        ("TRACE", "/predict", {}, 405, "method_not_allowed"),
        ("GET", "/" + "a" * 20_000, {}, 414, "uri_too_long"),
        ("GET", "/", {"X-Long": "a" * 20_000}, 431, "headers_too_large"),
        ("GET", "/", {"Host": "a b"}, 400, "bad_request"),
        ("GET", "/page.html/../../x", {}, 400, "bad_request"),
    ],
)
def test_a_refusal_is_a_problem(proxy, method, path, headers, status, code):
    assert_problem(proxy.call(method, path, headers=headers), status, code)


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        (b"GET / HTTP/2.0\r\nHost: x\r\n\r\n", 505, "http_version"),
        (
            b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n",
            501,
            "not_implemented",
        ),
    ],
)
def test_another_version_or_coding_is_a_problem_too(proxy, sent, status, code):
    """They were nginx's own pages once, with its name at the foot."""
    head, _, body = proxy.raw(sent).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 %d " % status)
    assert json.loads(body)["code"] == code


def test_a_refusal_is_kept_from_being_taken_for_something_else(proxy):
    headers = proxy.get("/metrics").headers
    assert (
        headers.items()
        >= {
            **{name.lower(): value for name, value in GUARDS.items()},
            POLICY_HEADER.lower(): STRICTEST_POLICY,
        }.items()
    )


def test_a_client_with_too_many_connections_is_answered_429(backend, tmp_path):
    """Those that wait in the middle of a body count; probes are told apart."""
    with nginx_over_its_connections(backend.port, tmp_path / "prefix") as client:
        assert_problem(client.get("/info"), 429, "too_many_requests")
        assert client.get("/healthz").status == 200


def test_what_is_not_http_is_answered_400(proxy):
    answer = proxy.raw(b"\x16\x03\x01 what is this\r\n\r\n")
    assert b"400" in answer.split(b"\r\n")[0]
    assert b'"code":"bad_request"' in answer


@pytest.mark.parametrize(
    ("path", "size", "status"),
    [
        ("/predict", 2_000_000, 200),
        ("/predict", 3_000_000, 413),
        ("/predict/csv", 3_000_000, 200),
        ("/predict/csv", 110_000_000, 413),
    ],
)
def test_a_body_has_its_limit(proxy, path, size, status):
    headers = {"Content-Type": "text/csv", "X-Request-Id": "mine-1"}
    answer = proxy.call("POST", path, b"x" * size, headers)
    assert answer.status == status
    if status == 413:
        assert_problem(answer, 413, "body_too_large")
        assert answer.json()["request_id"] == "mine-1"


def test_a_foul_request_id_is_replaced(proxy, backend):
    for foul in ("x" * 65, "<b>", 'a"b', "a b", ""):
        answer = proxy.get("/metrics", **{"X-Request-Id": foul})
        assert_problem(answer, 404, "not_found")
        proxy.get("/", **{"X-Request-Id": foul})
        sent = re.search(rb"(?i)\r\nx-request-id: (\S+)\r\n", backend.requests[-1])
        assert re.fullmatch(rb"[0-9a-f]{32}", sent[1])


def test_the_service_is_told_when_and_for_whom(proxy, backend):
    before = time.time()
    headers = {
        "X-Request-Id": "abc-123",
        "X-Request-Start": "t=1",
        "X-Forwarded-For": "10.9.8.7",
    }
    proxy.get("/info?x=%2F..", **headers)
    head = backend.requests[-1].decode()
    assert head.startswith("GET /info?x=%2F.. HTTP/1.1")
    assert re.search(r"(?im)^x-request-id: abc-123\r$", head)
    assert re.search(r"(?im)^x-forwarded-for: 127\.0\.0\.1\r$", head)
    started = re.findall(r"(?im)^x-request-start: t=([\d.]+)\r$", head)
    assert len(started) == 1
    assert before - 1 < float(started[0]) < time.time() + 1


def test_a_client_over_its_rate_is_answered_429(backend, tmp_path):
    # So slow that no machine takes as long over eight requests.
    slow = {"NGINX_RATE": "1r/m", "NGINX_BURST": "2"}
    with nginx_before(backend.port, tmp_path / "prefix", **slow) as client:
        answers = [client.get("/info") for _ in range(8)]
        assert [answer.status for answer in answers[:3]] == [200] * 3
        limited = [answer for answer in answers if answer.status != 200]
        assert limited
        for answer in limited:
            assert_problem(answer, 429, "too_many_requests")
            assert answer.headers["retry-after"] == "1"
        # Probes do not count.
        assert {client.get("/readyz").status for _ in range(8)} == {200}


def test_a_service_that_is_down_is_answered_502(tmp_path):
    with nginx_before(free_port(), tmp_path / "prefix") as client:
        answer = client.predict(text="fine")
        assert_problem(answer, 502, "bad_gateway")
        assert answer.headers["retry-after"] == "1"


def test_a_full_service_is_answered_503_at_once(tmp_path):
    """By nginx, which spares it the work; whatever else it is asked goes through."""
    may_answer = threading.Event()

    def answer(head: bytes) -> bytes:
        if head.startswith(b"POST /predict "):
            may_answer.wait(60)
        return FINE

    with (
        Backend(answer) as backend,
        nginx_before(backend.port, tmp_path / "prefix", NGINX_WAITING="2") as client,
        ThreadPoolExecutor(2) as pool,
    ):
        waiting = [pool.submit(client.predict, text="fine") for _ in range(2)]
        wait_for(lambda: predictions(backend) == 2, "the service to be full")
        refused = client.predict(text="fine")
        assert_problem(refused, 503, "overloaded")
        assert refused.headers["retry-after"] == "1"
        assert predictions(backend) == 2
        for path in ("/healthz", "/info", "/"):
            assert client.get(path).status == 200
        as_csv = {"Content-Type": "text/csv"}
        scored = client.call("POST", "/predict/csv", b"a\n1\n", as_csv)
        assert scored.status == 200
        may_answer.set()
        assert [one.result(60).status for one in waiting] == [200, 200]
        assert client.predict(text="fine").status == 200


def predictions(backend: Backend) -> int:
    return sum(head.startswith(b"POST /predict ") for head in backend.requests)


def test_a_service_that_hangs_is_answered_504(tmp_path):
    quick = {"proxy_read_timeout 60s": "proxy_read_timeout 1s"}

    answered = threading.Event()

    def hang(_head: bytes) -> bytes:
        answered.wait(60)
        return b""

    with (
        Backend(hang) as backend,
        nginx_before(backend.port, tmp_path / "prefix", quick) as client,
    ):
        answer = client.predict(text="fine")
        answered.set()
    assert_problem(answer, 504, "deadline_exceeded")


def test_the_services_own_refusals_pass_unchanged(tmp_path):
    body = b'{"code":"overloaded"}'
    refusal = (
        b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 7\r\n"
        b"Content-Type: application/problem+json\r\nConnection: close\r\n"
        b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
    )
    with (
        Backend(lambda _: refusal) as backend,
        nginx_before(backend.port, tmp_path / "prefix") as client,
    ):
        answer = client.predict(text="fine")
    assert (answer.status, answer.body) == (503, body)
    assert answer.headers["retry-after"] == "7"


def test_an_answer_that_breaks_off_stays_broken(tmp_path):
    """Else a client would take half a scored file for the whole."""
    half = (
        b"HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\nConnection: close\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n5\r\na,b\r\n\r\n"
    )
    with (
        Backend(lambda _: half) as backend,
        nginx_before(backend.port, tmp_path / "prefix") as client,
        pytest.raises(http.client.IncompleteRead, match="5 bytes read"),
    ):
        client.call("POST", "/predict/csv", b"a\n1\n", {"Content-Type": "text/csv"})
