"""SIGTERM: /readyz turns to 503, what comes is answered, then the service ends."""

import contextlib
import http.client
import json
import os
import signal
import socket
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import pytest
from running import (
    ROOT,
    Client,
    answer_on,
    children_of,
    environment,
    free_port,
    log_lines,
    patience,
    running,
    serving,
    wait_for,
    wait_until_ready,
)
from traffic import Traffic, wait_for_workers

BODY = json.dumps({"text": "The food was good."}).encode()
HEAD = (
    b"POST /predict HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n"
    b"Connection: close\r\nContent-Length: %d\r\n\r\n"
)
CSV_HEAD = (
    b"POST /predict/csv HTTP/1.1\r\nHost: test\r\nContent-Type: text/csv\r\n"
    b"Connection: close\r\nContent-Length: %d\r\n\r\n"
)


def drains(client: Client) -> bool:
    return client.get("/readyz").status == 503


def test_a_draining_service_says_so_answers_on_and_ends(artifact_folder, tmp_path):
    # One worker: of two, each hears of the signal at its own time.
    env = {"SENTIMENT_DRAIN_SECONDS": "5", "SENTIMENT_WORKERS": "1"}
    with serving(tmp_path, "--model", artifact_folder, **env) as (client, process):
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        wait_for(lambda: drains(client), "draining")
        answer = client.get("/readyz")
        assert answer.json()["code"] == "draining"
        assert int(answer.headers["retry-after"]) >= 1
        assert client.get("/healthz").status == 200
        # A second signal, as an impatient operator sends it, cuts nobody off.
        process.send_signal(signal.SIGTERM)
        with Traffic(client, clients=2) as traffic:
            # Until nobody listens any more.
            traffic.wait()
        assert traffic.answered > 10
        assert [lost for lost in traffic.failures if not lost.refused] == []
        assert process.wait(timeout=240) == 0
        assert time.monotonic() - began >= 5
    with pytest.raises(OSError, match="refused"):
        client.get("/healthz")
    assert "Traceback" not in (tmp_path / "serve.log").read_text()


@pytest.mark.parametrize(
    ("clients", "drain"),
    [(8, "2"), pytest.param(32, "20", marks=pytest.mark.slow)],
    ids=["short", "long"],
)
def test_clients_that_never_look_whether_it_drains_lose_nothing(
    clients, drain, artifact_folder, tmp_path, record_figure
):
    """Who had connected when the drain ended was once reset, its request unread."""
    env = {"SENTIMENT_DRAIN_SECONDS": drain}
    with serving(tmp_path, "--model", artifact_folder, **env) as (client, process):
        wait_for_workers(client)
        with Traffic(client, clients=clients, pause=0) as traffic:
            wait_for(lambda: traffic.answered > 50, "answers")
            process.send_signal(signal.SIGTERM)
            before, signalled = traffic.answered, time.monotonic()
            traffic.wait()
            seconds = time.monotonic() - signalled
        assert process.wait(timeout=240) == 0
    lost = [failure for failure in traffic.failures if not failure.refused]
    assert traffic.answered > before
    assert lost == []
    record_figure(
        "SIGTERM under load",
        "goes on serving for the drain's time, with /readyz at 503, then stops; "
        "nothing that was sent is lost",
        f"{traffic.answered - before:,} answers of {clients} clients in "
        f"{seconds:.1f} s from the signal to the end, 0 lost",
    )


def test_a_request_that_is_under_way_is_answered(artifact_folder, tmp_path):
    env = {"SENTIMENT_WORKERS": "1"}
    with serving(tmp_path, "--model", artifact_folder, **env) as (client, process):
        with client.connect() as slow:
            slow.sendall(HEAD % len(BODY) + BODY[:5])
            # The worker has taken it by now: others that came later are answered.
            time.sleep(0.5)
            assert client.predict(text="good").status == 200
            process.send_signal(signal.SIGTERM)
            time.sleep(1.5)
            slow.sendall(BODY[5:])
            answer = answer_on(slow)
            assert answer.status == 200
            assert answer.json()["label"]
        assert process.wait(timeout=240) == 0


@pytest.mark.parametrize(
    # Longer than the 30 s that a stop once took at most without a drain.
    ("seconds", "rows"),
    [(2, 100_000), pytest.param(33, 300_000, marks=pytest.mark.slow)],
    ids=["short", "long"],
)
def test_a_file_that_is_under_way_is_answered_whole(
    seconds, rows, artifact_folder, tmp_path, record_figure
):
    body = b"text\n" + b"the film was good\n" * rows
    env = {"SENTIMENT_WORKERS": "1"}
    with serving(tmp_path, "--model", artifact_folder, **env) as (client, process):
        with reading_slowly(client) as upload:
            upload.sendall(CSV_HEAD % len(body) + body)
            answer = http.client.HTTPResponse(upload)
            answer.begin()
            process.send_signal(signal.SIGTERM)
            # The answer fits into no buffer on the way: it cannot be finished.
            time.sleep(seconds)
            assert process.poll() is None
            scored = answer.read()
        assert process.wait(timeout=240) == 0
    assert len(scored.splitlines()) == rows + 1
    record_figure(
        "SIGTERM during /predict/csv",
        "the answer is finished, within the file's own deadline",
        f"all of {rows:,} rows came, to a client that stopped reading for {seconds} s",
    )


def reading_slowly(client: Client) -> socket.socket:
    """Connect with a small buffer for what comes in."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 * 1024)
    connection.settimeout(240)
    connection.connect(("127.0.0.1", client.port))
    return connection


def test_what_a_stop_cuts_off_is_told_and_leaves_no_file(artifact_folder, tmp_path):
    """The master killed its workers, and no line told what they had in hand."""
    temporary, shared = tmp_path / "tmp", tmp_path / "shared"
    temporary.mkdir()
    env = {
        "SENTIMENT_WORKERS": "1",
        "GUNICORN_CMD_ARGS": "--graceful-timeout=4",
        "TMPDIR": str(temporary),
        "SENTIMENT_RUN_FOLDER": str(shared),
    }
    with serving(tmp_path, "--model", artifact_folder, **env) as (client, process):
        assert len(list(shared.iterdir())) == 1
        (worker,) = children_of(process.pid)
        with half_a_file(client):
            wait_for(lambda: has_open_in(temporary, worker), "a file in hand")
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=240) == 0
    assert [*temporary.iterdir(), *shared.iterdir()] == []
    lines = log_lines(tmp_path / "serve.log")
    (told,) = [line for line in lines if "cut off" in line.get("message", "")]
    assert told["level"] == "error"
    assert (told["clients"], told["files"], told["texts"]) == (1, 1, 0)
    assert not any("SIGKILL" in line.get("message", "") for line in lines)


def has_open_in(folder: Path, pid: int) -> bool:
    """Say whether a process keeps a file without a name in ``folder``: an upload."""
    for link in Path(f"/proc/{pid}/fd").iterdir():
        # It may be closed by now.
        with contextlib.suppress(FileNotFoundError):
            target = os.readlink(link)
            if f"{folder}/" in target and "(deleted)" in target:
                return True
    return False


def test_a_service_with_nothing_in_hand_stops_at_once(artifact_folder, tmp_path):
    with serving(tmp_path, "--model", artifact_folder) as (client, process):
        kept = http.client.HTTPConnection("127.0.0.1", client.port, timeout=90)
        with contextlib.closing(kept), client.connect():
            kept.request("POST", "/predict", BODY, {"Content-Type": "application/json"})
            assert kept.getresponse().read()
            began = time.monotonic()
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=240) == 0
            # A kept client may be sending its next request: it is given two seconds.
            assert time.monotonic() - began < 6 * patience()


def half_a_request(client: Client) -> socket.socket:
    connection = client.connect()
    connection.sendall(HEAD % len(BODY) + BODY[:5])
    return connection


def half_a_file(client: Client) -> socket.socket:
    connection = client.connect()
    connection.sendall(CSV_HEAD % 10_000_000 + b"text\n" + b"good\n" * 100_000)
    return connection


def test_ctrl_c_of_make_run_ends_at_once_whoever_is_connected(
    artifact_folder, tmp_path, record_figure
):
    """A client that had sent half a request once held the stop up for ten seconds."""
    # A moment's trouble of the machine may spoil one attempt, not each of three.
    for attempt in range(3):
        folder = tmp_path / str(attempt)
        folder.mkdir()
        seconds = seconds_to_stop(artifact_folder, folder)
        if seconds < 3:
            break
    assert seconds < 3 * patience()
    record_figure(
        "Ctrl-C of `make run`, clients in the midst of sending",
        "stops within 3 s, without a traceback",
        f"{seconds:.1f} s",
    )


def seconds_to_stop(model: Path, folder: Path) -> float:
    """Run ``make run``, connect, and return how long it goes on after Ctrl-C."""
    client, log = Client(free_port()), folder / "make.log"
    # What `make run` installs is here already, under whatever name.
    command = [
        "make",
        "--old-file=install",
        "run",
        f"BIN={Path(sys.executable).parent}",
    ]
    settings = {
        "SENTIMENT_MODEL": str(model),
        "SENTIMENT_DRAIN_SECONDS": "60",
        "SENTIMENT_DEADLINE_SECONDS": "60",
        "TMPDIR": str(folder),
    }
    env = environment(**settings)
    command.append(f"PORT={client.port}")
    with running(command, log, cwd=ROOT, env=env) as process, ExitStack() as stack:
        wait_until_ready("/readyz", client, process, log)
        for begin in (Client.connect, half_a_request, half_a_file):
            stack.enter_context(begin(client))
        time.sleep(0.5)
        began = time.monotonic()
        # As a terminal does, to make and to all that it started.
        os.killpg(process.pid, signal.SIGINT)
        process.wait(timeout=240)
        seconds = time.monotonic() - began
    assert "Traceback" not in log.read_text()
    return seconds


def test_ctrl_c_leaves_nothing_in_its_folders(artifact_folder, tmp_path):
    temporary, shared = tmp_path / "tmp", tmp_path / "shared"
    temporary.mkdir()
    env = {
        "TMPDIR": str(temporary),
        "SENTIMENT_RUN_FOLDER": str(shared),
        "SENTIMENT_CSV_DEADLINE_SECONDS": "1",
    }
    with serving(tmp_path, "--model", artifact_folder, **env) as (client, process):
        assert len(list(shared.iterdir())) == 1
        with half_a_file(client):
            time.sleep(0.5)
            process.send_signal(signal.SIGINT)
            assert process.wait(timeout=240) == 0
    assert [*temporary.iterdir(), *shared.iterdir()] == []
