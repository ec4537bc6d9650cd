"""Five times as many requests as can be answered: nearly as many are, as at the peak.

`make bench ARGS=overload` measures it on a quiet machine, also without nginx.
"""

import contextlib
import os
import statistics
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from closed_loop import answers_in_turn
from open_loop import offer, prediction_request
from proxying import nginx_before
from running import children_of, patience, processor_seconds_of, serving

pytestmark = [pytest.mark.slow, pytest.mark.system]

TEXT = "The room was small, but the staff could not have been kinder."
# Single texts are left to the benchmark: they are close to the target, and a test of
# them would fail from time to time (docs/performance.md).
MANY, FEW = [TEXT] * 64, [TEXT] * 16
# Enough to keep a worker busy, and fewer than there is room for.
CLIENTS = 16
SECONDS = 5.0
ROUNDS = 3
# An answer that takes longer is of no use to who asked.
USEFUL_SECONDS = 1.0
TARGET = 0.8


@dataclass(frozen=True)
class Rates:
    """Useful answers, by the second and by the second of a processor."""

    each_second: float
    each_processor_second: float


@contextlib.contextmanager
def on_other_processors_than_ours() -> Iterator[None]:
    """Start programs on all processors but one; then keep this one to that.

    A client that asks five times as often would else take away what it counts.
    """
    processors = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, processors[:-1] or processors)
    try:
        yield
    finally:
        os.sched_setaffinity(0, processors)


@pytest.fixture
def port(tmp_path) -> Iterator[int]:
    """Where nginx listens before one worker, with compose's room for one."""
    loose = {"NGINX_RATE": "100000r/s", "NGINX_BURST": "100000"}
    room = {"NGINX_CONNECTIONS": "60000", "NGINX_WAITING": "64"}
    with (
        on_other_processors_than_ours(),
        serving(tmp_path, SENTIMENT_WORKERS="1") as (service, _),
        nginx_before(service.port, tmp_path / "nginx", **loose, **room) as proxy,
    ):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-1:])
        yield proxy.port


def processor_seconds() -> float:
    """Return the processor time of the service and of nginx."""
    return sum(processor_seconds_of(child) for child in children_of(os.getpid()))


def rates_of(port: int, texts: list[str]) -> tuple[Rates, Rates]:
    """Return what is answered at the peak, and at five times as many requests."""
    request = prediction_request(texts=texts)
    began = processor_seconds()
    answered = answers_in_turn(port, CLIENTS, request, SECONDS)
    assert answered, "what went before still holds everything up"
    peak = Rates(answered / SECONDS, answered / (processor_seconds() - began))
    within = USEFUL_SECONDS * patience()
    began = processor_seconds()
    during = offer(port, request, rate=5 * peak.each_second, seconds=SECONDS)
    good = during.goodput(within)
    over = Rates(good, good * SECONDS / (processor_seconds() - began))
    return peak, over


def test_at_five_times_the_peak_most_of_it_is_still_answered(port, record_figure):
    found = {}
    for kind, texts in (("many", MANY), ("few", FEW)):
        rounds = [rates_of(port, texts) for _ in range(ROUNDS)]
        found[kind] = statistics.median(
            over.each_processor_second / peak.each_processor_second
            for peak, over in rounds
        )
        by_the_clock = statistics.median(
            over.each_second / peak.each_second for peak, over in rounds
        )
        # Others may take processors away, from the one more than from the other; by
        # their time a service that only waits would look as good as one that works.
        assert found[kind] >= TARGET
        assert by_the_clock >= TARGET / patience()
    record_figure(
        "five times the load of the peak, behind nginx",
        "at least 0.8 of what is answered at the peak is answered, within a second",
        f"by processor time {found['many']:.2f} of it with {len(MANY)} texts a request "
        f"(threads), {found['few']:.2f} with {len(FEW)} (the event loop)",
    )
