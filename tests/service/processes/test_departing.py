"""A connection is closed after its client, or when that has had its time."""

import contextlib
import socket
import time
from collections.abc import Iterator

import pytest
from running import wait_for

from service.processes import departing as module
from service.processes.departing import DepartingClients


@pytest.fixture
def departing() -> Iterator[DepartingClients]:
    departing = DepartingClients()
    yield departing
    departing.wait()


@pytest.fixture
def connect() -> Iterator:
    """Return new connections: the worker's ends and their clients'."""
    with (
        contextlib.ExitStack() as stack,
        socket.create_server(("127.0.0.1", 0)) as server,
    ):

        def pair() -> tuple[socket.socket, socket.socket]:
            theirs = socket.create_connection(server.getsockname(), timeout=5)
            ours, _ = server.accept()
            return stack.enter_context(ours), stack.enter_context(theirs)

        yield pair


def test_a_client_reads_its_answer_though_it_sends_on(departing, connect):
    ours, theirs = connect()
    theirs.sendall(b"a" * 300_000)
    ours.sendall(b"answer")
    departing.take(ours)
    for _ in range(5):
        departing.look()
    theirs.sendall(b"a" * 300_000)
    departing.look()
    assert theirs.recv(100) == b"answer"
    assert theirs.recv(100) == b""
    assert ours.fileno() >= 0
    theirs.close()
    wait_for(lambda: departing.look() or not departing, "the end", every=0.001)
    assert ours.fileno() < 0


def test_who_has_gone_is_closed_at_once(departing, connect):
    ours, theirs = connect()
    theirs.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    theirs.close()
    time.sleep(0.1)
    departing.take(ours)
    departing.look()
    assert len(departing) == 0
    assert ours.fileno() < 0


@pytest.mark.parametrize(
    ("name", "sends"), [("_SILENT_SECONDS", False), ("_SECONDS", True)]
)
def test_who_stays_is_closed_after_a_while(
    departing, connect, monkeypatch, name, sends
):
    monkeypatch.setattr(module, name, 0.3)
    ours, theirs = connect()
    began = time.monotonic()
    departing.take(ours)
    while departing:
        if sends:
            # It may have been closed just now.
            with contextlib.suppress(ConnectionError):
                theirs.send(b"a")
        departing.look(0.02)
        departing.close_late()
    assert 0.3 <= time.monotonic() - began < 60


def test_who_sends_without_end_is_closed(departing, connect, monkeypatch):
    monkeypatch.setattr(module, "_BYTES", 100_000)
    ours, theirs = connect()
    departing.take(ours)
    while departing:
        with contextlib.suppress(ConnectionError):
            theirs.sendall(b"a" * 1_000)
        departing.look()


def test_of_too_many_the_first_is_closed(departing, connect, monkeypatch):
    monkeypatch.setattr(module, "_MOST", 2)
    pairs = [connect() for _ in range(3)]
    for ours, _ in pairs:
        departing.take(ours)
    assert [ours.fileno() >= 0 for ours, _ in pairs] == [False, True, True]


def test_its_descriptor_tells_when_to_look(departing, connect):
    ours, theirs = connect()
    departing.take(ours)
    with module.EpollSelector() as poller:
        poller.register(departing, module.EVENT_READ)
        assert not poller.select(0)
        theirs.send(b"a")
        assert poller.select(5)
        departing.look()
        assert not poller.select(0)
