"""Requests that keep coming while something else happens, each one remembered."""

import http.client
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from running import Client


@dataclass
class Traffic:
    """Several clients that ask for predictions for as long as the block runs.

    ``failures`` holds everything that was not a 200; ``models`` the versions that
    answered, in the order in which they first did.
    """

    client: Client
    clients: int = 4
    answered: int = 0
    failures: list[str] = field(default_factory=list)
    models: list[str] = field(default_factory=list)

    def __enter__(self) -> "Traffic":
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._threads = [
            threading.Thread(target=self._ask, daemon=True) for _ in range(self.clients)
        ]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(timeout=60)

    def _ask(self) -> None:
        while not self._over.is_set():
            try:
                answer = self.client.predict(text="The room was fine, the food awful.")
            except (OSError, http.client.HTTPException) as error:
                self.failures.append(repr(error))
                continue
            with self._lock:
                self.answered += 1
                if answer.status != 200:
                    self.failures.append(f"{answer.status} {answer.body[:200]!r}")
                elif (model := answer.json()["model"]) not in self.models:
                    self.models.append(model)
            # Steady rather than flooding: overload is another test's subject.
            time.sleep(0.01)


def wait_for(happened: Callable[[], object], what: str, seconds: float = 60) -> None:
    """Return as soon as ``happened()`` is true.

    Raises:
        TimeoutError: It was not within ``seconds``.
    """
    deadline = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not happen within {seconds} s")
        time.sleep(0.05)
