"""The worker as the service runs it: it looks at a request before a thread takes it."""

import socket
import time
from collections import deque
from concurrent.futures import Future
from typing import Any, NamedTuple

from service.door.loop_answers import Answer, Waiting, answer_together
from service.door.loop_requests import Plain, plain_request
from service.door.malformed import refuse_malformed
from service.door.peeking import (
    NEW,
    Standing,
    Whole,
    exchange,
    standing_of,
    whole_request,
)
from service.door.shed_log import ShedLog
from service.door.shedding import Outcome, turn_away
from service.http.deadlines import HEADER, Deadline, when_it_came
from service.processes.base_worker import BaseWorker

# As gunicorn writes headers' names.
_REQUEST_START = HEADER.upper()

# Requests of short texts that the loop answers at a time.
_TURN = 16


class Seen(NamedTuple):
    """What lies in a connection: a whole request, or nothing that can be told.

    ``plain`` is what it asks if the loop may answer it; ``complaint`` says why it
    should not be let in, if it should not.
    """

    request: Whole | None
    plain: Plain | None
    complaint: str | None


_NOTHING = Seen(request=None, plain=None, complaint=None)


class DoorWorker(BaseWorker):
    """Turns a request away, answers it in its loop, or lets a thread take it."""

    def __init__(self, age: int, *arguments: Any, **options: Any) -> None:
        super().__init__(age, *arguments, **options)
        self._shed_log = ShedLog()
        # Clients whom the loop will answer, and their texts in all.
        self._for_the_loop: deque[tuple[Any, Waiting]] = deque()
        self._texts_for_the_loop = 0

    def run(self) -> None:
        """Serve until the end; then tell of the last who were turned away."""
        super().run()
        self._shed_log.tell(all_of_them=True)

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        """Serve for a moment, and answer what is at hand."""
        began = time.thread_time()
        super().wait_for_and_dispatch_events(0 if self._for_the_loop else timeout)
        self._answer_for_a_while(time.thread_time() - began)
        self._shed_log.tell()

    def take_up(self, conn: Any) -> None:
        """Let a thread take what a client sent, or turn it away where too many wait."""
        seen = self._look(conn)
        standing = NEW if seen.request is None else standing_of(conn.sock)
        complaint = seen.complaint
        if self.service.arrivals.waiting:
            complaint = complaint or self._too_late(standing)
        if not self._turned_away_now(conn, seen.request, complaint):
            conn.came = time.time() - standing.lain
            self._let_in(conn, seen)

    def _let_in(self, conn: Any, seen: Seen) -> None:
        """Let the loop answer what is plain, else a thread whatever it is."""
        if seen.plain is None:
            self._leave_to_a_thread(conn)
        elif waiting := self._waiting(conn, seen.plain):
            self.service.arrivals.loop.join()
            self._for_the_loop.append((conn, waiting))
            self._texts_for_the_loop += waiting.prepared.job.texts
        else:
            self._pass_on(conn)

    def _waiting(self, conn: Any, plain: Plain) -> Waiting | None:
        """Return the request as the loop will answer it, nothing if it will not."""
        service = self.service
        texts = plain.wants.plain_texts()
        if not service.texts.has_room(self._texts_for_the_loop + len(texts)):
            return None
        seconds = service.settings.deadline_seconds
        deadline = Deadline.after(seconds, when_it_came(plain.came, conn.came))
        if deadline.is_over:
            return None
        prepared = service.batcher.prepare_short(service.model.predictor, texts)
        return prepared and Waiting(plain, prepared, deadline)

    def _pass_on(self, conn: Any) -> None:
        """Let a thread take what the loop does not answer, if few wait for one."""
        complaint = self.service.arrivals.threads.complaint()
        if not self._turned_away_now(conn, self._lying_in(conn), complaint):
            self._leave_to_a_thread(conn)

    def _leave_to_a_thread(self, conn: Any) -> None:
        self.service.arrivals.queue()
        super().take_up(conn)

    def on_client_socket_readable(self, conn: Any, client: socket.socket) -> None:
        """Take up what a kept client sent, or turn it away where it stands.

        Under overload, to listen to it no more and then again would cost as much as
        the refusal.
        """
        arrivals = self.service.arrivals
        if arrivals.loop.complaint() or arrivals.threads.complaint():
            seen = self._look(conn)
            outcome = self._admit(conn, seen.request, seen.complaint)
            if outcome is Outcome.REFUSED_STAYS and self.alive:
                # Out of its place in gunicorn's line of who is silent longest: some of
                # those behind it stay a little longer.
                conn.set_timeout()
                return
            if outcome is not Outcome.LET_IN:
                self.poller.unregister(client)
                self.keepalived_conns.remove(conn)
                self._finish(conn, stays=False)
                return
        super().on_client_socket_readable(conn, client)

    def _look(self, conn: Any) -> Seen:
        request = self._lying_in(conn)
        if request is None:
            return _NOTHING
        plain = plain_request(conn.sock, request, self.service)
        arrivals = self.service.arrivals
        line = arrivals.threads if plain is None else arrivals.loop
        return Seen(request, plain, line.complaint())

    def _lying_in(self, conn: Any) -> Whole | None:
        # What a thread has read of the next request already is not in the socket.
        if conn.initialized and conn.parser.unreader.buf.getvalue():
            return None
        return whole_request(conn.sock)

    def _answer_for_a_while(self, seconds: float) -> None:
        """Answer a turn of what is at hand, and more until ``seconds`` are spent.

        Under overload looking takes most of the time; as much is for answers.
        """
        ends = time.thread_time() + seconds
        while self._for_the_loop:
            self._answer_turn()
            if time.thread_time() > ends:
                return

    def _answer_turn(self) -> None:
        """Answer those who came first, in this thread and out of one reading."""
        turn = [
            self._for_the_loop.popleft()
            for _ in range(min(_TURN, len(self._for_the_loop)))
        ]
        for _, waiting in turn:
            self.service.arrivals.loop.take()
            self._texts_for_the_loop -= waiting.prepared.job.texts
        answers = answer_together(
            self.service,
            [waiting for _, waiting in turn],
            keeps_clients=self._keeps_clients(),
        )
        for (conn, waiting), answer in zip(turn, answers, strict=True):
            if answer is None:
                self._pass_on(conn)
            else:
                self._hand_over(conn, waiting.asked.size, answer)

    def _keeps_clients(self) -> bool:
        has_room = len(self.keepalived_conns) < self.max_keepalived
        return self.alive and has_room and self.cfg.keepalive > 0

    def _hand_over(self, conn: Any, size: int, answer: Answer) -> None:
        """Send the answer to the request of ``size`` bytes that lies in ``conn``."""
        self.nr += 1
        try:
            whole = exchange(conn.sock, size, answer.content)
        except OSError:
            whole = False
        self._finish(conn, stays=whole and answer.stays)

    def _too_late(self, standing: Standing) -> str | None:
        """Say so of a client who waits no more, most likely, or has waited too long.

        After a wave of more than the door can take, the system goes on to let in for
        seconds who had knocked and left: each would be computed for nobody.
        """
        service = self.service
        most = service.settings.max_wait_seconds
        if standing.has_hung_up:
            return "you have hung up, and others wait; try again shortly"
        # Where few wait, the worker stood still for a moment, and soon has them all.
        if standing.lain > most and service.arrivals.many_wait:
            return (
                f"this request has lain at the door for {standing.lain:.1f} s, at most "
                f"{most:g} may one; try again shortly"
            )
        return None

    def _turned_away_now(
        self, conn: Any, request: Whole | None, complaint: str | None
    ) -> bool:
        """Turn the request away if there is a complaint; say whether that is done."""
        outcome = self._admit(conn, request, complaint)
        if outcome is Outcome.LET_IN:
            return False
        self._finish(conn, stays=outcome is Outcome.REFUSED_STAYS)
        return True

    def _admit(
        self, conn: Any, request: Whole | None, complaint: str | None
    ) -> Outcome:
        """Let the client in, or answer it 503 if there is a complaint; say which."""
        if request is None or complaint is None:
            return Outcome.LET_IN
        outcome = turn_away(conn.sock, request, complaint)
        if outcome is not Outcome.LET_IN:
            self.service.metrics.count_turned_away()
            self._shed_log.count()
        return outcome

    def _finish(self, conn: Any, *, stays: bool) -> None:
        conn.init()
        done: Future[bool] = Future()
        # Who was told to stay may, for a moment also of a worker that ends.
        done.set_result(stays)
        self.finish_request(conn, done)

    def handle(self, conn: Any) -> Any:
        """Answer the connection's next request; runs in a thread."""
        arrivals = self.service.arrivals
        arrivals.begin()
        try:
            return super().handle(conn)
        finally:
            arrivals.settle()

    def handle_request(self, req: Any, conn: Any) -> Any:
        """Answer ``req``, which came when it came, not when a thread took it."""
        told = ",".join(value for name, value in req.headers if name == _REQUEST_START)
        req.headers = [one for one in req.headers if one[0] != _REQUEST_START]
        req.headers.append((_REQUEST_START, when_it_came(told, conn.came)))
        return super().handle_request(req, conn)

    def handle_error(
        self,
        req: Any,  # noqa: ARG002  as gunicorn calls it
        client: socket.socket,
        addr: Any,  # noqa: ARG002
        exc: Exception,
    ) -> None:
        """Refuse what is no HTTP in the service's form, and log nothing of it."""
        refuse_malformed(client, exc, self.service.metrics.count_malformed)
