"""One thread at a time computes, in the order in which they came."""

import threading

from traffic import wait_for

from service.queueing.lanes import Lane, Seat


def in_line(lane, count):
    wait_for(lambda: len(lane) == count, f"a line of {count}")


def test_each_waits_for_those_before_it():
    lane, order = Lane(), []

    def work(number):
        with lane.turn():
            order.append(number)

    threads = []
    with lane.turn():
        for number in range(5):
            threads.append(threading.Thread(target=work, args=(number,)))
            threads[-1].start()
            in_line(lane, number + 1)
        assert order == []
    for thread in threads:
        thread.join(60)
    assert order == [0, 1, 2, 3, 4]


def test_who_comes_back_at_once_does_not_overtake():
    """With a plain lock it did: a long file then kept everybody waiting."""
    lane, order = Lane(), []

    def other():
        with lane.turn():
            order.append("other")

    thread = threading.Thread(target=other)
    with lane.turn():
        thread.start()
        in_line(lane, 1)
    with lane.turn():
        order.append("again")
    thread.join(60)
    assert order == ["other", "again"]


def test_who_is_in_may_serve_others_in_line():
    lane, seat, entered = Lane(), Seat(), []
    thread = threading.Thread(target=lambda: entered.append(lane.enter(seat)))
    with lane.turn():
        thread.start()
        in_line(lane, 1)
        lane.call_out(lambda found: found is seat)
        assert len(lane) == 0
        seat.wake()
        thread.join(60)
    assert entered == [False]


def test_a_failure_leaves_the_lane_free():
    lane = Lane()
    for _ in range(2):
        try:
            with lane.turn():
                raise ValueError("broken")
        except ValueError:
            pass
    assert lane.enter(Seat())
