"""The worker's loop and a thread answer a request alike, whatever it says."""

import http.client
import json
import re
import socket

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

# One server for all examples, and each is asked twice.
real = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
# So many headers, which say nothing, that the loop leaves the request to a thread.
FILLERS = [(f"X-Filler-{at}", "a") for at in range(51)]

NAMES = [
    *("Accept", "Connection", "Content-Encoding", "Content-Type", "Cookie", "Expect"),
    *("Forwarded", "Host", "HTTP2-Settings", "Keep-Alive", "Origin", "Prefer", "TE"),
    *("Trailer", "Upgrade", "Via", "X-Forwarded-For", "X-Forwarded-Proto", "Proxy"),
    *("X-Forwarded-Protocol", "X-Forwarded-Ssl", "X-Http-Method-Override", "Range"),
    *("X-Request-Id", "X-Request-Start", "Transfer-Encoding", "x_y", "a", "A"),
]
VALUES = [
    *("", "a", "0", "a, b", "close", "keep-alive", "Keep-Alive, a", "upgrade", "h2c"),
    *("http", "https", "on", "gzip", "identity", "chunked", "trailers", "100-continue"),
    *("application/json", "application/json;charset=utf-8", "text/plain", "*/*"),
    *("localhost", "a b", "[::1]:80", "[", "a:b:c", "localhost:99999", "http://a/"),
    *("a..b", ".", "a" * 64, "a.", "-a", "127.0.0.1:80", "a_b"),
    *("t=1000000000.5", "t=1", '"quoted"', "\u00e4", "\t", "(comment)", "<>", "%zz"),
]
HEADERS = st.lists(
    st.tuples(
        st.sampled_from(NAMES),
        st.one_of(st.sampled_from(VALUES), st.text(" !-~", max_size=8)),
    ),
    max_size=3,
)
FIELDS = st.sampled_from(
    [
        *({"text": "good"}, {"text": "good", "min_confidence": 1}, {"text": ""}),
        *({"text": "good \ud83d"}, {"text": "good", "explain": False}, {"text": 1}),
        *({"text": "good", "texts": []}, {"text": "good", "min_confidence": 2}, [], ""),
        *({"texts": ["good"]}, {"texts": ["good", ""]}, {"texts": [], "explain": True}),
        {
            "texts": [{"id": 1, "text": "good"}, "bad " * 9],
            "min_confidence": 0.9,
        },
    ]
)


def request_of(headers, fields, first):
    body = json.dumps(fields)
    lines = [
        *(f"{name}: {value}" for name, value in first.items()),
        f"Content-Length: {len(body)}",
        *(f"{name}: {value}" for name, value in headers),
    ]
    head = "".join(f"{line}\r\n" for line in ["POST /predict HTTP/1.1", *lines])
    return f"{head}\r\n{body}".encode("latin-1", "replace")


def answer_to(port, request):
    """Return the answer to a request, without what is another each time."""
    with socket.create_connection(("127.0.0.1", port), 30) as client:
        client.sendall(request)
        with http.client.HTTPResponse(client, method="POST") as answer:
            answer.begin()
            body = answer.read().decode()
            said = dict(answer.getheaders())
    said.pop("Date", None)
    identity = said.pop("X-Request-Id", "")
    # One that the service made.
    if re.fullmatch("[0-9a-f]{32}", identity):
        body = body.replace(identity, "made")
    return answer.status, said, body


@real
@given(headers=HEADERS, fields=FIELDS)
def test_a_request_has_one_answer(service, headers, fields):
    first = {"Host": "test", "Content-Type": "application/json"}
    replaced = {name.title() for name, _ in headers}
    first = {name: value for name, value in first.items() if name not in replaced}
    by_loop, by_thread = (
        answer_to(service.port, request_of([*headers, *fillers], fields, first))
        for fillers in ([], FILLERS)
    )
    assert by_loop == by_thread


@pytest.mark.parametrize("fillers", [[], FILLERS], ids=["loop", "thread"])
def test_the_two_ways_are_two(service, fillers):
    """Else the test above compares one way with itself."""
    first = {"Host": "test", "Content-Type": "application/json"}
    request = request_of(fillers, {"text": "good"}, first)
    status, said, _ = answer_to(service.port, request)
    assert status == 200
    # gunicorn writes its own headers before the application's.
    assert (list(said)[1] == "Connection") is bool(fillers)
