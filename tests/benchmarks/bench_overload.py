"""Five times the load that the service can bear: what is answered, and how soon.

Asked behind the nginx of docker-compose.yml, as teams run it, and without.
"""

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

from bench_service import TEXT
from measuring import ROOT, Comparison

from service.settings import Settings

sys.path.insert(0, str(ROOT / "tests/support"))

from closed_loop import answers_in_turn
from open_loop import Outcomes, offer, percentile, prediction_request
from proxying import NGINX, by_default, compose, nginx_before
from running import Client, serving

SECONDS = 5.0
TIMES = 5
# An answer that takes longer than this is of no use to who asked.
USEFUL_SECONDS = 1.0
# Requests that nginx lets through at a time to each worker, of which compose has two.
_NGINX = by_default(compose()["services"]["nginx"]["environment"])
ROOM = int(_NGINX["NGINX_WAITING"]) // 2
# Under a name for each request, it and how many clients find the peak: enough to keep
# every worker busy, and fewer than it has room for.
REQUESTS = {
    "1 text": (prediction_request(text=TEXT), 32),
    "64 texts": (prediction_request(texts=[TEXT] * 64), 16),
}


def run(rounds: int) -> Iterator[Comparison]:
    """Compare what is answered at five times the peak with the peak itself."""
    print("wanted: goodput 0.8 of the peak, 503 within 100 ms, recovery in 5 s")
    if NGINX is None:
        print("no nginx here (`make test-system` gets it): measured without")
    for where in ("behind nginx", "bare") if NGINX else ("bare",):
        for what, (request, clients) in REQUESTS.items():
            name = f"{where}: overload, {TIMES} times the peak, {what} a request"
            with _apart(behind_nginx=where != "bare") as client:
                yield _overload(name, client.port, request, clients, rounds)


@contextmanager
def _apart(*, behind_nginx: bool) -> Iterator[Client]:
    """Run the service on all processors but one, and this client on that one.

    On the same ones, a client that asks five times as often takes away what it counts.
    nginx shares the service's.
    """
    processors = sorted(os.sched_getaffinity(0))
    theirs = processors[:-1] or processors
    # Not as patient as a test's service is.
    usual = Settings()
    settings = {
        "SENTIMENT_MAX_WAIT_SECONDS": str(usual.max_wait_seconds),
        "SENTIMENT_DEADLINE_SECONDS": str(usual.deadline_seconds),
    }
    os.sched_setaffinity(0, theirs)
    try:
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            client, _ = stack.enter_context(serving(folder, **settings))
            if behind_nginx:
                before = _nginx(client.port, folder / "nginx", min(2, len(theirs)))
                client = stack.enter_context(before)
            os.sched_setaffinity(0, processors[-1:])
            yield client
    finally:
        os.sched_setaffinity(0, processors)


def _nginx(
    port: int, folder: Path, workers: int
) -> AbstractContextManager[Client, bool | None]:
    """Return nginx as in compose, but for the limits of a single client."""
    return nginx_before(
        port,
        folder,
        NGINX_RATE="100000r/s",
        NGINX_BURST="100000",
        NGINX_CONNECTIONS="60000",
        NGINX_WAITING=str(ROOM * workers),
    )


def _overload(
    name: str, port: int, request: bytes, clients: int, rounds: int
) -> Comparison:
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
