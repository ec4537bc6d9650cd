"""A lane: one thread at a time computes in it, in the order in which they came."""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock


class Seat:
    """A thread's place in the line of a lane."""

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


class Lane:
    """Lets one thread in; who leaves calls the next.

    With a plain lock, a thread that comes back at once would overtake those that sleep.
    """

    def __init__(self) -> None:
        self._line: deque[Seat] = deque()
        self._taken = False
        self._lock = Lock()

    def __len__(self) -> int:
        """Return how many stand in line."""
        return len(self._line)

    def enter(self, seat: Seat) -> bool:
        """Wait for the lane; return whether it is this thread's now.

        Whoever is let in must :meth:`leave`. Else another thread has served the seat.
        """
        with self._lock:
            if not self._taken:
                self._taken = True
                return True
            self._line.append(seat)
        seat.sleep()
        return not seat.served

    def leave(self) -> None:
        """Give the lane to the first in line."""
        with self._lock:
            if not self._line:
                self._taken = False
                return
            following = self._line.popleft()
        following.wake()

    def call_out(self, takes: Callable[[Seat], bool]) -> None:
        """Take out of the line whom ``takes`` wants, first come first asked.

        Only who is in the lane may do so, and must serve and then wake them.
        """
        with self._lock:
            for seat in list(self._line):
                if takes(seat):
                    seat.served = True
                    self._line.remove(seat)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Run the block when the lane is free."""
        self.enter(Seat())
        try:
            yield
        finally:
            self.leave()
