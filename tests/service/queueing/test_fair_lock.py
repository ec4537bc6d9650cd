"""One thread at a time computes, in the order in which they came."""

import threading

from running import wait_for

from service.queueing.fair_lock import FairLock, Waiter


def in_line(lock, count):
    wait_for(lambda: len(lock) == count, f"a line of {count}")


def test_each_thread_waits_for_those_before_it_in_line():
    lock, order = FairLock(), []

    def work(number):
        with lock.exclusive():
            order.append(number)

    threads = []
    with lock.exclusive():
        for number in range(5):
            threads.append(threading.Thread(target=work, args=(number,)))
            threads[-1].start()
            in_line(lock, number + 1)
        assert order == []
    for thread in threads:
        thread.join(60)
    assert order == [0, 1, 2, 3, 4]


def test_who_comes_back_at_once_does_not_overtake():
    """With a plain lock it did: a long file then kept everybody waiting."""
    lock, order = FairLock(), []

    def other():
        with lock.exclusive():
            order.append("other")

    thread = threading.Thread(target=other)
    with lock.exclusive():
        thread.start()
        in_line(lock, 1)
    with lock.exclusive():
        order.append("again")
    thread.join(60)
    assert order == ["other", "again"]


def test_who_gives_way_goes_to_the_end_of_the_line():
    lock, order = FairLock(), []

    def work(number):
        with lock.exclusive():
            order.append(number)

    with lock.exclusive():
        lock.give_way()  # to nobody
        threads = [threading.Thread(target=work, args=(number,)) for number in (1, 2)]
        for number, thread in enumerate(threads, 1):
            thread.start()
            in_line(lock, number)
        lock.give_way()
        order.append("again")
    for thread in threads:
        thread.join(60)
    assert order == [1, 2, "again"]
    assert lock.acquire(Waiter())


def test_who_holds_it_may_serve_others_in_line():
    lock, waiter, entered = FairLock(), Waiter(), []
    thread = threading.Thread(target=lambda: entered.append(lock.acquire(waiter)))
    with lock.exclusive():
        thread.start()
        in_line(lock, 1)
        lock.claim(lambda found: found is waiter)
        assert len(lock) == 0
        waiter.wake()
        thread.join(60)
    assert entered == [False]


def test_a_failure_leaves_the_lock_free():
    lock = FairLock()
    for _ in range(2):
        try:
            with lock.exclusive():
                raise ValueError("broken")
        except ValueError:
            pass
    assert lock.acquire(Waiter())
