"""Bounds on the requests that wait in a worker, for a thread or for the loop.

An application learns of a request only once a thread takes it, so a bound on what waits
must stand before the threads, where the worker listens (service/door/worker.py).
Those that threads have taken, but that have not come to the network yet, are worth a
moment's wait to the thread about to compute (service/queueing/batcher.py).
"""

import threading
import time
from collections import deque

# How many times as many as for a thread may wait for the loop: all clients of a worker
# may send between two looks of the loop, and it answers soonest of all.
_FOR_THE_LOOP = 2


class Backlog:
    """Requests that nobody has taken yet, first come first served.

    At most ``limit`` wait, and none joins where the first has waited for more than
    ``seconds``. Safe between threads, as a deque's two ends are.
    """

    def __init__(self, limit: int, seconds: float) -> None:
        self.limit = limit
        self._seconds = seconds
        # When each of them came.
        self._came: deque[float] = deque()

    def __len__(self) -> int:
        """Return how many requests wait."""
        return len(self._came)

    def join(self) -> None:
        """Count a request that waits from now on."""
        self._came.append(time.monotonic())

    def take(self) -> None:
        """Count the request that waited longest as taken."""
        self._came.popleft()

    def complaint(self) -> str | None:
        """Return why another request would wait too long, None if it would not."""
        queued = len(self)
        if not queued:
            return None
        if queued >= self.limit:
            return (
                f"{queued} requests are waiting already, the limit is {self.limit}; "
                "try again shortly"
            )
        try:
            waited = time.monotonic() - self._came[0]
        except IndexError:
            # A thread has just taken the last of them.
            return None
        if waited <= self._seconds:
            return None
        return (
            f"the oldest request has waited {waited:.1f} s, the limit is "
            f"{self._seconds:g} s; try again shortly"
        )


class Arrivals:
    """One worker's requests that wait; safe between threads.

    ``limit`` is of requests that wait for a thread, ``seconds`` of how long the first
    of them may have waited when another is let in.
    """

    def __init__(self, limit: int, seconds: float) -> None:
        self.for_threads = Backlog(limit, seconds)
        self.for_loop = Backlog(_FOR_THE_LOOP * limit, seconds)
        # Those for threads that have not come to the network yet, taken or not.
        self.coming = 0
        self._lock = threading.Lock()
        self._mine = threading.local()

    @property
    def waiting_requests(self) -> int:
        """How many requests wait in both backlogs."""
        return len(self.for_threads) + len(self.for_loop)

    @property
    def many_wait(self) -> bool:
        """Whether as many of them wait as may wait for a thread."""
        return self.waiting_requests >= self.for_threads.limit

    def queue_for_thread(self) -> None:
        """Count a request that waits for a thread, to come to the network with it."""
        self.for_threads.join()
        with self._lock:
            self.coming += 1

    def taken_by_thread(self) -> None:
        """Note that this thread has taken the request that waited longest for one."""
        self.for_threads.take()
        self._mine.is_coming = True

    def reached_network(self) -> None:
        """Note that this thread's request has come to the network, or never will."""
        if getattr(self._mine, "is_coming", False):
            self._mine.is_coming = False
            with self._lock:
                self.coming -= 1
