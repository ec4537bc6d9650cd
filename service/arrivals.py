"""Requests between a worker's ear and the network: how many wait, how many may come.

An application hears of a request only once a thread takes it, so a bound on what waits
must stand before the threads, where the worker listens (service/worker.py). Those that
threads have, but that have not come to the network yet, are worth a moment's wait to
whoever is about to compute (service/batcher.py).
"""

import threading


class Arrivals:
    """Counts one worker's requests; safe between threads."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        # Without a thread yet, and those that have not come to the network yet.
        self.queued = 0
        self.coming = 0
        self._lock = threading.Lock()
        self._mine = threading.local()

    @property
    def is_full(self) -> bool:
        """Whether so many wait for a thread that another would wait too long."""
        return self.queued >= self.limit

    def complaint(self) -> str:
        """Say why a request is turned away."""
        return (
            f"{self.queued} requests wait here already, at most {self.limit} may; "
            "try again shortly"
        )

    def queue(self) -> None:
        """Count a request that a thread will take."""
        with self._lock:
            self.queued += 1
            self.coming += 1

    def begin(self) -> None:
        """Say that this thread has taken a request."""
        with self._lock:
            self.queued -= 1
        self._mine.is_coming = True

    def settle(self) -> None:
        """Say that this thread's request has come to the network, or never will."""
        if getattr(self._mine, "is_coming", False):
            self._mine.is_coming = False
            with self._lock:
                self.coming -= 1
