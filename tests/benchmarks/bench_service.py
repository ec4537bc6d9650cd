"""Requests a second: /predict against a bare Flask echo under the same gunicorn."""

import contextlib
import json
import selectors
import socket
import sys
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from measuring import ROOT, Comparison, compare

from service.settings import Settings

sys.path.insert(0, str(ROOT / "tests/support"))

from running import Client, environment, free_port, running, serving, wait_until

SECONDS = 3.0
TEXT = "The room was small and a little dark, but the staff could not have been kinder."


def run(rounds: int) -> Iterator[Comparison]:
    """Compare them for one client at a time and for sixteen."""
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(Path(folder)) as (ours, _),
        _echo(Path(folder)) as theirs,
    ):
        for clients in (1, 16):
            contenders = {
                "/predict": partial(_closed_loop, ours.port, clients),
                "echo": partial(_closed_loop, theirs.port, clients),
            }
            name = f"service, {clients} client{'s' * (clients > 1)}"
            yield compare(name, "requests/s", contenders, rounds)


@contextlib.contextmanager
def _echo(folder: Path) -> Iterator[Client]:
    """Run the echo in as many processes and threads as the service."""
    settings = Settings()
    client = Client(free_port())
    command = [
        *(sys.executable, "-m", "gunicorn", "--worker-class", "gthread"),
        *("--workers", str(settings.workers or 2), "--threads", str(settings.threads)),
        *("--bind", f"127.0.0.1:{client.port}", "--no-control-socket"),
        *("--chdir", str(Path(__file__).parent), "echo:create_app()"),
    ]
    log = folder / "echo.log"
    with running(command, log, cwd=folder, env=environment()) as process:
        wait_until("/readyz", client, process, log)
        yield client


def _closed_loop(port: int, clients: int) -> int:
    """Let each client send its next request as soon as it has its answer."""
    body = json.dumps({"text": TEXT}).encode()
    request = (
        b"POST /predict HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n"
        b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
    )
    answered = 0
    with contextlib.ExitStack() as stack:
        selector = stack.enter_context(selectors.DefaultSelector())
        for _ in range(clients):
            connection = stack.enter_context(
                socket.create_connection(("127.0.0.1", port))
            )
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            selector.register(connection, selectors.EVENT_READ, bytearray())
            connection.sendall(request)
        ends = time.perf_counter() + SECONDS
        while time.perf_counter() < ends:
            for key, _ in selector.select(timeout=1):
                if _has_answer(key.fileobj, key.data):
                    answered += 1
                    key.data.clear()
                    key.fileobj.sendall(request)
    return answered


def _has_answer(connection: socket.socket, received: bytearray) -> bool:
    """Read what is there; say whether one whole answer is.

    Raises:
        RuntimeError: The answer is not a 200: nothing was measured.
    """
    part = connection.recv(65536)
    if not part:
        raise RuntimeError("the server closed a connection that was being used")
    received += part
    head, blank, body = received.partition(b"\r\n\r\n")
    if not blank:
        return False
    if not head.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(f"the answer was: {bytes(received[:300])!r}")
    length = head.lower().split(b"content-length:")[1].split(b"\r\n")[0]
    return len(body) >= int(length)
