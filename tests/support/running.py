"""Real programs for tests: start one, wait until it answers, talk to it, stop it."""

import contextlib
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
TWO_CPUS = Path(__file__).with_name("two_cpus")
# Beside the interpreter that runs the tests, whatever the environment is called.
SENTIMENT = Path(sys.executable).with_name("sentiment")
SENTIMENT_TRAIN = Path(sys.executable).with_name("sentiment-train")


def free_port() -> int:
    """Return a port that is the caller's alone until these tests end.

    A socket that is bound to it, but does not listen, keeps it from every program that
    takes any port: another test's server, or a client's end of a connection. Servers
    bind all the same, since they set SO_REUSEADDR as this does.
    """
    keeper = socket.socket()
    keeper.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    keeper.bind(("127.0.0.1", 0))
    port: int = keeper.getsockname()[1]
    # Open for as long as this process runs.
    keeper.detach()
    return port


def environment(**changes: str) -> dict[str, str]:
    """Return what a user's shell would pass on, nothing of ours or of `make test`."""
    ours = ("SENTIMENT_", "PROMETHEUS_", "GUNICORN_", "PYTEST_", "MAKE", "MFLAGS")
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith(ours)
    }
    return inherited | {"OMP_NUM_THREADS": "1", **changes}


def on_two_cpus(env: Mapping[str, str]) -> dict[str, str]:
    """Return ``env`` for a service that believes in two CPUs, if it has but one.

    Else it would refuse two workers, which many tests start.
    """
    folders = [str(TWO_CPUS), env.get("PYTHONPATH", "")]
    return {**env, "PYTHONPATH": os.pathsep.join(filter(None, folders))}


@dataclass(frozen=True)
class Answer:
    """What came back for one request; header names are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    def problem(self) -> tuple[int, str]:
        """Return the status and the code of a refusal.

        Raises:
            AssertionError: It is none in the form of a problem.
        """
        assert self.headers["content-type"] == "application/problem+json"
        return self.status, self.json()["code"]


class Client:
    """Asks one server, each time over a connection of its own."""

    def __init__(self, port: int, timeout: float = 90) -> None:
        self.port = port
        self.timeout = timeout

    def call(
        self,
        method: str,
        path: str,
        body: bytes | str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        connection = http.client.HTTPConnection(
            "127.0.0.1", self.port, timeout=self.timeout
        )
        with contextlib.closing(connection):
            connection.request(method, path, body=body, headers=dict(headers or {}))
            return answer_of(connection.getresponse())

    def get(self, path: str, **headers: str) -> Answer:
        return self.call("GET", path, headers=headers)

    def predict(self, **body: Any) -> Answer:
        return self.call(
            "POST", "/predict", json.dumps(body), {"Content-Type": "application/json"}
        )

    def raw(self, request: bytes) -> bytes:
        """Send bytes as they are and return all that comes back."""
        with self.connect() as connection:
            connection.sendall(request)
            return b"".join(_parts(connection))

    def connect(self) -> socket.socket:
        """Return a connection of one's own, over which anything can be sent."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=self.timeout)


def answer_on(connection: socket.socket) -> Answer:
    """Return the answer that comes over a connection."""
    answer = http.client.HTTPResponse(connection)
    answer.begin()
    return answer_of(answer)


def answer_of(answer: http.client.HTTPResponse) -> Answer:
    """Return an answer whose body is still to be read."""
    names = {name.lower(): value for name, value in answer.getheaders()}
    return Answer(answer.status, names, answer.read())


def received(connection: socket.socket) -> bytes:
    """Return what comes until the end, or until the connection's patience is over."""
    parts = []
    with contextlib.suppress(ConnectionError, TimeoutError):
        parts.extend(_parts(connection))
    return b"".join(parts)


def _parts(connection: socket.socket) -> Iterator[bytes]:
    return iter(lambda: connection.recv(65_536), b"")


@contextlib.contextmanager
def running(
    command: list[str | Path], log: Path, *, cwd: Path, env: Mapping[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command while the block runs; what it prints goes to ``log``.

    It gets a session of its own, so that stopping it reaches its children.
    """
    with log.open("ab") as output:
        process = subprocess.Popen(
            [str(part) for part in command],
            cwd=cwd,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        stop(process)


def stop(process: subprocess.Popen[bytes], seconds: float = 240) -> int:
    """Ask a process to end, and end its whole session if it does not in time."""
    if process.poll() is None:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    return process.wait()


def children_of(parent: int) -> list[int]:
    """Return the ids of a process's own children, such as gunicorn's workers."""
    names = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return [int(name) for name in names]


def is_alive(pid: int) -> bool:
    """Tell whether a process runs; one that only waits to be reaped does not."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


def patience() -> float:
    """Return how much longer things take here just now than on a quiet machine.

    How many processes want each CPU, in the last minute or at this moment; a promise in
    seconds holds for one that has it.
    """
    lately = os.getloadavg()[0] / (os.cpu_count() or 1)
    began, work = time.perf_counter(), 0.05
    ends = time.thread_time() + work
    while time.thread_time() < ends:
        pass
    return max(1.0, lately, (time.perf_counter() - began) / work)


def wait_for(
    happened: Callable[[], object],
    what: str,
    seconds: float = 240,
    *,
    every: float = 0.05,
) -> None:
    """Return as soon as ``happened()`` is true; ask ``every`` so many seconds.

    Raises:
        TimeoutError: It was not within ``seconds``.
    """
    deadline = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not happen within {seconds} s")
        time.sleep(every)


def wait_until_ready(
    answered: str,
    client: Client,
    process: subprocess.Popen[bytes],
    log: Path,
    *,
    seconds: float = 240,
) -> None:
    """Return as soon as ``GET answered`` gives 200.

    Raises:
        TimeoutError: It did not within ``seconds``, or its process has ended; the
            message holds the end of what it printed.
    """
    deadline = time.monotonic() + seconds
    last: object = "nothing was answered"
    while time.monotonic() < deadline and process.poll() is None:
        try:
            last = client.get(answered).status
        except (OSError, http.client.HTTPException) as error:
            last = error
        if last == 200:
            return
        time.sleep(0.05)
    raise TimeoutError(
        f"{answered}: {last} (exit status {process.poll()}) after {seconds} s:\n"
        + log.read_text(errors="replace")[-3000:]
    )


def wait_until_open(
    client: Client,
    process: subprocess.Popen[bytes],
    log: Path,
    *,
    seconds: float = 240,
) -> None:
    """Return as soon as the client's port takes connections.

    Raises:
        TimeoutError: It did not within ``seconds``, or its process has ended.
    """
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", client.port), timeout=1).close()
            return
        time.sleep(0.02)
    raise TimeoutError(
        f"port {client.port} did not open (exit status {process.poll()}):\n"
        + log.read_text(errors="replace")[-3000:]
    )


# A busy machine may hold any request up for seconds: what the service then sheds is
# the subject of the tests of overload alone.
UNHURRIED = {"SENTIMENT_MAX_WAIT_SECONDS": "25", "SENTIMENT_DEADLINE_SECONDS": "25"}


@contextlib.contextmanager
def serving(
    folder: Path, *arguments: str | Path, **env: str
) -> Iterator[tuple[Client, subprocess.Popen[bytes]]]:
    """Run ``sentiment serve`` in ``folder``, ready to answer, without a drain.

    Ready is one of its workers; see ``traffic.wait_for_workers``. Nothing is shed for
    having waited some seconds, unless ``env`` says so.

    Raises:
        AssertionError: At the end: it answered something with status 500.
    """
    env = {"SENTIMENT_DRAIN_SECONDS": "0", **UNHURRIED, **env}
    shell = on_two_cpus(environment(**env))
    client = Client(free_port())
    log = folder / "serve.log"
    command = [SENTIMENT, "serve", "--port", str(client.port), *arguments]
    with running(command, log, cwd=folder, env=shell) as process:
        wait_until_ready("/readyz", client, process, log)
        yield client, process
    bugs = [line for line in log_lines(log) if line.get("status") == 500]
    assert bugs == [], f"{log} has answers of status 500"


def metric(client: Client, name: str) -> float:
    """Return the sum of a metric over its labels; 0 where it was never counted."""
    text = client.get("/metrics").body.decode()
    return sum(
        map(float, re.findall(rf"^{name}(?:{{.*}})? (\S+)$", text, re.MULTILINE))
    )


def whole_lines(log: Path) -> bytes:
    """Return what stands in a log, without the line that is being written."""
    written, end, _ = log.read_bytes().rpartition(b"\n")
    return written + end


def log_lines(log: Path) -> list[dict[str, Any]]:
    """Return the service's log lines, each one JSON object; others are left out."""
    lines = whole_lines(log).decode("utf-8", errors="replace").splitlines()
    return [json.loads(line) for line in lines if line.startswith("{")]


def peak_megabytes(process: subprocess.Popen[bytes]) -> float:
    """Return the most memory that one process of a server's session has held."""
    found = (
        re.search(r"VmHWM:\s+(\d+) kB", text) for text in _of(process.pid, "status")
    )
    return max(int(held[1]) / 1000 for held in found if held)


def processor_seconds(process: subprocess.Popen[bytes]) -> float:
    """Return the processor time of a server's session, which no load changes."""
    return processor_seconds_of(process.pid)


def processor_seconds_of(session: int) -> float:
    """Return the same of a session by its leader's id."""
    ticks = 0
    for text in _of(session, "stat"):
        # Behind the name in brackets, which may hold anything.
        user, system = text.rpartition(")")[2].split()[11:13]
        ticks += int(user) + int(system)
    return ticks / os.sysconf("SC_CLK_TCK")


def _of(session: int, file: str) -> Iterator[str]:
    """Yield a file of /proc of each process of a session."""
    for path in Path("/proc").glob(f"[0-9]*/{file}"):
        # Processes come and go.
        with contextlib.suppress(OSError):
            if os.getsid(int(path.parent.name)) == session:
                yield path.read_text()
