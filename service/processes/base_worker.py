"""gunicorn's threaded worker, extended to share its clients, drain and stop cleanly."""

import logging
import os
import selectors
import signal
import sys
import time
from concurrent.futures import Future
from functools import partial
from threading import Timer
from types import FrameType
from typing import TYPE_CHECKING, Any, BinaryIO

from gunicorn.arbiter import Arbiter
from gunicorn.workers.gthread import ThreadWorker

from sentiment.errors import SentimentError
from service.processes import listening, run_folder, stop_signals
from service.processes.departing import DepartingClients
from service.processes.sharing import Share

if TYPE_CHECKING:
    from flask import Flask

    # Not in the master, which imports this: metrics are made once it has lent a folder.
    from service.state import Service

# A client that connects and sends nothing is disconnected after this.
_FIRST_BYTE_SECONDS = 10.0

# A worker that cannot start waits this long before the next takes its place.
_BAD_START_SECONDS = 5.0

# Clients that are accepted at each step of the loop: under overload a step takes long,
# and a client that is not accepted cannot be answered 503.
_ACCEPTS = 128

# How long before the master would kill it a worker logs what is cut off, and exits.
_LAST_WORD_SECONDS = 2.0

# After Ctrl-C, answers that are nearly done may still be sent within this time.
_QUIT_SECONDS = 1.0

log = logging.getLogger(__name__)


class BaseWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn ships no types
    """Goes on serving for a while after SIGTERM, with /readyz at 503.

    gunicorn closes its listening sockets at once: a proxy that has not noticed yet
    would send requests into nothing.
    """

    # What the worker holds, from when it has loaded it.
    service: "Service"
    _drain_ends: float | None = None
    _gives_up: float | None = None

    def __init__(self, age: int, *arguments: Any, **options: Any) -> None:
        super().__init__(age, *arguments, **options)
        self.share = Share(age)
        self._mark: BinaryIO | None = None

    def init_process(self) -> None:
        """Serve, in a process of its own from here on."""
        self._departing = DepartingClients()
        super().init_process()

    def init_signals(self) -> None:
        """Handle signals from here on, and those held back since before the fork."""
        super().init_signals()
        stop_signals.let_through()

    def load_wsgi(self) -> None:
        """Make the application; a worker without a model exits with a clear message.

        After any other failure gunicorn would stop the workers that serve, too.
        """
        logging.captureWarnings(capture=True)
        try:
            # Before the model is loaded: the master may die meanwhile.
            self._mark = run_folder.hold()
            super().load_wsgi()
            self.service = _held_by(self.wsgi)
        except SentimentError as error:
            log.error("%s", error)
        except Exception:
            log.exception("this worker could not begin")
        else:
            return
        sys.exit(self._end_of_a_bad_start())

    def _end_of_a_bad_start(self) -> int:
        if self.age == 1:
            # Nothing was ever served: gunicorn stops, where its user sees why. Only the
            # first worker asks for that; a second would make gunicorn stumble.
            return int(Arbiter.APP_LOAD_ERROR)
        # Others may be serving. This one is restarted, but not in a tight loop.
        time.sleep(_BAD_START_SECONDS)
        return 1

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to drain (SIGTERM); stop when the time set for it is over."""
        if self._gives_up is None:
            left = self.cfg.graceful_timeout - _LAST_WORD_SECONDS
            self._gives_up = time.monotonic() + left
        if not self.booted:
            self.handle_quit(sig, frame)
            return
        drain_seconds = self.service.settings.drain_seconds
        if drain_seconds == 0:
            super().handle_exit(sig, frame)
        elif self._drain_ends is None:
            self.service.draining.set()
            self._drain_ends = time.monotonic() + drain_seconds

    def handle_quit(self, sig: int, frame: FrameType | None) -> None:
        """Stop at once (SIGINT, SIGQUIT).

        A worker that still loads its model has no clients, and exits here: SystemExit
        would be raised in whatever it does at the moment, such as a finalizer, which
        prints it and goes on.

        At exit Python waits for every thread, also for one that reads from a client
        that sends nothing: the timer ends that.
        """
        if not self.booted:
            os._exit(0)
        clock = Timer(_QUIT_SECONDS, os._exit, args=(0,))
        clock.daemon = True
        clock.start()
        super().handle_quit(sig, frame)

    def run(self) -> None:
        """Serve until the end; a worker whose master was killed cleans up for it."""
        self.poller.register(self._departing, selectors.EVENT_READ, _look_at)
        try:
            super().run()
        finally:
            self._departing.wait()
        if self._mark and self.ppid != os.getppid():
            run_folder.leave(self._mark)

    def is_parent_alive(self) -> bool:
        """Return whether the master lives; without it the worker stops."""
        if not super().is_parent_alive():
            self.alive = False
        return self.alive

    def set_accept_enabled(self, enabled: bool) -> None:
        """Listen or pause, as gunicorn does; at the end accept all that have connected.

        gunicorn would leave them unaccepted, and reset them once the last answer is
        sent. After this, new clients are refused at once.
        """
        super().set_accept_enabled(enabled)
        if not enabled and not self.alive:
            self.share.leave()
            for listener in self.sockets:
                accept_all = partial(self._accept_all, listener)
                listening.leave(listener.sock, accept_all, master=self.ppid)

    def accept(self, listener: Any) -> None:
        """Accept clients that have connected, unless a worker with fewer will.

        Several at once, since a step of the loop may take as long as many answers.
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

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        """Take one step of the loop; end the drain or the worker when it is time."""
        self.share.show(self.nr_conns)
        super().wait_for_and_dispatch_events(timeout)
        self._departing.close_late()
        now = time.monotonic()
        if self._drain_ends is not None and now >= self._drain_ends:
            self.alive = False
        if self._gives_up is not None and now >= self._gives_up and self.nr_conns > 0:
            self._give_up()

    def _give_up(self) -> None:
        """Log what a stop cuts off, and exit; the master would kill it silently."""
        service = self.service
        fields = {
            "clients": self.nr_conns,
            "files": service.file_admission.admitted,
            "texts": service.text_admission.admitted,
        }
        log.error(
            "cut off: not answered within the %d s that a stop may take",
            self.cfg.graceful_timeout,
            extra={"fields": fields},
        )
        self.handle_quit(signal.SIGQUIT, None)

    def enqueue_req(self, conn: Any) -> None:
        """Take up what a client sent; one that sent nothing waits without a thread."""
        if conn.initialized or conn.data_ready:
            self.take_up(conn)
        else:
            self._wait_for_first_byte(conn)

    def take_up(self, conn: Any) -> None:
        """Let a thread read what a client sent, and answer it."""
        super().enqueue_req(conn)

    def _wait_for_first_byte(self, conn: Any) -> None:
        if not self.alive:
            # It may have connected while the listening socket dropped all segments.
            listening.set_minimum_ttl(conn.sock)
        conn.timeout = time.monotonic() + _FIRST_BYTE_SECONDS
        self.pending_conns.append(conn)
        ready = partial(self.on_pending_socket_readable, conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, ready)

    def finish_request(self, conn: Any, fs: Future[Any]) -> None:
        """Keep a client's connection, or close it once the client has.

        gunicorn would wait for that here, up to two seconds.
        """
        if fs.cancelled() or fs.exception() is not None or fs.result():
            super().finish_request(conn, fs)
            return
        self.nr_conns -= 1
        self._departing.take(conn.sock)

    def _cap_keepalive(self, deadline: float) -> None:
        """Disconnect silent clients by ``deadline``, for the worker is stopping."""
        super()._cap_keepalive(deadline)
        for conn in self.pending_conns:
            conn.timeout = min(conn.timeout, deadline)


def _look_at(departing: DepartingClients) -> None:
    departing.look()


def _held_by(application: "Flask") -> "Service":
    # Imported late, for the same reason; by now the application has imported it.
    from service.state import EXTENSION

    held: Service = application.extensions[EXTENSION]
    return held
