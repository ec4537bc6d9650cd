"""gunicorn's threaded worker, taught to drain, turn away, and answer short texts."""

import logging
import os
import selectors
import socket
import sys
import time
from collections import deque
from concurrent.futures import Future
from functools import partial
from threading import Timer
from types import FrameType
from typing import Any, BinaryIO

from gunicorn.arbiter import Arbiter
from gunicorn.glogging import Logger
from gunicorn.workers.gthread import ThreadWorker

from sentiment.errors import SentimentError
from service.processes import run_folder
from service.processes.at_hand import text_at_hand
from service.processes.no_http import refuse_no_http
from service.processes.peeking import NEW, Standing, Whole, standing_of, whole_request
from service.processes.sending import Gathered
from service.processes.sharing import Share
from service.processes.shedding import turn_away
from service.processes.turned_away import TurnedAway

# A client that connects and says nothing is let go of after this.
_FIRST_WORD_SECONDS = 10.0
_REQUEST_START = "X-REQUEST-START"

# A worker that cannot begin waits this long before it gives its place to the next.
_BAD_START_SECONDS = 5.0

# Short texts that the loop reads ahead at a time, and clients that it takes in at each
# look: under overload a look takes long, and who is not let in cannot be told so.
_TURN, _ACCEPTS = 16, 128

# After Ctrl-C, what is nearly done may still be answered; nobody waits longer for it.
_QUIT_SECONDS = 1.0

log = logging.getLogger(__name__)


class OneLineLogger(Logger):  # type: ignore[misc]  # gunicorn ships no types
    """gunicorn's logger without its line for each request: the service writes that."""

    def access(self, *_arguments: object) -> None:
        """Write nothing."""


class DrainingWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn ships no types
    """Goes on serving for a while after SIGTERM, with /readyz at 503.

    gunicorn closes its ears at once: a proxy that has not noticed yet would send
    requests into nothing.
    """

    _drain_ends: float | None = None

    def __init__(self, age: int, *arguments: Any, **options: Any) -> None:
        super().__init__(age, *arguments, **options)
        self.share = Share(age)
        self._turned_away = TurnedAway()
        # Clients whose short texts the loop will answer, and those texts.
        self._at_hand: deque[tuple[Any, Any]] = deque()
        self._mark: BinaryIO | None = None

    def load_wsgi(self) -> None:
        """Make the application; a worker without a model ends with a clear word.

        Of whatever else goes wrong gunicorn would stop the workers that serve, too.
        """
        logging.captureWarnings(capture=True)
        try:
            # Before the model is loaded: the master may die meanwhile.
            self._mark = run_folder.hold()
            super().load_wsgi()
        except SentimentError as error:
            log.error("%s", error)
        except Exception:
            log.exception("this worker could not begin")
        else:
            return
        sys.exit(self._end_of_a_bad_start())

    def _end_of_a_bad_start(self) -> int:
        if self.age == 1:
            # Nothing was ever served: gunicorn stops, and whoever started it sees it.
            # The first worker says so for all; a second would make gunicorn stumble.
            return int(Arbiter.APP_LOAD_ERROR)
        # Others may be serving. This one is started anew, but not in a tight loop.
        ends = time.monotonic() + _BAD_START_SECONDS
        while self.alive and time.monotonic() < ends:
            time.sleep(0.1)
        return 1

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to drain (SIGTERM); stop when the time set for it is over."""
        service = self._service()
        if not self.booted:
            # It still loads its model: nobody waits for an answer of it.
            self.handle_quit(sig, frame)
        elif service is None or service.settings.drain_seconds == 0:
            super().handle_exit(sig, frame)
        elif self._drain_ends is None:
            service.draining.set()
            self._drain_ends = time.monotonic() + service.settings.drain_seconds

    def handle_quit(self, sig: int, frame: FrameType | None) -> None:
        """Stop at once (SIGINT, SIGQUIT).

        Python waits at its end for every thread, also for one that waits for a client
        who sends nothing: the clock ends that.
        """
        clock = Timer(_QUIT_SECONDS, os._exit, args=(0,))
        clock.daemon = True
        clock.start()
        super().handle_quit(sig, frame)

    def run(self) -> None:
        """Serve until the end; a worker whose master was killed tidies up for it."""
        super().run()
        self._turned_away.tell(all_of_them=True)
        if self._mark and self.ppid != os.getppid():
            run_folder.leave(self._mark)

    def is_parent_alive(self) -> bool:
        """Tell whether the master lives; without it the worker stops."""
        if not super().is_parent_alive():
            self.alive = False
        return self.alive

    def set_accept_enabled(self, enabled: bool) -> None:
        """Listen or pause, as gunicorn does; at the end take in who has knocked.

        gunicorn would leave them before a door that nobody opens, and reset them when
        the last answer is out. After this, whoever comes is told at once.
        """
        if not enabled and not self.alive:
            for listener in self.sockets:
                self._accept_all(listener)
            self.share.leave()
        super().set_accept_enabled(enabled)
        if not enabled and not self.alive:
            for listener in self.sockets:
                listener.close()

    def accept(self, listener: Any) -> None:
        """Take in who has knocked, unless a worker with fewer clients will.

        Several at once: a step of the loop may hold many answers.
        """
        for _ in range(_ACCEPTS):
            if self.alive and self.share.waits():
                return
            before = self.nr_conns
            super().accept(listener)
            self.share.show(self.nr_conns)
            if not before < self.nr_conns < self.worker_connections:
                return

    def _accept_all(self, listener: Any) -> None:
        taken = -1
        while taken < self.nr_conns < self.worker_connections:
            taken = self.nr_conns
            self.accept(listener)

    def _service(self) -> Any:
        application = getattr(self, "wsgi", None)
        extensions = getattr(application, "extensions", {})
        return extensions.get("sentiment")

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        """Serve for a moment: the loop's one step, and here what has a clock."""
        self.share.show(self.nr_conns)
        began = time.thread_time()
        super().wait_for_and_dispatch_events(0 if self._at_hand else timeout)
        self._answer_at_hand(time.thread_time() - began)
        self._turned_away.tell()
        if self._drain_ends is not None and time.monotonic() >= self._drain_ends:
            self.alive = False

    def enqueue_req(self, conn: Any) -> None:
        """Let a thread take what a client sent, or turn it away where too many wait.

        A client that has sent nothing yet waits without a thread.
        """
        if not conn.initialized and not conn.data_ready:
            self._wait_for_first_word(conn)
            return
        service = self._service()
        request, text, complaint = self._look(conn)
        standing = NEW if request is None else standing_of(conn.sock)
        if service.arrivals.some_wait:
            complaint = complaint or self._too_late(standing)
        stays = self._refuse(conn, request, complaint)
        if stays is not None:
            self._finish(conn, stays=stays)
            return
        conn.came = time.time() - standing.lain
        ahead = None
        if text is not None:
            ahead = service.batcher.short(service.model.predictor, text)
        service.arrivals.queue(at_hand=ahead is not None)
        if ahead is None:
            super().enqueue_req(conn)
        else:
            self._at_hand.append((conn, ahead))

    def on_client_socket_readable(self, conn: Any, client: socket.socket) -> None:
        """Take up what a kept client sent, or turn it away where it stands.

        Under overload, to listen to it no more and then again would cost as much as
        the refusal.
        """
        arrivals = self._service().arrivals
        if arrivals.complaint(at_hand=True) or arrivals.complaint():
            request, _, complaint = self._look(conn)
            stays = self._refuse(conn, request, complaint)
            if stays and self.alive:
                # Out of its place in gunicorn's line of who is silent longest: some of
                # those behind it stay a little longer.
                conn.set_timeout()
                return
            if stays is not None:
                self.poller.unregister(client)
                self.keepalived_conns.remove(conn)
                self._finish(conn, stays=False)
                return
        super().on_client_socket_readable(conn, client)

    def _look(self, conn: Any) -> tuple[Whole | None, str | None, str | None]:
        """Return what lies in ``conn``, its text if the loop may answer, a complaint.

        The complaint says why it should not be let in, if it should not.
        """
        request = self._lying_in(conn)
        if request is None:
            return None, None, None
        service = self._service()
        text = text_at_hand(conn.sock, request, service)
        return request, text, service.arrivals.complaint(at_hand=text is not None)

    def _lying_in(self, conn: Any) -> Whole | None:
        # What a thread has read of the next request already is not in the socket.
        if conn.initialized and conn.parser.unreader.buf.getvalue():
            return None
        return whole_request(conn.sock)

    def _answer_at_hand(self, seconds: float) -> None:
        """Answer a turn of what is at hand, and more until ``seconds`` are spent.

        Under overload looking takes most of the time; as much is for answers.
        """
        ends = time.thread_time() + seconds
        while self._at_hand:
            self._answer_turn()
            if time.thread_time() > ends:
                return

    def _answer_turn(self) -> None:
        """Answer those who came first, in this thread and out of one reading."""
        turn = [self._at_hand.popleft() for _ in range(min(_TURN, len(self._at_hand)))]
        with self._service().batcher.reading_ahead([ahead for _, ahead in turn]):
            answered = [(conn, self._answer(conn)) for conn, _ in turn]
        for conn, done in answered:
            self.finish_request(conn, done)

    def _answer(self, conn: Any) -> Future[Any]:
        """Answer the connection's next request in the loop, as a thread would."""
        self._service().arrivals.begin(at_hand=True)
        done: Future[Any] = Future()
        try:
            done.set_result(super().handle(conn))
        except Exception as error:  # noqa: BLE001  whoever finishes the request sees it
            done.set_exception(error)
        return done

    def finish_request(self, conn: Any, fs: Future[Any]) -> None:
        """Keep a client's connection, or let go of it: in a thread, for that waits.

        Whoever is let go of may take two seconds to close its side.
        """
        if fs.cancelled() or fs.exception() is not None or fs.result():
            super().finish_request(conn, fs)
            return
        self.nr_conns -= 1
        try:
            self.tpool.submit(conn.close, graceful=True)
        except RuntimeError:
            # The threads have been sent home.
            conn.close()

    def _too_late(self, standing: Standing) -> str | None:
        """Say so of a client who waits no more, most likely, or has waited too long.

        After a wave of more than the door can take, the system goes on to let in for
        seconds who had knocked and left: each would be computed for nobody.
        """
        service = self._service()
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

    def _wait_for_first_word(self, conn: Any) -> None:
        conn.timeout = time.monotonic() + _FIRST_WORD_SECONDS
        self.pending_conns.append(conn)
        ready = partial(self.on_pending_socket_readable, conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, ready)

    def _refuse(
        self, conn: Any, request: Whole | None, complaint: str | None
    ) -> bool | None:
        """Answer 503 if there is a complaint; say if the client stays, None if not."""
        if request is None or complaint is None:
            return None
        stays = turn_away(conn.sock, request, complaint)
        if stays is not None:
            self._service().metrics.count_turned_away()
            self._turned_away.count()
        return stays

    def _finish(self, conn: Any, *, stays: bool) -> None:
        conn.init()
        done: Future[bool] = Future()
        done.set_result(stays and self.alive)
        self.finish_request(conn, done)

    def handle(self, conn: Any) -> Any:
        """Answer the connection's next request; runs in a thread."""
        arrivals = self._service().arrivals
        arrivals.begin()
        try:
            return super().handle(conn)
        finally:
            arrivals.settle()

    def handle_request(self, req: Any, conn: Any) -> Any:
        """Answer ``req``, which came when it came, not when a thread took it."""
        if not any(name == _REQUEST_START for name, _ in req.headers):
            req.headers.append((_REQUEST_START, f"{conn.came:.6f}"))
        client, conn.sock = conn.sock, Gathered(conn.sock)
        try:
            return super().handle_request(req, conn)
        finally:
            conn.sock.flush()
            conn.sock = client

    def _cap_keepalive(self, deadline: float) -> None:
        """Let go of silent clients by ``deadline``, for the worker is stopping."""
        super()._cap_keepalive(deadline)
        for conn in self.pending_conns:
            conn.timeout = min(conn.timeout, deadline)

    def handle_error(
        self,
        req: Any,  # noqa: ARG002  as gunicorn calls it
        client: socket.socket,
        addr: Any,  # noqa: ARG002
        exc: Exception,
    ) -> None:
        """Refuse what is no HTTP in the service's form, and log nothing of it."""
        refuse_no_http(client, exc)
