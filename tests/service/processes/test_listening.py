"""The end of a listening socket: nobody is connected and then reset."""

import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from service.processes import listening

HOLDS = "import sys; print('here', flush=True); sys.stdin.read()"


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as opened:
        opened.setblocking(False)
        yield opened


@pytest.fixture
def meanwhile(listener, monkeypatch) -> Iterator[list[Future[bytes]]]:
    """Let a client connect after the last look, and see what becomes of it."""
    address = listener.getsockname()
    connected: list[Future[bytes]] = []
    began: list[bool] = []

    def connect() -> bytes:
        with socket.create_connection(address, timeout=10) as client:
            return client.recv(1)

    with ThreadPoolExecutor(1) as pool:
        close = socket.socket.close

        def late(closing: socket.socket) -> None:
            if closing is listener and not began:
                began.append(True)
                connected.append(pool.submit(connect))
                with contextlib.suppress(TimeoutError):
                    connected[0].result(timeout=0.3)
            close(closing)

        monkeypatch.setattr(socket.socket, "close", late)
        yield connected


def accept_all(listener: socket.socket, taken: list[socket.socket]) -> None:
    with contextlib.suppress(BlockingIOError):
        while True:
            taken.append(listener.accept()[0])


@contextlib.contextmanager
def another_process_with(listener: socket.socket) -> Iterator[None]:
    command = [sys.executable, "-S", "-c", HOLDS]
    with subprocess.Popen(
        command,
        pass_fds=[listener.fileno()],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        try:
            yield
        finally:
            holder.communicate()


def leave(listener: socket.socket, accept_all: Callable[[], None]) -> None:
    """Let this process leave, whose master is gone."""
    listening.leave(listener, accept_all, master=0)


def test_who_has_connected_is_accepted(listener):
    taken: list[socket.socket] = []
    with socket.create_connection(listener.getsockname()) as client:
        leave(listener, lambda: accept_all(listener, taken))
        taken[0].sendall(b"!")
        assert client.recv(1) == b"!"
        taken[0].close()
    assert len(taken) == 1
    assert listener.fileno() == -1


def test_who_comes_after_the_last_look_is_refused_and_not_reset(listener, meanwhile):
    leave(listener, lambda: accept_all(listener, []))
    with pytest.raises(ConnectionRefusedError):
        meanwhile[0].result(timeout=10)


def test_without_that_the_client_would_be_reset(listener, meanwhile, monkeypatch):
    monkeypatch.setattr(listening, "set_minimum_ttl", lambda *_: None)
    leave(listener, lambda: accept_all(listener, []))
    with pytest.raises(ConnectionResetError):
        meanwhile[0].result(timeout=10)


def test_while_another_process_listens_nobody_is_turned_away(listener):
    address = listener.getsockname()
    with another_process_with(listener):
        leave(listener, lambda: None)
        socket.create_connection(address, timeout=10).close()


@pytest.fixture
def stays_open(listener, monkeypatch) -> socket.socket:
    """Return a second hold of the listener, in this process, that nobody counts."""
    kept = listener.dup()
    monkeypatch.setattr(listening, "_HANDSHAKE_SECONDS", 0)
    yield kept
    kept.close()


def accepts(kept: socket.socket) -> bool:
    with contextlib.suppress(TimeoutError):
        socket.create_connection(kept.getsockname()[:2], timeout=0.5).close()
        return True
    return False


def test_no_client_is_accepted_once_the_last_has_left(listener, stays_open):
    leave(listener, lambda: None)
    assert not accepts(stays_open)
    listening.set_minimum_ttl(stays_open)
    assert accepts(stays_open)


def test_whose_processes_cannot_be_seen_may_share_the_socket(
    listener, stays_open, tmp_path, monkeypatch
):
    monkeypatch.setattr(listening, "_PROCESSES", tmp_path / "none")
    leave(listener, lambda: None)
    assert accepts(stays_open)


def test_a_master_that_cannot_be_seen_may_share_the_socket(
    listener, stays_open, tmp_path, monkeypatch
):
    monkeypatch.setattr(listening, "_PROCESSES", tmp_path)
    listening.leave(listener, lambda: None, master=os.getppid())
    assert accepts(stays_open)


def test_a_socket_that_was_handed_in_stays_as_it_is(listener, stays_open, monkeypatch):
    monkeypatch.setattr(listening, "_handed_in", True)
    leave(listener, lambda: None)
    assert accepts(stays_open)


def test_the_last_accepted_client_is_read(listener, stays_open):
    """A connection has from its listener how near a client must be."""
    leave(listener, lambda: None)
    with socket.socket() as client:
        client.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, 255)
        client.connect(stays_open.getsockname())
        client.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, 64)
        with stays_open.accept()[0] as taken:
            listening.set_minimum_ttl(taken)
            taken.settimeout(5)
            client.sendall(b"!")
            assert taken.recv(1) == b"!"


def test_to_leave_twice_is_to_leave_once(listener):
    leave(listener, lambda: None)
    leave(listener, lambda: pytest.fail("nobody can come"))


def test_an_ipv6_socket_accepts_no_client_either(monkeypatch):
    monkeypatch.setattr(listening, "_HANDSHAKE_SECONDS", 0)
    opened = socket.create_server(("::1", 0), family=socket.AF_INET6)
    with opened, opened.dup() as kept:
        leave(opened, lambda: None)
        assert not accepts(kept)


def test_a_socket_file_knows_no_handshake(tmp_path):
    with socket.socket(socket.AF_UNIX) as opened:
        opened.bind(str(tmp_path / "service.sock"))
        opened.listen()
        taken: list[None] = []
        leave(opened, lambda: taken.append(None))
    assert len(taken) == 1
