"""A lane: one thread at a time computes in it, in the order in which they came."""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock


class Ticket:
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
    """Lets one thread in at a time; the one that leaves wakes the next in line.

    With a plain lock, a thread that comes back at once would overtake those that sleep.
    """

    def __init__(self) -> None:
        self._line: deque[Ticket] = deque()
        self._taken = False
        self._lock = Lock()

    def __len__(self) -> int:
        """Return how many wait in line."""
        return len(self._line)

    def enter(self, ticket: Ticket) -> bool:
        """Wait for the lane; return whether it is this thread's now.

        If it is, the thread must :meth:`leave`. Else another has served its ticket.
        """
        with self._lock:
            if not self._taken:
                self._taken = True
                return True
            self._line.append(ticket)
        ticket.sleep()
        return not ticket.served

    def leave(self) -> None:
        """Give the lane to the first in line."""
        with self._lock:
            if not self._line:
                self._taken = False
                return
            following = self._line.popleft()
        following.wake()

    def claim(self, takes: Callable[[Ticket], bool]) -> None:
        """Take the tickets out of the line that ``takes`` accepts, in their order.

        Only the thread in the lane may do so; it must serve and then wake them.
        """
        with self._lock:
            for ticket in list(self._line):
                if takes(ticket):
                    ticket.served = True
                    self._line.remove(ticket)

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Run the block when the lane is free."""
        self.enter(Ticket())
        try:
            yield
        finally:
            self.leave()
