"""The disk for temporary files is full while the service runs."""

import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path

from own_disk import fill, on_own_disk
from running import (
    SENTIMENT,
    UNHURRIED,
    Client,
    children_of,
    environment,
    free_port,
    log_lines,
    metric,
    on_two_cpus,
    running,
    wait_until_ready,
)
from small_service import small_model
from traffic import Traffic, until_two_answer, wait_for_workers

REQUESTS = 100


@contextlib.contextmanager
def serving_on(disk: Path, folder: Path) -> Iterator[tuple[Client, int, Path]]:
    """Serve with temporary files on a disk of 4 MB; yield how to reach it, too."""
    client, log = Client(free_port()), folder / "serve.log"
    command = [*on_own_disk(4096, disk), SENTIMENT, "serve", "--port", str(client.port)]
    command += ["--model", small_model(folder)]
    settings = {"TMPDIR": str(disk), "SENTIMENT_DRAIN_SECONDS": "0"}
    env = environment(SENTIMENT_WORKERS="2", **UNHURRIED, **settings)
    with running(command, log, cwd=folder, env=on_two_cpus(env)) as process:
        wait_until_ready("/readyz", client, process, log)
        wait_for_workers(client)
        yield client, process.pid, Path(f"/proc/{process.pid}/root{disk}")
    assert [line for line in log_lines(log) if line.get("status") == 500] == []


def test_a_full_temporary_disk_stops_uploads_and_nothing_else(tmp_path, record_figure):
    """The numbers of /metrics lay there: each worker was killed at its next request."""
    disk = tmp_path / "disk"
    disk.mkdir()
    with serving_on(disk, tmp_path) as (client, master, seen):
        fill(seen)
        workers = children_of(master)
        statuses = {client.predict(text="good").status for _ in range(REQUESTS)}
        assert statuses == {200}
        assert children_of(master) == workers
        assert metric(client, "sentiment_texts_total") == REQUESTS
        rows = "text\n" + "good\n" * 10
        answer = client.call("POST", "/predict/csv", rows, {"Content-Type": "text/csv"})
        # Python looks for another disk when it first wants one.
        assert answer.status == 200 or answer.json()["code"] == "no_room"
        with Traffic(client):
            os.kill(workers[0], signal.SIGKILL)
            until_two_answer(master, tmp_path / "serve.log")
    record_figure(
        "the disk for temporary files is full",
        "files wait on another or are answered 503 (no_room); all else goes on, and a "
        "worker that dies is replaced",
        f"{REQUESTS:d} requests answered, no worker lost; one killed, back",
    )
