"""A long mix of good and bad requests at a given load, and the memory meanwhile."""

import http.client
import json
import random
import statistics
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from answered_by import is_by_loop
from running import Answer, Client

MEGABYTE = 1024 * 1024
THREADS = 8
JSON = {"Content-Type": "application/json"}
CSV = {"Content-Type": "text/csv"}
WORDS = "the film was good bad not never very food staff room clean broke after".split()


def text(rng: random.Random, words: int) -> str:
    """Return a text of so many words; most have never been sent before."""
    return " ".join(
        f"{rng.choice(WORDS)}{rng.choice(['', rng.randrange(999)])}"
        for _ in range(words)
    )


def plain(client: Client, rng: random.Random) -> Answer:
    """Ask what a worker's event loop answers itself (service/door/loop_requests.py)."""
    if rng.random() < 0.5:
        return client.predict(text=text(rng, rng.randrange(1, 60)))
    return client.predict(texts=[text(rng, 10) for _ in range(rng.randrange(1, 5))])


def valid(client: Client, rng: random.Random) -> Answer:
    texts = [text(rng, rng.randrange(1, 60)) for _ in range(rng.randrange(1, 9))]
    # An option, be it off, makes a request one for a thread.
    return client.predict(texts=texts, sentences=rng.random() < 0.4)


def long(client: Client, rng: random.Random) -> Answer:
    return client.predict(text=text(rng, 3_000)[:20_000])


def invalid(client: Client, rng: random.Random) -> Answer:
    body, headers = rng.choice(
        [
            ("{", JSON),
            (json.dumps({"txt": "good"}), JSON),
            (json.dumps({"texts": [1] * 200}), JSON),
            (json.dumps({"text": text(rng, 9_000)}), JSON),
            ("good", {"Content-Type": "text/plain"}),
            (b"x" * 3_000_000, JSON),
        ]
    )
    return client.call("POST", "/predict", body, headers)


def csv(client: Client, rng: random.Random) -> Answer:
    rows = "\n".join(text(rng, 12) for _ in range(rng.randrange(1, 400)))
    return client.call("POST", "/predict/csv", f"text\n{rows}\n", CSV)


def cancelled(client: Client, rng: random.Random) -> None:
    """Leave midway through a request, or before its answer."""
    path, kind, body = rng.choice(
        [
            ("/predict", "application/json", json.dumps({"text": text(rng, 500)})),
            ("/predict", "application/json", json.dumps({"text": text(rng, 20)})),
            ("/predict/csv", "text/csv", "text\n" + "good film\n" * 5_000),
        ]
    )
    sent = body[: rng.choice([len(body), len(body) // 2])]
    head = f"POST {path} HTTP/1.1\r\nHost: test\r\nContent-Type: {kind}\r\n"
    request = f"{head}Content-Length: {len(body)}\r\n\r\n{sent}"
    with client.connect() as leaving:
        leaving.sendall(request.encode())


Kind = Callable[[Client, random.Random], Answer | None]

# Of 20 requests so many; each with the statuses that it may get, 0 where none is waited
# for. On a machine that others fill, a service may shed (503) what came too late.
MIX: dict[Kind, tuple[int, set[int]]] = {
    plain: (6, {200, 503}),
    valid: (6, {200, 503}),
    long: (2, {200, 503}),
    invalid: (2, {400, 413, 415, 422, 503}),
    cancelled: (2, {0}),
    csv: (2, {200, 503}),
}


class Load:
    """Sends the mix from several threads while the block runs.

    Flat out, or ``rate`` requests a second. ``statuses`` counts what came back, and
    ``by_loop`` the answers of 200 that a worker's event loop gave; the other 200 are
    its threads'. ``wrong`` holds what should not have come back, by kind.
    """

    def __init__(self, client: Client, seed: int, rate: float | None = None) -> None:
        self.client = client
        self.statuses: Counter[int] = Counter()
        self.by_loop = 0
        self.wrong: list[str] = []
        self._seed = seed
        self._rate = rate
        self._numbers = count()
        self._over = threading.Event()
        self._lock = threading.Lock()

    @property
    def sent(self) -> int:
        """How many requests have ended."""
        return self.statuses.total()

    @contextmanager
    def running(self) -> Iterator["Load"]:
        self._began = time.monotonic()
        threads = [threading.Thread(target=self._send_all) for _ in range(THREADS)]
        for thread in threads:
            thread.start()
        try:
            yield self
        finally:
            self._over.set()
            for thread in threads:
                thread.join()

    def _send_all(self) -> None:
        kinds = [kind for kind, (share, _) in MIX.items() for _ in range(share)]
        while not self._over.is_set():
            with self._lock:
                number = next(self._numbers)
            if self._rate is not None:
                due = self._began + number / self._rate
                self._over.wait(max(0.0, due - time.monotonic()))
            # Which requests are sent depends on the seed, not on the threads' order.
            rng = random.Random(f"{self._seed}-{number}")
            self._send(rng.choice(kinds), rng)

    def _send(self, kind: Kind, rng: random.Random) -> None:
        try:
            answer = kind(self.client, rng)
        except (OSError, http.client.HTTPException) as error:
            self.wrong.append(f"{kind.__name__}: {error!r}")
            return
        status = 0 if answer is None else answer.status
        with self._lock:
            self.statuses[status] += 1
            if answer is not None and status == 200:
                self.by_loop += is_by_loop(answer)
        if status not in MIX[kind][1]:
            self.wrong.append(f"{kind.__name__}: {status}")


class GrowthError(AssertionError):
    """A worker's memory has grown beyond what was allowed."""


class Memory:
    """The resident memory of some processes, in bytes, since it was first looked at."""

    def __init__(self, pids: list[int]) -> None:
        self._before = {pid: resident(pid) for pid in pids}
        self._recent: deque[int] = deque(maxlen=5)

    def look(self) -> int:
        """Return by how much that has grown most that grew most; a median of looks."""
        grown = (resident(pid) - before for pid, before in self._before.items())
        self._recent.append(max(grown))
        return int(statistics.median(self._recent))


def resident(pid: int) -> int:
    """Return the bytes of memory that a process holds (VmRSS)."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise ProcessLookupError(f"process {pid} has ended")


def capacity(client: Client, requests: int, seconds: float, seed: int) -> float:
    """Return how many requests a second of the mix come back flat out.

    Measured over so many of them, or for so many seconds if those are over before.
    """
    began = time.monotonic()
    with Load(client, seed).running() as load:
        while load.sent < requests and time.monotonic() < began + seconds:
            time.sleep(0.1)
    return load.sent / (time.monotonic() - began)


def check_growth(memory: Memory, seconds: float, limit: int) -> int:
    """Watch memory for so long; return by how many bytes a worker has grown at most.

    Raises:
        GrowthError: One grew by more than ``limit`` bytes; said as soon as it is seen.
    """
    began, grown = time.monotonic(), 0
    while time.monotonic() < began + seconds:
        time.sleep(1)
        grown = memory.look()
        if grown > limit:
            raise GrowthError(
                f"a worker has grown by {grown / MEGABYTE:.0f} MB in "
                f"{time.monotonic() - began:.0f} s, {limit / MEGABYTE:.0f} MB are "
                "allowed"
            )
    return grown
