"""The nginx of docker-compose.yml, run by Debian's nginx before something real."""

import contextlib
import os
import re
import shutil
import socket
import socketserver
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from string import Template
from typing import Any

import pytest
import yaml
from own_disk import on_own_disk
from running import (
    ROOT,
    Answer,
    Client,
    answer_on,
    environment,
    free_port,
    log_lines,
    running,
    wait_for,
    wait_until_open,
)

# Where nginx.conf puts bodies and answers that are too large for memory.
SPOOLS = ("bodies", "answers")
NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


def compose() -> dict[str, Any]:
    """Return what docker-compose.yml says."""
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return loaded


def by_default(environment: Mapping[str, Any]) -> dict[str, str]:
    """Do as compose does with variables that nobody has set."""
    return {
        name: re.sub(r"\$\{\w+:-(.*?)\}", r"\1", str(value))
        for name, value in environment.items()
    }


def filled_in(template: str, settings: Mapping[str, str]) -> str:
    """Do as the image's envsubst does: fill in the names that the filter lets by."""
    allowed = re.compile(settings["NGINX_ENVSUBST_FILTER"])
    values = {name: value for name, value in settings.items() if allowed.search(name)}
    return Template(template).safe_substitute(values)


@contextlib.contextmanager
def nginx_before(
    port: int,
    folder: Path,
    replace: Mapping[str, str] | None = None,
    disk_kib: int | None = None,
    **settings: str,
) -> Iterator[Client]:
    """Run nginx as in compose, before what listens on ``port``.

    ``settings`` take the place of compose's; ``replace`` changes the site's text, for
    tests that cannot wait as long as it does. With ``disk_kib`` it spools bodies and
    answers onto disks of that size (``spools``), and may find no room there.

    Raises:
        AssertionError: At the end: it answered 500, or had no room where it should.
    """
    if NGINX is None:
        pytest.skip("nginx is not installed: `make test-system` gets it")
    client = Client(free_port())
    settings = {
        **by_default(compose()["services"]["nginx"]["environment"]),
        "NGINX_LISTEN": f"127.0.0.1:{client.port}",
        "NGINX_SERVICE": f"127.0.0.1:{port}",
        # Of an address; and Debian's nginx is older than the word.
        "NGINX_RESOLVE": "",
        **settings,
    }
    for name in ("conf.d", "messages", *SPOOLS):
        (folder / name).mkdir(parents=True)
    shutil.copy(ROOT / "deploy/nginx/nginx.conf", folder)
    files = {
        template.stem: filled_in(template.read_text(), settings)
        for template in (ROOT / "deploy/nginx/templates").glob("*.template")
    }
    for old, new in (replace or {}).items():
        assert old in files["sentiment.conf"], f"the site no longer says {old!r}"
        files["sentiment.conf"] = files["sentiment.conf"].replace(old, new)
    for name, content in files.items():
        (folder / "conf.d" / name).write_text(content)
    # The image runs as a user; root's workers need to keep to the test's folder.
    directives = "daemon off;" + (" user root;" if os.geteuid() == 0 else "")
    command = [NGINX, "-p", f"{folder}/", "-c", folder / "nginx.conf", "-g", directives]
    if disk_kib is not None:
        command = [
            *on_own_disk(disk_kib, *(folder / name for name in SPOOLS)),
            *command,
        ]
    log = folder / "nginx.log"
    with running(command, log, cwd=folder, env=environment()) as process:
        wait_until_open(client, process, log)
        yield client
    # Its own 500 is one of no_room: nothing else makes it answer so.
    bugs = [
        line
        for line in log_lines(log)
        if line["status"] == 500 or (line["code"] == "no_room" and disk_kib is None)
    ]
    assert bugs == [], f"{log} has answers of status 500: {messages(folder)}"


@contextlib.contextmanager
def nginx_over_its_connections(port: int, folder: Path) -> Iterator[Client]:
    """Run nginx while 127.0.0.1 has as many requests in progress as it may have.

    They wait in the middle of a body. All that does not say otherwise comes from there.
    """
    half = b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{"
    with (
        nginx_before(port, folder, NGINX_CONNECTIONS="3") as client,
        contextlib.ExitStack() as stack,
    ):
        # One more than may be: one of them is refused itself where nginx still counts
        # the connection that asked whether it was ready.
        for _ in range(4):
            stack.enter_context(client.connect()).sendall(half)
        wait_for(lambda: client.get("/info").status == 429, "the limit")
        yield client


def spools(folder: Path) -> list[Path]:
    """Return where the disks of a running nginx's own can be reached."""
    pid = (folder / "nginx.pid").read_text().strip()
    return [Path(f"/proc/{pid}/root{folder / name}") for name in SPOOLS]


def messages(folder: Path) -> str:
    """Return what nginx said in words of its own."""
    return (folder / "messages/nginx.log").read_text(errors="replace")


def asked_from(address: str, port: int, path: str, body: bytes | None = None) -> Answer:
    """Return the answer to a client of another address of this machine's own."""
    head = f"{'GET' if body is None else 'POST'} {path} HTTP/1.1\r\nHost: x\r\n"
    if body is not None:
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    with socket.create_connection(
        ("127.0.0.1", port), timeout=90, source_address=(address, 0)
    ) as connection:
        connection.sendall(f"{head}\r\n".encode() + (body or b""))
        return answer_on(connection)


class Backend(socketserver.ThreadingTCPServer):
    """Stands for a service that misbehaves: ``answer`` gives raw bytes, or hangs."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, answer: Callable[[bytes], bytes]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer = answer
        self.requests: list[bytes] = []

    @property
    def port(self) -> int:
        """Return where it listens."""
        return int(self.server_address[1])

    def __enter__(self) -> "Backend":
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()


class _Handler(socketserver.StreamRequestHandler):
    server: Backend

    def handle(self) -> None:
        lines = []
        while (line := self.rfile.readline()).strip():
            lines.append(line)
        head = b"".join(lines)
        length = re.search(rb"(?i)^content-length: *(\d+)", head, re.MULTILINE)
        body = self.rfile.read(int(length[1])) if length else b""
        self.server.requests.append(head + b"\r\n" + body)
        self.wfile.write(self.server.answer(head))
