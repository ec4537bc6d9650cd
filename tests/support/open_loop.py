"""A client that asks at a rate, whether it is answered or not: overload as it is.

A closed-loop client waits for each answer, so it slows down with the server and never
sees a queue. This one counts each answer's time from when the request was due.
"""

import asyncio
import json
import re
import statistics
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

_LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)", re.IGNORECASE)
_RETRY_AFTER = re.compile(rb"\r\nretry-after: *[0-9]+\r\n", re.IGNORECASE)


@dataclass(frozen=True)
class Outcome:
    """What became of one request; ``status`` is 0 where nothing was answered."""

    due: float
    seconds: float
    status: int
    says_when: bool


@dataclass(frozen=True)
class Outcomes:
    """What became of all requests of a stretch of ``seconds``."""

    every: Sequence[Outcome]
    seconds: float

    @property
    def statuses(self) -> Counter[int]:
        """Return how often each status was answered."""
        return Counter(outcome.status for outcome in self.every)

    def of(self, status: int) -> list[Outcome]:
        """Return those that were answered with ``status``."""
        return [outcome for outcome in self.every if outcome.status == status]

    def goodput(self, within: float) -> float:
        """Return answers a second that are 200 and came ``within`` so many seconds."""
        good = [found for found in self.of(200) if found.seconds <= within]
        return len(good) / self.seconds

    def last_trouble(self, within: float) -> float:
        """Return when the last request was due that was not answered well in time.

        In seconds from the beginning of the stretch; 0 if all were.
        """
        troubled = [
            outcome.due
            for outcome in self.every
            if outcome.status != 200 or outcome.seconds > within
        ]
        return max(troubled, default=0.0)


def percentile(outcomes: Sequence[Outcome], share: float) -> float:
    """Return the seconds within which ``share`` of the outcomes came, NaN of none."""
    seconds = sorted(outcome.seconds for outcome in outcomes)
    if len(seconds) < 2:
        return seconds[0] if seconds else float("nan")
    return statistics.quantiles(seconds, n=1000, method="inclusive")[
        round(share * 1000) - 1
    ]


def prediction_request(**body: Any) -> bytes:
    """Return the bytes of ``POST /predict`` on a connection that is kept."""
    payload = json.dumps(body).encode()
    return (
        b"POST /predict HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n"
        b"Content-Length: %d\r\n\r\n%s" % (len(payload), payload)
    )


def offer(
    port: int, request: bytes, *, rate: float, seconds: float, patience: float = 10.0
) -> Outcomes:
    """Ask ``rate`` times a second for ``seconds``; wait for each at most ``patience``.

    Connections are used again where they are free; else another is opened.
    """
    load = _Load(port, request, patience).run(rate, seconds)
    # In a thread of its own: a browser's driver may have a loop in this one.
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, load).result()


class _Load:
    def __init__(self, port: int, request: bytes, patience: float) -> None:
        self._port = port
        self._request = request
        self._patience = patience
        self._idle: list[_Connection] = []

    async def run(self, rate: float, seconds: float) -> Outcomes:
        began = time.perf_counter()
        asked = []
        for number in range(round(rate * seconds)):
            due = number / rate
            # Late by whatever the loop was busy: the time counts from when it was due.
            if (early := began + due - time.perf_counter()) > 0:
                await asyncio.sleep(early)
            elif number % 50 == 0:
                await asyncio.sleep(0)
            asked.append(asyncio.create_task(self._ask(began, due)))
        found = await asyncio.gather(*asked)
        for connection in self._idle:
            connection.close()
        return Outcomes(found, seconds)

    async def _ask(self, began: float, due: float) -> Outcome:
        status, says_when = 0, False
        connection = None
        try:
            async with asyncio.timeout(self._patience):
                connection = await self._connection()
                status, says_when = await connection.ask(self._request)
        except (OSError, TimeoutError):
            if connection is not None:
                connection.close()
        else:
            self._idle.append(connection)
        return Outcome(due, time.perf_counter() - began - due, status, says_when)

    async def _connection(self) -> "_Connection":
        while self._idle:
            connection = self._idle.pop()
            if connection.is_open:
                return connection
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(
            _Connection, "127.0.0.1", self._port
        )
        return connection


class _Connection(asyncio.Protocol):
    """One connection, one request at a time."""

    _transport: asyncio.Transport
    _answer: asyncio.Future[tuple[int, bool]] | None = None

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._received = b""

    @property
    def is_open(self) -> bool:
        return not self._transport.is_closing()

    def close(self) -> None:
        self._transport.close()

    def ask(self, request: bytes) -> asyncio.Future[tuple[int, bool]]:
        self._received = b""
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return self._answer

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, blank, body = self._received.partition(b"\r\n\r\n")
        if not blank or self._answer is None or self._answer.done():
            return
        length = _LENGTH.search(head)
        if length is not None and len(body) >= int(length[1]):
            says_when = _RETRY_AFTER.search(head + b"\r\n") is not None
            self._answer.set_result((int(head[9:12]), says_when))

    def connection_lost(self, error: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            reason = error or ConnectionResetError("closed before its answer")
            self._answer.set_exception(reason)
