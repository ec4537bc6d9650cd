"""Clients shared evenly among the workers.

Each new connection wakes every worker, and a client that keeps its connection stays
with the worker that accepted it. Left to chance, one worker may come to hold nearly all
clients while another has nothing to do.
"""

import time
from mmap import mmap

_WORKERS = 256

# How long a worker leaves a new client to one that has fewer, and how often it looks.
_PATIENCE_SECONDS = 0.01
_LOOK_SECONDS = 0.0003

# The number of each worker's clients, in memory that the master makes and all workers
# share: two bytes each, one more than there are, 0 where there is no worker.
_table = memoryview(mmap(-1, _WORKERS * 2)).cast("H")
_MOST = 2**16 - 1


class Share:
    """One worker's row among all: how many clients it has, and whose turn it is."""

    def __init__(self, age: int, table: memoryview = _table) -> None:
        self._row = age % len(table)
        self._table = table
        self._patient_until = 0.0

    def show(self, clients: int) -> None:
        """Show the others how many clients this worker has.

        gunicorn's own count falls below 0 where a connection breaks off twice.
        """
        self._table[self._row] = max(1, min(clients + 1, _MOST))

    def leave(self) -> None:
        """Show the others that this worker accepts no more."""
        self._table[self._row] = 0

    def waits(self) -> bool:
        """Return whether to leave the next client to another worker, after a moment.

        That worker may be too busy to accept it: after a while this one takes the
        client.
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
