"""Clients shared evenly: who has more leaves the next one to another, for a while."""

import pytest

from service.processes.sharing import Share


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self):
        self.now = 1_000.0

    def monotonic(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr("service.processes.sharing.time", clock)
    return clock


@pytest.fixture
def table():
    return memoryview(bytearray(16)).cast("H")


def test_a_worker_alone_takes_everybody(table, clock):
    one = Share(3, table)
    for clients in range(5):
        one.show(clients)
        assert not one.waits()
    assert clock.now == 1_000.0


def test_who_has_no_more_than_the_others_takes_the_next(table, clock):
    one, other = Share(1, table), Share(2, table)
    one.show(4)
    other.show(4)
    assert not one.waits()
    one.show(5)
    assert one.waits()
    assert not other.waits()


def test_a_client_is_left_to_a_worker_that_never_comes_for_a_moment_only(table, clock):
    one, other = Share(1, table), Share(2, table)
    one.show(5)
    other.show(0)
    began = clock.now
    while one.waits():
        assert clock.now < began + 1
    assert 0.005 < clock.now - began < 0.02
    # Who is as slow as that is not waited for with each of many.
    assert not one.waits()


def test_a_client_who_comes_later_is_left_again(table, clock):
    one, other = Share(1, table), Share(2, table)
    one.show(5)
    other.show(0)
    while one.waits():
        pass
    clock.sleep(1)
    assert one.waits()


def test_a_worker_that_has_left_is_nobody_to_wait_for(table, clock):
    one, other = Share(1, table), Share(2, table)
    one.show(5)
    other.show(0)
    other.leave()
    assert not one.waits()


def test_the_row_of_a_worker_long_gone_is_used_again(table, clock):
    one, other = Share(1, table), Share(1 + len(table), table)
    other.show(7)
    one.leave()
    assert list(table) == [0] * len(table)
    one.show(10**9)
    assert table[1] == 2**16 - 1
    one.show(-3)
    assert table[1] == 1
