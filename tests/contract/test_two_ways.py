"""The worker's loop and a thread answer a request alike, whatever it says."""

import json
import re
import socket
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

# One server for all examples, and each is asked twice.
real = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
# The loop has looked by then, and left what is not whole to a thread.
A_MOMENT = 0.02

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


def answer_to(port, request, cut):
    """Return the answer to a request that is sent in two pieces, if it is cut."""
    with socket.create_connection(("127.0.0.1", port), 30) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if cut:
            client.sendall(request[:-1])
            time.sleep(A_MOMENT)
        client.sendall(request[-1:] if cut else request)
        client.shutdown(socket.SHUT_WR)
        received = b"".join(iter(lambda: client.recv(65_536), b""))
    head, _, body = received.decode().partition("\r\n\r\n")
    status, *lines = head.split("\r\n")
    said = dict(line.split(": ", 1) for line in lines)
    said.pop("Date", None)
    identity = said.pop("X-Request-Id", "")
    # One that the service made is another each time.
    if re.fullmatch("[0-9a-f]{32}", identity):
        body = body.replace(identity, "made")
    return status, said, body


@real
@given(headers=HEADERS, fields=FIELDS)
def test_whole_or_in_pieces_it_has_one_answer(service, headers, fields):
    first = {"Host": "test", "Content-Type": "application/json"}
    replaced = {name.title() for name, _ in headers}
    first = {name: value for name, value in first.items() if name not in replaced}
    request = request_of(headers, fields, first)
    whole, in_pieces = (answer_to(service.port, request, cut) for cut in (False, True))
    assert whole == in_pieces


@pytest.mark.parametrize("cut", [False, True])
def test_only_what_is_whole_is_for_the_loop(service, cut):
    """Else the test above compares one way with itself."""
    request = request_of(
        [], {"text": "good"}, {"Host": "test", "Content-Type": "application/json"}
    )
    status, said, _ = answer_to(service.port, request, cut)
    assert status == "HTTP/1.1 200 OK"
    # gunicorn writes its own headers before the application's.
    assert (list(said)[1] == "Connection") is cut
