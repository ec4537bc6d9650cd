"""Clients shared evenly among the workers.

Each client who knocks wakes every worker, and a client that keeps its connection stays
with whoever lets it in. Left to chance, one worker may come to hold nearly all while
another has nothing to do.
"""

import time
from mmap import mmap

_WORKERS = 256

# How long a worker leaves a client to one that has fewer, and how often it looks.
_PATIENCE_SECONDS = 0.01
_LOOK_SECONDS = 0.0003

# The clients of each worker, made by the master and shared with all it forks: a number
# of two bytes each, one more than there are, 0 where there is no worker.
_table = memoryview(mmap(-1, _WORKERS * 2)).cast("H")
_MOST = 2**16 - 1


class Share:
    """One worker's row among all: how many clients it has, and whose turn it is."""

    def __init__(self, age: int, table: memoryview = _table) -> None:
        self._row = age % len(table)
        self._table = table
        self._patient_until = 0.0

    def show(self, clients: int) -> None:
        """Tell the others how many clients this worker has.

        gunicorn's own count falls below 0 where a connection breaks off twice.
        """
        self._table[self._row] = max(1, min(clients + 1, _MOST))

    def leave(self) -> None:
        """Tell the others that this worker takes no more."""
        self._table[self._row] = 0

    def waits(self) -> bool:
        """Say whether the next client is another worker's; if so, after a moment.

        The other may be too busy to come to the door: after a while whoever is there
        takes the client.
        """
        own = self._table[self._row]
        if not any(0 < clients < own for clients in self._table):
            return False
        now = time.monotonic()
        if now > self._patient_until + _PATIENCE_SECONDS:
            self._patient_until = now + _PATIENCE_SECONDS
        if now > self._patient_until:
            return False
        time.sleep(_LOOK_SECONDS)
        return True
