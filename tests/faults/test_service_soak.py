"""For a long time at 70 % load, a mix of good and bad requests: memory stays.

``SOAK_MINUTES=1 pytest tests/faults/test_service_soak.py`` makes the short form longer.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from running import (
    ROOT,
    Client,
    children_of,
    environment,
    free_port,
    log_lines,
    on_two_cpus,
    running,
    wait_until_ready,
)
from soak import MEGABYTE, GrowthError, Load, Memory, capacity, check_growth
from traffic import wait_for_workers

CONFIG = ROOT / "service" / "gunicorn.conf.py"
APP = "leaking:create()"  # the service, which does not leak until it is told
HERE = Path(__file__).parent
LIMIT = 50 * MEGABYTE
# The two leaks of leaking.py, each by the name of the file that makes it leak.
THREADS, LOOP = "threads", "loop"
SHORT = float(os.environ.get("SOAK_MINUTES", "0.15"))
SEED = 20


@contextmanager
def soaked(
    minutes: float, folder: Path, **env: str
) -> Iterator[tuple[Load, list[int], float]]:
    """Run the service with the model that ships, warm, at 70 % load.

    Yield the load, the workers' ids, and how many requests a second are sent.
    """
    client, log = Client(free_port()), folder / "soak.log"
    settings = {
        "SENTIMENT_BIND": f"127.0.0.1:{client.port}",
        "SENTIMENT_DRAIN_SECONDS": "0",
        "PYTHONPATH": f"{HERE}:{ROOT}",
        **env,
    }
    command = [sys.executable, "-m", "gunicorn", "-c", CONFIG, APP]
    env = on_two_cpus(environment(**settings))
    with running(command, log, cwd=folder, env=env) as process:
        wait_until_ready("/readyz", client, process, log)
        wait_for_workers(client)
        workers = children_of(process.pid)
        # The first thousand are for the allocator, too: until it holds what eight
        # threads ever need at a time, a worker grows by some 100 MB.
        warm, at_most = (1_000, 240.0) if minutes < 5 else (20_000, 600.0)
        rate = 0.7 * capacity(client, warm, at_most, SEED)
        with Load(client, SEED + 1, rate).running() as load:
            yield load, workers, rate
        assert children_of(process.pid) == workers, "a worker was replaced"
    assert [line for line in log_lines(log) if line.get("status") == 500] == []


@pytest.mark.parametrize(
    ("minutes", "leak"),
    [(SHORT, 1_000_000), pytest.param(20.0, 20_000, marks=pytest.mark.slow)],
    ids=["short", "long"],
)
@pytest.mark.timeout(3600)
def test_memory_does_not_grow_under_a_mix_of_good_and_bad_requests(
    minutes, leak, tmp_path, record_figure
):
    env = {"LEAK_BYTES": str(leak), "LEAKS": str(tmp_path)}
    with soaked(minutes, tmp_path, **env) as (load, workers, rate):
        grown = check_growth(Memory(workers), minutes * 60, LIMIT)
        sent = load.sent
        # The same check of the same service finds a leak, once there is one, whether
        # it is in what threads answer or in what the event loop does.
        watched = max(120.0, minutes * 60)
        found = {
            way: leak_found(tmp_path / way, workers, watched) for way in (THREADS, LOOP)
        }
    assert load.wrong == []
    # Of those that were not shed, as a machine that others fill may have to.
    answered = load.statuses[200]
    assert answered > (load.statuses.total() - load.statuses[503]) / 2
    # Both ways were under load: of the answers, each gave its part.
    assert answered / 5 < load.by_loop < answered * 4 / 5
    record_figure(
        "long use at 70 % load: valid, long, invalid, cancelled and CSV requests",
        "a worker grows by less than 50 MB in 20 minutes; no answer of status 500",
        f"{grown / MEGABYTE:.0f} MB in {minutes:g} minutes, {sent:,} requests "
        f"({rate:.0f} a second), {load.statuses[500]} answers of 500",
    )
    record_figure(
        "the same with a deliberate leak in what threads answer",
        "the same check fails",
        f"{leak:,} bytes kept of each request: {found[THREADS]}",
    )
    record_figure(
        "the same with a deliberate leak in what the event loop answers",
        "the same check fails",
        f"{leak:,} bytes kept of each request: {found[LOOP]}; of {answered:,} answers "
        f"the loop gave {load.by_loop:,}",
    )


def leak_found(leaks: Path, workers: list[int], seconds: float) -> str:
    """Let the service leak while the check runs; return what that complains of."""
    leaks.touch()
    with pytest.raises(GrowthError, match="a worker has grown by") as found:
        check_growth(Memory(workers), seconds, LIMIT)
    leaks.unlink()
    return str(found.value)
