"""Slow clients of one address, far more than it may be served: others are answered."""

import contextlib
import json
import resource
import socket
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest
from proxying import Backend, asked_from, messages, nginx_before
from running import Client, wait_for

pytestmark = pytest.mark.system

# More than all of nginx's processes had room for when each had 4,096 connections.
MANY = 9_000
FEW = 200
SHARE = 32
ADDRESS, OTHER = "127.1.1.1", "127.1.1.2"
LARGE = 20_000_000
# Of Linux; in the socket module from Python 3.12 on.
IP_BIND_ADDRESS_NO_PORT = 24

POST = b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
# What each client sends at first, and what it drips afterwards. Up to a header's end
# nginx counts nothing for an address ...
UNCOUNTED = {
    "idle": (b"", b""),
    "half a header": (b"GET /info HTTP/1.1\r\nHost: x\r\nX-Lo", b""),
    "a dripping header": (b"GET /info HTTP/1.1\r\nHost: x\r\nX-Long: ", b"a"),
}
# ... and from there on every request.
COUNTED = {
    "half a body": (POST + b'Content-Length: 500\r\n\r\n{"text": "', b""),
    "half a file": (
        b"POST /predict/csv HTTP/1.1\r\nHost: x\r\nContent-Type: text/csv\r\n"
        b"Content-Length: 50000\r\n\r\n" + b"text\n" * 4_000,
        b"",
    ),
    "a dripping body": (POST + b'Content-Length: 500\r\n\r\n{"text": "', b"a"),
    "an answer that is not read": (b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n", b""),
}


def answer(head: bytes) -> bytes:
    size = LARGE if b"/large" in head else 2
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"
    return head % size + b"x" * size


@pytest.fixture(scope="module", autouse=True)
def many_files() -> Iterator[None]:
    """Let this process, and the nginx that it starts, open as many as they may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < MANY + 1_000:
        pytest.skip(f"a process may open {hard} files here")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.fixture
def folder(tmp_path) -> Path:
    return tmp_path / "prefix"


@pytest.fixture
def proxy(folder) -> Iterator[Client]:
    rates = {"NGINX_RATE": "1000r/s", "NGINX_BURST": "1000", "NGINX_PROBES": "1000r/s"}
    # A busy machine may take longer to open so many than nginx waits for a header.
    patient = {"client_header_timeout 10s": "client_header_timeout 120s"}
    with (
        Backend(answer) as backend,
        nginx_before(backend.port, folder, patient, **rates) as client,
    ):
        yield client


class SlowClients:
    """Connections of one address that send ``begin``, and ``drip`` when asked to."""

    def __init__(self, port: int, count: int, begin: bytes) -> None:
        self._connections: list[socket.socket] = []
        for _ in range(count):
            connection = socket.socket()
            # So little room that an answer cannot just wait in the kernel.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.settimeout(30)
            # A port is searched for when it connects, which takes far less long.
            connection.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
            # Closed at once, so that no port stays behind for a minute.
            at_once = struct.pack("ii", 1, 0)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)
            connection.bind((ADDRESS, 0))
            # A client that is refused comes again.
            with contextlib.suppress(ConnectionError):
                connection.connect(("127.0.0.1", port))
                connection.sendall(begin)
            connection.setblocking(False)
            self._connections.append(connection)

    def __enter__(self) -> "SlowClients":
        return self

    def __exit__(self, *_: object) -> None:
        for connection in self._connections:
            connection.close()

    def drip(self, sent: bytes) -> None:
        for connection in self._connections:
            with contextlib.suppress(OSError):
                connection.send(sent)

    def held(self) -> int:
        """Return how many are neither refused nor closed."""
        return sum(map(_is_held, self._connections))


def _is_held(connection: socket.socket) -> bool:
    try:
        return connection.recv(12, socket.MSG_PEEK) == b"HTTP/1.1 200"
    except BlockingIOError:
        return True
    except OSError:
        return False


def assert_others_are_answered(proxy: Client) -> None:
    for _ in range(20):
        assert asked_from(OTHER, proxy.port, "/healthz").status == 200
        assert asked_from(OTHER, proxy.port, "/predict", b"{}").status == 200


@pytest.mark.parametrize("kind", UNCOUNTED)
def test_connections_without_a_request_leave_room_for_others(proxy, folder, kind):
    """8,188 half headers were held, and everybody else was reset, probes included."""
    begin, drip = UNCOUNTED[kind]
    with SlowClients(proxy.port, MANY, begin) as slow:
        slow.drip(drip)
        assert_others_are_answered(proxy)
        # Else they were no fault.
        assert slow.held() == MANY
    # Each connection too many was a line of nginx's own.
    assert all(map(json.loads, (folder / "nginx.log").read_text().splitlines()))
    assert "not enough" not in messages(folder)


@pytest.mark.parametrize("kind", COUNTED)
def test_an_address_has_its_share_of_requests_in_progress(proxy, kind):
    begin, drip = COUNTED[kind]
    with SlowClients(proxy.port, FEW, begin) as slow:
        wait_for(lambda: slow.held() <= SHARE, "turning away those beyond its share")
        slow.drip(drip)
        assert_others_are_answered(proxy)
        # Those are held, and not dropped for a number beyond.
        assert slow.held() == SHARE
