"""Long work has some of a worker's threads, never all."""

import threading
import time
from contextlib import ExitStack

import pytest
from running import wait_for

from service.http.deadlines import Deadline
from service.http.problems import DeadlineError, OverloadedError
from service.queueing.places import Places
from service.settings import Settings


@pytest.fixture
def full():
    """Both of two places are taken, a moment ago."""
    places = Places(2, 60)
    with ExitStack() as holders:
        for _ in range(2):
            holders.enter_context(places.take(Deadline.after(60)))
        yield places, holders


def test_a_place_is_waited_for_while_they_change_hands(full):
    places, holders = full
    taken = threading.Event()

    def wait():
        with places.take(Deadline.after(60)):
            taken.set()

    thread = threading.Thread(target=wait)
    thread.start()
    assert not taken.wait(0.2)
    holders.close()
    assert taken.wait(60)
    thread.join(60)


def test_where_they_do_not_change_hands_nobody_waits():
    places = Places(1, 0.2)
    with places.take(Deadline.after(60)):
        began = time.monotonic()
        for _ in range(20):
            with (
                pytest.raises(
                    OverloadedError, match="answered already, the limit is 1"
                ),
                places.take(Deadline.after(60)),
            ):
                pass
        # The first waits, and the others know by it.
        assert 0.1 < time.monotonic() - began < 2
    with places.take(Deadline.after(60)):
        pass


def test_nobody_waits_past_its_deadline(full):
    places, _ = full
    deadline = Deadline.after(0.2)
    with pytest.raises(DeadlineError, match="try again shortly"), places.take(deadline):
        pass
    assert deadline.waited > 0.1


def test_a_failure_gives_its_place_back(full):
    places, holders = full
    holders.close()
    for _ in range(3):
        with pytest.raises(KeyError), places.take(Deadline.after(60)):
            raise KeyError


def test_there_are_never_more_than_so_many():
    places, most, lock = Places(3, 60), [0, 0], threading.Lock()

    def hold():
        for _ in range(20):
            with places.take(Deadline.after(60)):
                with lock:
                    most[0] += 1
                    most[1] = max(most)
                time.sleep(0.001)
                with lock:
                    most[0] -= 1

    threads = [threading.Thread(target=hold) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    wait_for(lambda: most[0] == 0, "the last of them", seconds=60)
    assert most[1] == 3


@pytest.mark.parametrize(
    ("threads", "files", "long"), [(8, 2, 4), (16, 4, 10), (4, 2, 1), (1, 2, 1)]
)
def test_long_requests_and_files_leave_two_threads_free(threads, files, long):
    settings = Settings(threads=threads, max_csv_requests=files)
    assert settings.long_requests == long
