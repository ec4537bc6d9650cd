"""Whatever bytes come over a connection, the worker answers or closes, and goes on.

Its loop looks at them before any thread or parser does (service/door).
"""

import contextlib
import re
import socket

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

# One server for all examples: that it is as good as new after each is the point.
real = settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
BODY = b'{"text": "good"}'
GOOD = (
    b"POST /predict HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
    b"Content-Length: 16\r\n\r\n" + BODY
)
PROBE = b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"
# What a request is made of, in whatever order.
PARTS = [
    *(
        b"POST /predict HTTP/1.1\r\n",
        b"GET /healthz HTTP/1.1\r\n",
        b"GET / HTTP/1.0\r\n",
    ),
    *(
        b"HEAD /metrics HTTP/1.1\r\n",
        b"POST /predict/csv HTTP/1.1\r\n",
        b"BREW * HTTP/9.9",
    ),
    *(b"Host: a\r\n", b"Content-Type: application/json\r\n", b"Connection: close\r\n"),
    *(
        b"Content-Length: 16\r\n",
        b"Content-Length: -1\r\n",
        b"Content-Length: 9999999999\r\n",
    ),
    *(
        b"Transfer-Encoding: chunked\r\n",
        b"Expect: 100-continue\r\n",
        b"X: \xff\x00\r\n",
    ),
    *(
        b"\r\n",
        b"\n",
        b"\r",
        b"\x00",
        b":",
        b" ",
        b"\t",
        b"5\r\nabcde\r\n",
        b"0\r\n\r\n",
    ),
    *(
        BODY,
        GOOD,
        PROBE,
        b"\x16\x03\x01\x02\x00\x01",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ),
]
STREAMS = st.lists(
    st.one_of(st.sampled_from(PARTS), st.binary(max_size=40)), min_size=1, max_size=12
).map(b"".join)


@st.composite
def damaged(draw) -> bytes:
    """A good request with a few bytes of it changed, or cut."""
    request = bytearray(draw(st.sampled_from([GOOD, PROBE, GOOD + PROBE])))
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(request) - 1))
        request[at : at + draw(st.integers(0, 2))] = draw(st.binary(max_size=3))
    return bytes(request)


def answers_to(port: int, sent: bytes) -> bytes:
    """Return all that comes back; it ends, since the client sends no more."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as client:
        # Whoever was refused may find the connection closed.
        with contextlib.suppress(ConnectionError):
            client.sendall(sent)
        with contextlib.suppress(OSError):
            client.shutdown(socket.SHUT_WR)
        # A timeout is a failure: such a client would wait for ever.
        answer = b""
        with contextlib.suppress(ConnectionError):
            while piece := client.recv(65_536):
                answer += piece
        return answer


@real
@given(sent=st.one_of(STREAMS, damaged()))
@example(sent=GOOD + PROBE + GOOD)
@example(sent=GOOD[:-1])
@example(sent=b"")
def test_any_bytes_are_answered_or_the_connection_is_closed(service, sent):
    answer = answers_to(service.port, sent)
    assert re.match(rb"HTTP/1\.1 [1-5][0-9]{2} ", answer) or not answer
    # A 500 would be in the log, too, where the service's fixture looks.
    assert b"HTTP/1.1 500 " not in answer
    assert answers_to(service.port, PROBE).startswith(b"HTTP/1.1 200 OK\r\n")


def test_what_is_good_among_them_is_answered(service):
    """Else the test above could pass over a worker that closes whatever comes."""
    answer = answers_to(service.port, GOOD + PROBE + GOOD + b"\x00\r\n\r\n")
    statuses = re.findall(rb"HTTP/1\.1 ([0-9]{3}) ", answer)
    assert statuses == [b"200", b"200", b"200", b"400"]
