"""kill -9: of a worker, under load, and of the master."""

import itertools
import os
import signal
import socket
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
from running import (
    SENTIMENT,
    Client,
    children_of,
    environment,
    free_port,
    is_alive,
    log_lines,
    on_two_cpus,
    patience,
    running,
    serving,
    wait_for,
)
from traffic import Traffic, until_two_answer, wait_for_workers
from worker_signals import TracedTraffic, hold_still, let_go_on, ports_of_clients

CLIENTS = 8
TEXT = "The film was very good, but the food was awful!"
# For threads; long enough that each worker has some under way at any moment.
MANY = {"texts": [TEXT] * 100}
# For the worker's event loop; as long as it takes.
FEW = {"texts": [TEXT] * 16}


def answered_by(log: Path) -> dict[str, int]:
    """Return for each logged request the process that answered it."""
    return {
        line["request_id"]: line["process"]
        for line in log_lines(log)
        if line.get("status") == 200 and "request_id" in line
    }


@pytest.mark.parametrize(
    "kills", [1, pytest.param(10, marks=pytest.mark.slow)], ids=["short", "long"]
)
@pytest.mark.timeout(3600)
def test_a_killed_worker_takes_only_its_own_requests_with_it(
    kills, artifact_folder, tmp_path, record_figure
):
    log, victims, seconds = tmp_path / "serve.log", [], []
    env = {"SENTIMENT_WORKERS": "2"}
    began = time.monotonic()
    with serving(tmp_path, "--model", artifact_folder, **env) as (client, process):
        wait_for_workers(client)
        start_seconds = time.monotonic() - began
        threads = TracedTraffic(client, CLIENTS, body=MANY, pause=0, name="threads")
        loop = TracedTraffic(client, CLIENTS, body=FEW, pause=0, name="loop")
        both = [threads, loop]
        with threads, loop:
            until_more_answers(both)
            # Each in turn dies with requests for its threads, and for its loop.
            for way in itertools.islice(itertools.cycle(both), kills):
                victims.append(kill_one_that_works(process.pid, both, way))
                seconds.append(until_two_answer(process.pid, log))
            until_more_answers(both)
    failures = threads.failures + loop.failures
    lost = {failure.request_id for failure in failures}
    # The connection broke, without a status; none was in another worker's hands.
    assert [one for one in failures if one.reason[:1].isdigit()] == []
    taken = set().union(*(victim.ports for victim in victims))
    ports = threads.ports | loop.ports
    assert [one for one in lost if ports.get(one) not in taken] == []
    answered, killed = answered_by(log), {victim.pid for victim in victims}
    assert [one for one in lost if answered.get(one) not in {None, *killed}] == []
    for victim in victims:
        assert victim.unanswered & lost
    assert threads.by_loop == 0
    # All but those that did not come in one piece, which are for a thread.
    assert loop.by_loop > loop.answered / 2
    # As long as a start takes; longer than promised only where that did, too.
    assert max(seconds) < max(10 * patience(), 3 * start_seconds)
    record_figure(
        "a worker is killed (-9) under load",
        "only the requests it had in hand fail; full capacity is back within 10 s",
        f"{kills} kills: {len(threads.failures)} of {asked(threads):,} requests for "
        f"threads and {len(loop.failures)} of {asked(loop):,} for the event loop "
        "failed, all in the killed workers' hands; back after "
        f"{max(seconds):.1f} s at most",
    )


def asked(traffic: Traffic) -> int:
    """Return how many requests have ended."""
    # Nothing was answered where the connection broke.
    return traffic.answered + len(traffic.failures)


def until_more_answers(every: list[TracedTraffic]) -> None:
    """Return when each has had 30 answers more."""
    for traffic in every:
        wait_for(partial(has_answers, traffic, traffic.answered + 30), "answers")


def has_answers(traffic: Traffic, answers: int) -> bool:
    return traffic.answered > answers


@dataclass(frozen=True)
class Victim:
    """A killed worker: its clients' ports, and which requests had no answer by then."""

    pid: int
    ports: set[int]
    unanswered: set[str]


def kill_one_that_works(
    master: int, every: list[TracedTraffic], way: TracedTraffic
) -> Victim:
    """Kill (-9) a worker at a moment when it has requests of ``way`` in hand.

    A worker may have none for a moment while the other has them all, so each in turn
    is held still until one has some.
    """
    ends = time.monotonic() + 240
    for pid in itertools.cycle(children_of(master)):
        hold_still(pid)
        # What it has sent arrives, and whoever has an answer closes its connection.
        time.sleep(0.5)
        ports = ports_of_clients(pid, way.client.port)
        if in_hand(way, ports):
            unanswered = set[str]().union(*(in_hand(one, ports) for one in every))
            os.kill(pid, signal.SIGKILL)
            return Victim(pid, ports, unanswered)
        let_go_on(pid)
        assert time.monotonic() < ends, "no worker ever has a request in hand"
    raise AssertionError("there is no worker")


def in_hand(traffic: TracedTraffic, ports: set[int]) -> set[str]:
    """Return the unanswered requests that came from these ports."""
    return {one for one, port in [*traffic.ports.items()] if port in ports}


def test_a_killed_master_leaves_no_orphan_and_loses_no_request(
    artifact_folder, tmp_path, record_figure
):
    """Its workers ended, but the folder that they shared stayed for ever."""
    temporary, shared = tmp_path / "tmp", tmp_path / "shared"
    temporary.mkdir()
    env = {"TMPDIR": str(temporary), "SENTIMENT_RUN_FOLDER": str(shared)}
    with serving(tmp_path, "--model", artifact_folder, **env) as (client, process):
        wait_for_workers(client)
        workers = children_of(process.pid)
        with Traffic(client, clients=CLIENTS) as traffic:
            wait_for(lambda: traffic.answered > 50, "answers")
            began = time.monotonic()
            process.kill()
            seconds = until_gone(workers, began)
            traffic.wait()
    assert [failure for failure in traffic.failures if not failure.refused] == []
    assert traffic.by_loop > traffic.answered / 2
    assert [*temporary.iterdir(), *shared.iterdir()] == []
    # Whoever restarts it finds the port free.
    socket.create_server(("127.0.0.1", client.port)).close()
    assert seconds < 10 * patience()
    record_figure(
        "the master is killed (-9) under load",
        "its workers finish what they have and end within 10 s: no orphan, port free, "
        "nothing left in its folders",
        f"{len(workers)} workers gone after {seconds:.1f} s, 0 of "
        f"{traffic.answered:,} requests lost",
    )


def test_a_master_killed_while_its_workers_load_leaves_no_orphan(
    artifact_folder, tmp_path
):
    client, log = Client(free_port()), tmp_path / "serve.log"
    shared = tmp_path / "shared"
    env = environment(
        SENTIMENT_MODEL=str(artifact_folder), SENTIMENT_RUN_FOLDER=str(shared)
    )
    command = [SENTIMENT, "serve", "--port", str(client.port)]
    with running(command, log, cwd=tmp_path, env=on_two_cpus(env)) as process:
        wait_for(lambda: len(children_of(process.pid)) == 2, "workers")
        workers = children_of(process.pid)
        process.kill()
        until_gone(workers, time.monotonic())
    assert list(shared.iterdir()) == []


def until_gone(workers: list[int], began: float) -> float:
    """Return how many seconds after ``began`` none of the processes runs any more."""
    wait_for(lambda: not any(map(is_alive, workers)), "the workers' end", seconds=240)
    return time.monotonic() - began
