"""What the workers build on inside gunicorn, of which it promises nothing.

After an upgrade that fails here, read gunicorn's new gthread.py beside our workers, and
then change the list, and the range in pyproject.toml.
"""

import inspect
import re
import socket
from collections.abc import Iterator
from typing import Any

import gunicorn
import pytest
from gunicorn import util
from gunicorn.arbiter import Arbiter
from gunicorn.config import Config
from gunicorn.http import errors, wsgi
from gunicorn.workers.gthread import TConn, ThreadWorker

from service.door.worker import DoorWorker
from service.processes.base_worker import BaseWorker

OURS = "service/processes/base_worker.py and service/door/worker.py build on it"

# Methods that are overridden or called, with what they take.
METHODS = {
    "__init__": "self, *args, **kwargs",
    "_cap_keepalive": "self, deadline",
    "accept": "self, listener",
    "enqueue_req": "self, conn",
    "finish_request": "self, conn, fs",
    "handle": "self, conn",
    "handle_error": "self, req, client, addr, exc",
    "handle_exit": "self, sig, frame",
    "handle_quit": "self, sig, frame",
    "handle_request": "self, req, conn",
    "init_process": "self",
    "init_signals": "self",
    "is_parent_alive": "self",
    "load_wsgi": "self",
    "on_client_socket_readable": "self, conn, client",
    "on_pending_socket_readable": "self, conn, client",
    "run": "self",
    "set_accept_enabled": "self, enabled",
    "wait_for_and_dispatch_events": "self, timeout",
}
# Which of them gunicorn calls where: what is overridden must be reached.
CALLS = {
    "accept": ["enqueue_req"],
    "enqueue_req": ["handle", "finish_request"],
    "handle": ["handle_request", "handle_error"],
    "init_process": ["init_signals", "load_wsgi", "run"],
    "init_signals": ["handle_exit", "handle_quit"],
    "on_client_socket_readable": ["enqueue_req"],
    "on_pending_socket_readable": ["enqueue_req"],
    "run": [
        "_cap_keepalive",
        "is_parent_alive",
        "set_accept_enabled",
        "wait_for_and_dispatch_events",
    ],
}
WORKER = [
    *("age", "alive", "booted", "cfg", "keepalived_conns", "nr_conns"),
    *("pending_conns", "pid", "poller", "ppid", "sockets"),
    "worker_connections",
]
CONNECTION = ["data_ready", "init", "initialized", "set_timeout", "timeout"]


def must(holds: object, what: str) -> None:
    assert holds, f"gunicorn {gunicorn.__version__}: no {what} any more; {OURS}"


@pytest.fixture
def worker() -> Iterator[Any]:
    made = ThreadWorker(1, 1, [], None, 60, Config(), None)
    yield made
    made.tmp.close()


@pytest.mark.parametrize("name", METHODS)
def test_a_method_is_there_and_takes_what_it_took(name):
    found = getattr(ThreadWorker, name, None)
    must(found, f"ThreadWorker.{name}")
    taken = ", ".join(map(str, inspect.signature(found).parameters.values()))
    must(taken == METHODS[name], f"ThreadWorker.{name}({METHODS[name]}) but ({taken})")


@pytest.mark.parametrize("name", CALLS)
def test_a_method_calls_what_is_overridden(name):
    source = inspect.getsource(getattr(ThreadWorker, name))
    if "super()" in source:
        # What it adds to runs in the class that it comes from.
        source += inspect.getsource(getattr(ThreadWorker.__base__, name))
    for called in CALLS[name]:
        must(re.search(rf"self\.{called}\b", source), f"call of {called} in {name}")


def test_the_list_has_each_method_that_our_workers_hand_on_to():
    source = inspect.getsource(BaseWorker) + inspect.getsource(DoorWorker)
    handed_on = set(re.findall(r"super\(\)\.(\w+)", source))
    assert handed_on - {"take_up"} - set(METHODS) == set()


def test_a_worker_holds_what_it_held(worker):
    for name in WORKER:
        must(hasattr(worker, name), f"ThreadWorker.{name}")
    for name in ("append", "remove"):
        must(hasattr(worker.pending_conns, name), f"ThreadWorker.pending_conns.{name}")
    must(worker.cfg.graceful_timeout, "Config.graceful_timeout")


def test_a_connection_holds_what_it_held(worker):
    ours, theirs = socket.socketpair()
    with ours, theirs:
        connection = TConn(worker.cfg, ours, ("127.0.0.1", 1), ("127.0.0.1", 2))
        for name in CONNECTION:
            must(hasattr(connection, name), f"TConn.{name}")
        must(connection.sock is ours, "TConn.sock")
        connection.init()
        unread = connection.parser.unreader.buf.getvalue()
        must(unread == b"", "TConn.parser.unreader.buf")


def test_the_rest_of_what_is_used_is_there():
    must(isinstance(Arbiter.APP_LOAD_ERROR, int), "Arbiter.APP_LOAD_ERROR")
    # Whatever happens in between would happen with the signals to stop held back.
    forks = inspect.getsource(Arbiter.spawn_worker)
    must(
        "self.cfg.pre_fork(self, worker)\n\n        pid = os.fork()" in forks,
        "pre_fork",
    )
    must(callable(util.write_nonblock), "util.write_nonblock")
    # What service/http/bodies.py watches.
    must('"gunicorn.socket"' in inspect.getsource(wsgi), "gunicorn.socket")
    for name in (
        "ExpectationFailed",
        "ForbiddenProxyRequest",
        "InvalidResponseHeader",
        "InvalidResponseHeaderName",
        "LimitRequestHeaders",
        "LimitRequestLine",
        "ParseException",
        "UnsupportedTransferCoding",
    ):
        must(issubclass(getattr(errors, name, int), Exception), f"errors.{name}")
