"""One thread at a time computes, in the order in which they came."""

import threading

from running import wait_for

from service.queueing.lanes import Lane, Ticket


def in_line(lane, count):
    wait_for(lambda: len(lane) == count, f"a line of {count}")


def test_each_thread_waits_for_those_before_it_in_its_lane():
    lane, order = Lane(), []

    def work(number):
        with lane.exclusive():
            order.append(number)

    threads = []
    with lane.exclusive():
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
        with lane.exclusive():
            order.append("other")

    thread = threading.Thread(target=other)
    with lane.exclusive():
        thread.start()
        in_line(lane, 1)
    with lane.exclusive():
        order.append("again")
    thread.join(60)
    assert order == ["other", "again"]


def test_who_is_in_may_serve_others_in_line():
    lane, ticket, entered = Lane(), Ticket(), []
    thread = threading.Thread(target=lambda: entered.append(lane.enter(ticket)))
    with lane.exclusive():
        thread.start()
        in_line(lane, 1)
        lane.claim(lambda found: found is ticket)
        assert len(lane) == 0
        ticket.wake()
        thread.join(60)
    assert entered == [False]


def test_a_failure_leaves_the_lane_free():
    lane = Lane()
    for _ in range(2):
        try:
            with lane.exclusive():
                raise ValueError("broken")
        except ValueError:
            pass
    assert lane.enter(Ticket())
