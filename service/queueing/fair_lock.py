"""A lock that threads take in the order in which they came."""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock


class Waiter:
    """A thread that waits for a :class:`FairLock`, or may have to."""

    def __init__(self) -> None:
        self.served = False
        self._asleep = Lock()
        self._asleep.acquire()

    def sleep(self) -> None:
        """Return once :meth:`wake` was called, before or after."""
        self._asleep.acquire()

    def wake(self) -> None:
        """Let the thread go on."""
        self._asleep.release()


class FairLock:
    """Held by one thread at a time; on release it goes to the first in line.

    With a plain lock, a thread that comes back at once would overtake those that sleep.
    """

    def __init__(self) -> None:
        self._line: deque[Waiter] = deque()
        self._held = False
        self._lock = Lock()

    def __len__(self) -> int:
        """Return how many wait in line."""
        return len(self._line)

    def acquire(self, waiter: Waiter) -> bool:
        """Wait for the lock; return whether this thread holds it now.

        If it does, it must :meth:`release` it. Else another thread has served it.
        """
        with self._lock:
            if not self._held:
                self._held = True
                return True
            self._line.append(waiter)
        waiter.sleep()
        return not waiter.served

    def release(self) -> None:
        """Give the lock to the first in line."""
        with self._lock:
            if not self._line:
                self._held = False
                return
            following = self._line.popleft()
        following.wake()

    def give_way(self) -> None:
        """Let those in line have the lock, which this thread holds, before it again.

        It holds the lock on return.
        """
        waiter = Waiter()
        with self._lock:
            if not self._line:
                return
            following = self._line.popleft()
            self._line.append(waiter)
        following.wake()
        waiter.sleep()

    def claim(self, takes: Callable[[Waiter], bool]) -> None:
        """Take the waiters out of the line that ``takes`` accepts, in their order.

        Only the thread that holds the lock may do so; it must serve and then wake them.
        """
        with self._lock:
            for waiter in list(self._line):
                if takes(waiter):
                    waiter.served = True
                    self._line.remove(waiter)

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Run the block with the lock held."""
        self.acquire(Waiter())
        try:
            yield
        finally:
            self.release()
