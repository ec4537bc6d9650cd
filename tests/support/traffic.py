"""Requests that keep coming while something else happens, each one remembered."""

import http.client
import json
import os
import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from answered_by import is_by_loop
from running import Answer, Client, children_of, metric, wait_for

ONE_TEXT = {"text": "The room was fine, the food awful."}


def no_complaint(_: Answer) -> str | None:
    """Take every answer for right."""
    return None


@dataclass(frozen=True)
class Failure:
    """A request that was not answered as it should be, and why.

    ``refused`` says that nobody listened any more: nothing had been sent, so whoever
    asks may safely ask elsewhere.
    """

    request_id: str
    reason: str
    refused: bool = False


@dataclass
class Traffic:
    """Several clients that ask for predictions for as long as the block runs.

    ``failures`` holds everything that was not a 200, or that ``complaint`` found a
    fault with; ``models`` the versions that answered, in the order in which they
    first did. ``by_loop`` counts the answers of 200 that a worker's event loop gave;
    the others are from its threads. A client that is refused, or that ``goes_on``
    stops, asks no more. ``name`` is in the id of each request.
    """

    client: Client
    clients: int = 4
    body: dict[str, Any] = field(default_factory=lambda: ONE_TEXT)
    complaint: Callable[[Answer], str | None] = no_complaint
    goes_on: Callable[[], bool] = lambda: True
    # Steady rather than flooding: overload is another test's subject.
    pause: float = 0.01
    answered: int = 0
    failures: list[Failure] = field(default_factory=list)
    models: list[str] = field(default_factory=list)
    by_loop: int = 0
    name: str = "client"

    def __enter__(self) -> "Traffic":
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._threads = [
            threading.Thread(target=self._ask, args=(number,), daemon=True)
            for number in range(self.clients)
        ]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self.wait()

    def wait(self) -> None:
        """Return when every client has stopped by itself, or after a minute."""
        for thread in self._threads:
            thread.join(timeout=60)

    def _ask(self, number: int) -> None:
        for request_id in self._requests(number):
            try:
                answer = self.ask(request_id)
            except (OSError, http.client.HTTPException) as error:
                refused = isinstance(error, ConnectionRefusedError)
                self.failures.append(Failure(request_id, repr(error), refused))
                if refused:
                    return
            else:
                with self._lock:
                    self._take(request_id, answer)
            time.sleep(self.pause)

    def _requests(self, number: int) -> Iterator[str]:
        asked = 0
        while self.goes_on() and not self._over.is_set():
            asked += 1
            yield f"{self.name}-{number}-{asked}"

    def ask(self, request_id: str) -> Answer:
        """Send one request and return its answer."""
        headers = {"Content-Type": "application/json", "X-Request-Id": request_id}
        return self.client.call("POST", "/predict", json.dumps(self.body), headers)

    def _take(self, request_id: str, answer: Answer) -> None:
        self.answered += 1
        if answer.status != 200:
            reason = f"{answer.status} {answer.body[:200]!r}"
            self.failures.append(Failure(request_id, reason))
            return
        self.by_loop += is_by_loop(answer)
        if reason := self.complaint(answer):
            self.failures.append(Failure(request_id, reason))
        if (model := self.model_of(answer)) not in self.models:
            self.models.append(model)

    def model_of(self, answer: Answer) -> str:
        """Return the version that gave an answer of 200."""
        return str(answer.json()["model"])


def models_served(client: Client) -> dict[str, int]:
    """Return each version that answers, and how many workers say so."""
    text = client.get("/metrics").body.decode()
    found = re.findall(r'^sentiment_model_info{version="([^"]+)"} (\S+)$', text, re.M)
    return {name: int(float(workers)) for name, workers in found if float(workers)}


def wait_for_workers(client: Client, workers: int = 2, seconds: float = 240) -> None:
    """Return as soon as so many workers serve; for ``/readyz`` one is enough.

    Raises:
        TimeoutError: They did not within ``seconds``.
    """
    wait_for(
        lambda: metric(client, "sentiment_model_info") == workers,
        f"serving with {workers} workers",
        seconds,
    )


def until_two_answer(master: int, log: Path) -> float:
    """Return after how many seconds of traffic two workers have answered of it.

    Raises:
        TimeoutError: They did not within some minutes.
    """
    began, answering = time.monotonic(), set[str]()
    with log.open() as lines:
        lines.seek(0, os.SEEK_END)

        def full() -> bool:
            # Only what is new: the whole log is long, and takes time from the clients.
            answering.update(
                re.findall(r'"process": (\d+).*"status": 200', lines.read())
            )
            return len({str(pid) for pid in children_of(master)} & answering) == 2

        wait_for(full, "two workers", seconds=240)
    return time.monotonic() - began
