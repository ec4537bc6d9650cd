"""The end of a listening socket: nobody is connected and then reset."""

import contextlib
import socket
import subprocess
import sys
from collections.abc import Iterator
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
    knocked: list[Future[bytes]] = []
    began: list[bool] = []

    def connect() -> bytes:
        with socket.create_connection(address, timeout=10) as client:
            return client.recv(1)

    with ThreadPoolExecutor(1) as pool:
        close = socket.socket.close

        def late(closing: socket.socket) -> None:
            if closing is listener and not began:
                began.append(True)
                knocked.append(pool.submit(connect))
                with contextlib.suppress(TimeoutError):
                    knocked[0].result(timeout=0.3)
            close(closing)

        monkeypatch.setattr(socket.socket, "close", late)
        yield knocked


def taking_in(listener: socket.socket, taken: list[socket.socket]) -> None:
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


def test_who_has_knocked_is_taken_in(listener):
    taken: list[socket.socket] = []
    with socket.create_connection(listener.getsockname()) as client:
        listening.leave(listener, lambda: taking_in(listener, taken))
        taken[0].sendall(b"!")
        assert client.recv(1) == b"!"
        taken[0].close()
    assert len(taken) == 1
    assert listener.fileno() == -1


def test_who_comes_after_the_last_look_is_refused_and_not_reset(listener, meanwhile):
    listening.leave(listener, lambda: taking_in(listener, []))
    with pytest.raises(ConnectionRefusedError):
        meanwhile[0].result(timeout=10)


def test_without_the_filter_it_would_be_reset(listener, meanwhile, monkeypatch):
    monkeypatch.setattr(listening, "_turn_newcomers_away", lambda _listener: False)
    listening.leave(listener, lambda: taking_in(listener, []))
    with pytest.raises(ConnectionResetError):
        meanwhile[0].result(timeout=10)


def test_while_another_process_listens_nobody_is_turned_away(listener):
    address = listener.getsockname()
    with another_process_with(listener):
        listening.leave(listener, lambda: None)
        socket.create_connection(address, timeout=10).close()


def test_whose_processes_cannot_be_seen_may_share_the_socket(
    listener, tmp_path, monkeypatch
):
    monkeypatch.setattr(listening, "_PROCESSES", tmp_path / "none")
    asked: list[socket.socket] = []
    monkeypatch.setattr(listening, "_turn_newcomers_away", asked.append)
    listening.leave(listener, lambda: None)
    assert asked == []


def test_a_socket_file_knows_no_handshake(tmp_path):
    with socket.socket(socket.AF_UNIX) as opened:
        opened.bind(str(tmp_path / "service.sock"))
        opened.listen()
        taken: list[None] = []
        listening.leave(opened, lambda: taken.append(None))
    assert len(taken) == 1
