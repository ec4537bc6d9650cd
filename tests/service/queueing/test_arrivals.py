"""What waits for a thread is bounded in number and in time."""

import threading
import time
from types import SimpleNamespace

from service.queueing.arrivals import Arrivals, Backlog


def test_nothing_waits_too_long_where_nothing_waits():
    backlog = Backlog(1, 0.0001)
    assert backlog.complaint() is None
    backlog.join()
    backlog.take()
    time.sleep(0.01)
    assert backlog.complaint() is None


def test_as_many_as_are_allowed_may_wait():
    backlog = Backlog(2, 60)
    backlog.join()
    assert backlog.complaint() is None
    backlog.join()
    assert "2 requests are waiting already, the limit is 2" in (
        backlog.complaint() or ""
    )
    backlog.take()
    assert backlog.complaint() is None


def test_the_first_may_have_waited_only_so_long(monkeypatch):
    now = 100.0
    monkeypatch.setattr(
        "service.queueing.arrivals.time", SimpleNamespace(monotonic=lambda: now)
    )
    backlog = Backlog(100, 0.05)
    backlog.join()
    assert backlog.complaint() is None
    now += 0.06
    assert "the limit is 0.05 s" in (backlog.complaint() or "")


def test_many_wait_where_as_many_do_as_may_for_a_thread():
    arrivals = Arrivals(2, 60)
    arrivals.for_loop.join()
    assert arrivals.waiting_requests == 1
    assert not arrivals.many_wait
    arrivals.queue_for_thread()
    assert arrivals.many_wait
    arrivals.taken_by_thread()
    assert not arrivals.many_wait


def test_a_request_is_coming_until_its_thread_says_otherwise_once():
    arrivals = Arrivals(10, 1)
    arrivals.queue_for_thread()
    arrivals.queue_for_thread()

    def answer():
        arrivals.taken_by_thread()
        arrivals.reached_network()
        arrivals.reached_network()

    thread = threading.Thread(target=answer)
    thread.start()
    thread.join(60)
    assert arrivals.coming == 1


def test_who_was_not_counted_settles_nothing():
    """In tests, and under another server, nobody counts."""
    arrivals = Arrivals(10, 1)
    arrivals.reached_network()
    assert arrivals.coming == 0


def test_what_waits_for_the_loop_and_for_a_thread_are_two_lines():
    arrivals = Arrivals(2, 60)
    for _ in range(2):
        arrivals.queue_for_thread()
    assert arrivals.for_threads.complaint() is not None
    for _ in range(4):
        assert arrivals.for_loop.complaint() is None
        arrivals.for_loop.join()
    assert "the limit is 4;" in arrivals.for_loop.complaint()
    assert arrivals.coming == 2
    for _ in range(4):
        arrivals.for_loop.take()
        arrivals.reached_network()
    assert arrivals.for_loop.complaint() is None
    assert arrivals.for_threads.complaint() is not None
    assert arrivals.coming == 2
    assert arrivals.waiting_requests == 2


def test_who_passes_in_the_loop_does_not_make_those_before_a_thread_younger():
    arrivals = Arrivals(10, 0.0)
    arrivals.queue_for_thread()
    arrivals.for_loop.join()
    arrivals.for_loop.take()
    assert arrivals.for_loop.complaint() is None
    assert "has waited" in arrivals.for_threads.complaint()
