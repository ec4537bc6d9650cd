"""Requests between a worker's ear and the network: how many wait, how many may come.

An application hears of a request only once a thread takes it, so a bound on what waits
must stand before the threads, where the worker listens (service/door/worker.py).
Those that threads have, but that have not come to the network yet, are worth a moment's
wait to whoever is about to compute (service/queueing/batcher.py).
"""

import threading
import time
from collections import deque

# How many times as many as for a thread may wait for the loop.
_AT_HAND = 2


class Arrivals:
    """Counts one worker's requests; safe between threads.

    ``limit`` is of requests that wait for a thread, ``seconds`` of how long the first
    of them may have waited when another is let in.
    """

    def __init__(self, limit: int, seconds: float) -> None:
        self._limit = limit
        self._seconds = seconds
        # When each came that nobody has taken yet: for a thread, and for the loop.
        self._queued: deque[float] = deque()
        self._at_hand: deque[float] = deque()
        # Those that have not come to the network yet, with a thread or without.
        self.coming = 0
        self._lock = threading.Lock()
        self._mine = threading.local()

    def complaint(self, *, at_hand: bool = False) -> str | None:
        """Say why another request would wait too long, nothing if it would not.

        What is ``at_hand`` waits for the worker's loop, all else for a thread.
        """
        line = self._at_hand if at_hand else self._queued
        # All clients of a worker may knock between two looks of the loop, and what is
        # at hand is answered soonest of all.
        limit = _AT_HAND * self._limit if at_hand else self._limit
        queued = len(line)
        if not queued:
            return None
        if queued >= limit:
            return (
                f"{queued} requests wait here already, at most {limit} may; "
                "try again shortly"
            )
        try:
            waited = time.monotonic() - line[0]
        except IndexError:
            # A thread has just taken the last of them.
            return None
        if waited <= self._seconds:
            return None
        return (
            f"a request has waited {waited:.1f} s here, at most {self._seconds:g} may "
            "one; try again shortly"
        )

    @property
    def waiting(self) -> int:
        """How many requests were taken by nobody yet."""
        return len(self._queued) + len(self._at_hand)

    @property
    def many_wait(self) -> bool:
        """Whether as many of them wait as may wait for a thread."""
        return self.waiting >= self._limit

    def queue(self, *, at_hand: bool = False) -> None:
        """Count a request that waits to be taken.

        Those ``at_hand`` do not come to the network by themselves: the loop reads them.
        """
        with self._lock:
            if at_hand:
                self._at_hand.append(time.monotonic())
            else:
                self._queued.append(time.monotonic())
                self.coming += 1

    def begin(self, *, at_hand: bool = False) -> None:
        """Say that this thread has taken the request that waited longest."""
        with self._lock:
            (self._at_hand if at_hand else self._queued).popleft()
        self._mine.is_coming = not at_hand

    def settle(self) -> None:
        """Say that this thread's request has come to the network, or never will."""
        if getattr(self._mine, "is_coming", False):
            self._mine.is_coming = False
            with self._lock:
                self.coming -= 1
