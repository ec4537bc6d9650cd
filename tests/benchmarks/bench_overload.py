"""Five times the load that the service can bear: what is answered, and how soon."""

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench_service import TEXT, answers_in_turn
from measuring import ROOT, Comparison

from service.settings import Settings

sys.path.insert(0, str(ROOT / "tests/support"))

from open_loop import Outcomes, offer, percentile, prediction_request
from running import Client, serving

SECONDS = 5.0
TIMES = 5
# An answer that takes longer than this is of no use to who asked.
USEFUL_SECONDS = 1.0
# Texts a request, and how many clients find the peak: enough to keep both workers busy,
# and so few that one worker could take them all and turn none away.
CLIENTS = {1: 32, 64: 16}


def run(rounds: int) -> Iterator[Comparison]:
    """Compare what is answered at five times the peak with the peak itself."""
    with tempfile.TemporaryDirectory() as folder, _apart(Path(folder)) as client:
        print("wanted: goodput 0.8 of the peak, 503 within 100 ms, recovery in 5 s")
        for texts, clients in CLIENTS.items():
            yield _overload(client.port, texts, clients, rounds)


@contextmanager
def _apart(folder: Path) -> Iterator[Client]:
    """Run the service on all processors but one, and this client on that one.

    On the same ones, a client that asks five times as often takes away what it counts.
    """
    processors = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, processors[:-1] or processors)
    try:
        # Not as patient as a test's service is.
        usual = Settings()
        settings = {
            "SENTIMENT_MAX_WAIT_SECONDS": str(usual.max_wait_seconds),
            "SENTIMENT_DEADLINE_SECONDS": str(usual.deadline_seconds),
        }
        with serving(folder, **settings) as (client, _):
            os.sched_setaffinity(0, processors[-1:])
            yield client
    finally:
        os.sched_setaffinity(0, processors)


def _overload(port: int, texts: int, clients: int, rounds: int) -> Comparison:
    request = prediction_request(texts=[TEXT] * texts)
    peaks, goodputs = [], []
    for _ in range(rounds):
        began = time.perf_counter()
        answered = answers_in_turn(port, clients, request, SECONDS)
        peaks.append(answered / (time.perf_counter() - began))
        rate = TIMES * peaks[-1]
        during = offer(port, request, rate=rate, seconds=SECONDS)
        after = offer(port, request, rate=peaks[-1] / 2, seconds=SECONDS)
        goodputs.append(during.goodput(USEFUL_SECONDS))
        print(_told(during, after), flush=True)
    name = f"overload, {TIMES} times the peak, {texts} text(s) a request"
    found = Comparison(name, "requests/s", "goodput", "peak", goodputs, peaks)
    print(found.line(), flush=True)
    return found


def _told(during: Outcomes, after: Outcomes) -> str:
    good, shed = during.of(200), during.of(503)
    late = statistics.median(outcome.late for outcome in good + shed)
    return (
        f"  {dict(during.statuses)}, sent {_ms(late)} late (half); 200 within "
        f"{_ms(percentile(good, 0.5))} (half), {_ms(percentile(good, 0.99))} (99 %); "
        f"503 within "
        f"{_ms(percentile(shed, 0.5))}, {_ms(percentile(shed, 0.99))}; "
        f"well again after {after.last_trouble(USEFUL_SECONDS):.1f} s"
    )


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"
