"""The worker of the service: it looks at a request before a thread takes it."""

import socket
import time
from collections import deque
from concurrent.futures import Future
from typing import Any, NamedTuple

from service.door.loop_answers import LoopAnswer, QueuedRequest, answer_together
from service.door.loop_requests import PlainRequest, plain_request
from service.door.malformed import refuse_malformed
from service.door.peeking import (
    NEW,
    TcpState,
    WholeRequest,
    exchange,
    has_left,
    tcp_state_of,
    whole_request,
)
from service.door.probes import Probers
from service.door.shed_log import ShedLog
from service.door.shedding import Outcome, turn_away, turn_away_unread
from service.http.deadlines import HEADER, Deadline, when_it_came
from service.observability.metric_labels import NO_ROUTE, method_label
from service.processes.base_worker import BaseWorker

# As gunicorn writes the names of headers.
_REQUEST_START = HEADER.upper()

# The most requests that the loop answers in one turn.
_TURN = 16


class Look(NamedTuple):
    """What was seen in a connection: a whole request to predict, or something else.

    ``plain`` is what it asks for, if the loop may answer it; ``complaint`` says why it
    should be shed, if it should.
    """

    request: WholeRequest | None
    plain: PlainRequest | None
    complaint: str | None


class DoorWorker(BaseWorker):
    """Turns a request away, answers it in its loop, or lets a thread take it."""

    def __init__(self, age: int, *arguments: Any, **options: Any) -> None:
        super().__init__(age, *arguments, **options)
        self._shed_log = ShedLog()
        self._probers = Probers()
        # Clients that the loop will answer, and the number of all their texts.
        self._for_the_loop: deque[tuple[Any, QueuedRequest]] = deque()
        self._texts_for_the_loop = 0

    def run(self) -> None:
        """Serve until the end; then log the last requests that were shed."""
        super().run()
        self._probers.close()
        self._shed_log.write(at_once=True)

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        """Take one step of the loop, and answer what waits for it."""
        began = time.thread_time()
        super().wait_for_and_dispatch_events(0 if self._for_the_loop else timeout)
        self._answer_for_a_while(time.thread_time() - began)
        self._shed_log.write()

    def take_up(self, conn: Any) -> None:
        """Let the loop or a thread answer, or shed the request where too many wait."""
        look = self._look(conn)
        if look.request is None and self._needs_no_thread(conn):
            return
        state = NEW if look.request is None else tcp_state_of(conn.sock)
        complaint = look.complaint
        if self.service.arrivals.waiting_requests:
            complaint = complaint or self._too_late(state)
        if not self._shed_and_finish(conn, look.request, complaint):
            conn.came = time.time() - state.waited
            self._dispatch(conn, look)

    def _needs_no_thread(self, conn: Any) -> bool:
        """Close a client's socket that has hung up, and hand probes to their thread."""
        if _has_read_ahead(conn):
            return False
        if has_left(conn.sock):
            self._finish(conn, stays=False)
            return True
        return self._probe(conn)

    def _probe(self, conn: Any) -> bool:
        """Let a thread for probes answer what is one; return whether it is."""
        conn.came = time.time()
        done = self._probers.submit(conn.sock, super().handle, conn)
        if done is None:
            return False
        done.add_done_callback(
            lambda done: self.method_queue.defer(self.finish_request, conn, done)
        )
        return True

    def _dispatch(self, conn: Any, look: Look) -> None:
        """Let the loop answer a plain request, and a thread any other."""
        if look.plain is None:
            self._leave_to_a_thread(conn)
        elif queued := self._queued(conn, look.plain):
            self.service.arrivals.for_loop.join()
            self._for_the_loop.append((conn, queued))
            self._texts_for_the_loop += queued.prepared.job.texts
        else:
            self._pass_on(conn)

    def _queued(self, conn: Any, plain: PlainRequest) -> QueuedRequest | None:
        """Return the request as the loop will answer it, None if it will not."""
        service = self.service
        texts = plain.wants.plain_texts()
        if not service.text_admission.has_room(self._texts_for_the_loop + len(texts)):
            return None
        seconds = service.settings.deadline_seconds
        deadline = Deadline.after(seconds, when_it_came(plain.came, conn.came))
        if deadline.is_over:
            return None
        prepared = service.batcher.prepare_short(service.model.predictor, texts)
        return prepared and QueuedRequest(plain, prepared, deadline)

    def _pass_on(self, conn: Any) -> None:
        """Let a thread take what the loop does not answer, unless too many wait."""
        complaint = self.service.arrivals.for_threads.complaint()
        if not self._shed_and_finish(conn, self._whole_request_in(conn), complaint):
            self._leave_to_a_thread(conn)

    def _leave_to_a_thread(self, conn: Any) -> None:
        self.service.arrivals.queue_for_thread()
        super().take_up(conn)

    def on_client_socket_readable(self, conn: Any, client: socket.socket) -> None:
        """Take up what a kept client sent, or shed it without leaving the poller.

        Under overload, to unregister and register the client again would cost as much
        as the refusal.
        """
        arrivals = self.service.arrivals
        if arrivals.for_loop.complaint() or arrivals.for_threads.complaint():
            look = self._look(conn)
            # What was not seen may be a probe, which is taken up below.
            complaint = look.complaint if look.request else None
            outcome = self._shed_if(conn, look.request, complaint)
            if outcome is Outcome.REFUSED_STAYS and self.alive:
                # gunicorn keeps its clients in the order of their timeouts, which this
                # breaks: some of those behind it stay a little longer.
                conn.set_timeout()
                return
            if outcome is not Outcome.LET_IN:
                self.poller.unregister(client)
                self.keepalived_conns.remove(conn)
                self._finish(conn, stays=False)
                return
        super().on_client_socket_readable(conn, client)

    def _look(self, conn: Any) -> Look:
        arrivals = self.service.arrivals
        request = self._whole_request_in(conn)
        if request is None:
            return Look(None, None, arrivals.for_threads.complaint())
        plain = plain_request(conn.sock, request, self.service)
        backlog = arrivals.for_threads if plain is None else arrivals.for_loop
        return Look(request, plain, backlog.complaint())

    def _whole_request_in(self, conn: Any) -> WholeRequest | None:
        return None if _has_read_ahead(conn) else whole_request(conn.sock)

    def _answer_for_a_while(self, seconds: float) -> None:
        """Answer one turn of what waits, and more turns until ``seconds`` are spent.

        Under overload, looking takes most of the time; answers get as much.
        """
        ends = time.thread_time() + seconds
        while self._for_the_loop:
            self._answer_turn()
            if time.thread_time() > ends:
                return

    def _answer_turn(self) -> None:
        """Answer those that came first, in this thread and from one pass."""
        turn = [
            self._for_the_loop.popleft()
            for _ in range(min(_TURN, len(self._for_the_loop)))
        ]
        for _, queued in turn:
            self.service.arrivals.for_loop.take()
            self._texts_for_the_loop -= queued.prepared.job.texts
        answers = answer_together(
            self.service,
            [queued for _, queued in turn],
            keeps_clients=self._keeps_clients(),
        )
        for (conn, queued), answer in zip(turn, answers, strict=True):
            if answer is None:
                self._pass_on(conn)
            else:
                self._hand_over(conn, queued.plain.size, answer)

    def _keeps_clients(self) -> bool:
        has_room = len(self.keepalived_conns) < self.max_keepalived
        return self.alive and has_room and self.cfg.keepalive > 0

    def _hand_over(self, conn: Any, size: int, answer: LoopAnswer) -> None:
        """Send the answer to the request of ``size`` bytes in ``conn``'s socket."""
        self.nr += 1
        try:
            whole = exchange(conn.sock, size, answer.content)
        except OSError:
            whole = False
        self._finish(conn, stays=whole and answer.stays)

    def _too_late(self, state: TcpState) -> str | None:
        """Return a complaint if the client has given up, or has waited too long.

        After a burst that overflows the backlog, the kernel keeps delivering
        connections whose clients have given up; answering them would be wasted work.
        """
        service = self.service
        most = service.settings.max_wait_seconds
        if state.has_hung_up:
            return "you have hung up, and others wait; try again shortly"
        # Where few wait, the worker was paused for a moment, and soon has them all.
        if state.waited > most and service.arrivals.many_wait:
            return (
                f"this request waited {state.waited:.1f} s before it was read, the "
                f"limit is {most:g} s; try again shortly"
            )
        return None

    def _shed_and_finish(
        self, conn: Any, request: WholeRequest | None, complaint: str | None
    ) -> bool:
        """Shed the request if there is a complaint; return whether that is done."""
        outcome = self._shed_if(conn, request, complaint)
        if outcome is Outcome.LET_IN:
            return False
        self._finish(conn, stays=outcome is Outcome.REFUSED_STAYS)
        return True

    def _shed_if(
        self, conn: Any, request: WholeRequest | None, complaint: str | None
    ) -> Outcome:
        """Answer 503 if there is a complaint; return what became of the client."""
        if complaint is None:
            return Outcome.LET_IN
        if request is None:
            unread = turn_away_unread(conn.sock, complaint)
            route = self.service.routes.get(unread.path, NO_ROUTE)
            self._count_shed(method_label(unread.method), route)
            return Outcome.REFUSED_GOES
        outcome = turn_away(conn.sock, request, complaint)
        if outcome is not Outcome.LET_IN:
            self._count_shed("POST", "/predict")
        return outcome

    def _count_shed(self, method: str, route: str) -> None:
        self.service.metrics.count_turned_away(route, method)
        self._shed_log.count(route)

    def _finish(self, conn: Any, *, stays: bool) -> None:
        if stays:
            conn.init()
        done: Future[bool] = Future()
        # After "keep-alive" the connection stays, even if the worker is stopping.
        done.set_result(stays)
        self.finish_request(conn, done)

    def handle(self, conn: Any) -> Any:
        """Answer the connection's next request; runs in a thread."""
        arrivals = self.service.arrivals
        arrivals.taken_by_thread()
        try:
            return super().handle(conn)
        finally:
            arrivals.reached_network()

    def handle_request(self, req: Any, conn: Any) -> Any:
        """Answer ``req``, whose time runs from its arrival, not from here."""
        sent = ",".join(value for name, value in req.headers if name == _REQUEST_START)
        req.headers = [one for one in req.headers if one[0] != _REQUEST_START]
        req.headers.append((_REQUEST_START, when_it_came(sent, conn.came)))
        return super().handle_request(req, conn)

    def handle_error(
        self,
        req: Any,  # noqa: ARG002  as gunicorn calls it
        client: socket.socket,
        addr: Any,  # noqa: ARG002
        exc: Exception,
    ) -> None:
        """Refuse a malformed request in the service's format, and log nothing of it."""
        refuse_malformed(client, exc, self.service.metrics.count_malformed)


def _has_read_ahead(conn: Any) -> bool:
    """Return whether a part of the next request is not in the socket any more."""
    return bool(conn.initialized and conn.parser.unreader.buf.getvalue())
