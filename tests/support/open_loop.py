"""A client that asks at a rate, whether it is answered or not: overload as it is.

A closed-loop client waits for each answer, so it slows down with the server and never
sees a queue. This one counts each answer's time from when the request was due.
"""

import asyncio
import gc
import json
import math
import re
import statistics
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from answered_by import is_the_loops

_LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)", re.IGNORECASE)
# How often it looks what is due: so much later than due a request may be sent. So many
# are sent before it hears what was answered.
_TICK_SECONDS = 0.001
_AT_ONCE = 64
# Opened before the time begins: a high rate would else begin with hundreds to open at
# once, and what is late then is the client, not the service.
_CONNECTIONS = 128
_RETRY_AFTER = re.compile(rb"\r\nretry-after: *[0-9]+\r\n", re.IGNORECASE)


@dataclass(frozen=True)
class Outcome:
    """What became of one request; ``status`` is 0 where nothing was answered.

    ``seconds`` count from when it was ``due``, and so hold how ``late`` it was sent.
    ``head`` is the answer's, all before its empty line.
    """

    due: float
    late: float
    seconds: float
    status: int
    head: bytes

    @property
    def says_when(self) -> bool:
        """Whether the answer says when to ask again."""
        return _RETRY_AFTER.search(self.head + b"\r\n") is not None

    @property
    def by_loop(self) -> bool:
        """Whether a worker's event loop gave the answer, which came without nginx."""
        lines = self.head.decode("latin-1").lower().split("\r\n")[1:]
        return is_the_loops(line.partition(":")[0] for line in lines)


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

    It begins with connections that are open, and uses each again once it is free; where
    none is, it opens another.
    """
    load = _Load(port, request, patience).run(rate, seconds)
    # A collection of garbage takes longer than many answers, and all that falls due
    # meanwhile is late.
    gc.disable()
    try:
        # In a thread of its own: a browser's driver may have a loop in this one.
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(asyncio.run, load).result()
    finally:
        gc.enable()


class _Load:
    """Many requests under way; a task for each would cost more than the request."""

    def __init__(self, port: int, request: bytes, patience: float) -> None:
        self._port = port
        self._request = request
        self._patience = patience
        self._idle: list[_Connection] = []
        # In the order in which they were asked, so that the first gives up first.
        self._asked: dict[_Ask, None] = {}
        self._opening: set[asyncio.Task[None]] = set()
        self._outcomes: list[Outcome] = []

    async def run(self, rate: float, seconds: float) -> Outcomes:
        self._idle += await asyncio.gather(
            *(self._connect() for _ in range(_CONNECTIONS))
        )
        self._began = time.perf_counter()
        requests, asked = round(rate * seconds), 0
        while asked < requests or self._asked:
            passed = time.perf_counter() - self._began
            # Late by whatever the loop was busy: the time counts from when it was due.
            due = min(requests, math.floor(passed * rate) + 1)
            for number in range(asked, min(due, asked + _AT_ONCE)):
                self._ask(number / rate)
                asked += 1
            self._give_up(passed)
            await asyncio.sleep(0 if asked < due else _TICK_SECONDS)
        await asyncio.gather(*self._opening)
        for connection in self._idle:
            connection.close()
        return Outcomes(self._outcomes, seconds)

    def _ask(self, due: float) -> None:
        ask = _Ask(due)
        self._asked[ask] = None
        while self._idle:
            connection = self._idle.pop()
            if connection.is_open:
                self._send(ask, connection)
                return
        opening = asyncio.create_task(self._open(ask))
        self._opening.add(opening)
        opening.add_done_callback(self._opening.discard)

    async def _connect(self) -> "_Connection":
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(self._patience):
            _, connection = await loop.create_connection(
                lambda: _Connection(self._answered), "127.0.0.1", self._port
            )
        return connection

    async def _open(self, ask: "_Ask") -> None:
        try:
            connection = await self._connect()
        except (OSError, TimeoutError):
            self._answered(ask, 0)
            return
        if ask in self._asked:
            self._send(ask, connection)
        else:
            self._idle.append(connection)

    def _send(self, ask: "_Ask", connection: "_Connection") -> None:
        ask.late = time.perf_counter() - self._began - ask.due
        connection.send(ask, self._request)

    def _answered(
        self,
        ask: "_Ask",
        status: int,
        *,
        head: bytes = b"",
        connection: "_Connection | None" = None,
    ) -> None:
        if connection is not None:
            self._idle.append(connection)
        if ask in self._asked:
            del self._asked[ask]
            seconds = time.perf_counter() - self._began - ask.due
            self._outcomes.append(Outcome(ask.due, ask.late, seconds, status, head))

    def _give_up(self, passed: float) -> None:
        while self._asked:
            ask = next(iter(self._asked))
            if passed - ask.due <= self._patience:
                return
            self._answered(ask, 0)
            if ask.connection is not None:
                ask.connection.close()


class _Ask:
    """A request from when it was due until it is answered, or given up."""

    def __init__(self, due: float) -> None:
        self.due = due
        self.late = float("nan")
        self.connection: _Connection | None = None


class _Connection(asyncio.Protocol):
    """One connection, one request at a time; tells ``answered`` what became of it."""

    _transport: asyncio.Transport

    def __init__(self, answered: Callable[..., None]) -> None:
        self._tell = answered
        self._ask: _Ask | None = None
        self._received = b""

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    @property
    def is_open(self) -> bool:
        return not self._transport.is_closing()

    def close(self) -> None:
        self._transport.close()

    def send(self, ask: _Ask, request: bytes) -> None:
        self._received = b""
        self._ask, ask.connection = ask, self
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, blank, body = self._received.partition(b"\r\n\r\n")
        if not blank or self._ask is None:
            return
        length = _LENGTH.search(head)
        if length is not None and len(body) >= int(length[1]):
            ask, self._ask = self._ask, None
            self._tell(ask, int(head[9:12]), head=head, connection=self)

    def connection_lost(self, _: Exception | None) -> None:
        if self._ask is not None:
            ask, self._ask = self._ask, None
            self._tell(ask, 0)
