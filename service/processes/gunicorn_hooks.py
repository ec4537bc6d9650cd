"""gunicorn's hooks and settings: workers, timeouts, the shared folder, its log."""

import logging
import math
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from gunicorn.glogging import Logger

from sentiment.cpus import available_cpus
from sentiment.errors import ConfigError
from sentiment.forking import import_for_forks
from sentiment.wording import counted
from service import keys
from service.processes import addresses, listening, run_folder, stop_signals
from service.settings import PREFIX, Settings, unknown_names

# After its deadline an answer may take this long to reach its client.
_LAST_BYTES_SECONDS = 30

log = logging.getLogger(__name__)


class OneLineLogger(Logger):  # type: ignore[misc]  # gunicorn ships no types
    """gunicorn's logger without a line for each request: the service writes that."""

    def access(self, *_arguments: object) -> None:
        """Write nothing."""


def default_workers(settings: Settings, cpus: int) -> int:
    """Return the number of workers: what is set, else two where they have CPUs."""
    return settings.workers or max(1, min(2, cpus // settings.torch_threads))


def stop_seconds(settings: Settings) -> int:
    """Return how long a stop may take: requests may arrive until the drain ends."""
    answer = max(settings.deadline_seconds, settings.csv_deadline_seconds)
    return math.ceil(settings.drain_seconds + answer) + _LAST_BYTES_SECONDS


def check_processes(workers: int, torch_threads: int, cpus: int) -> None:
    """Refuse more computing threads than CPUs.

    Raises:
        ConfigError: There are more; each would slow the others down several times over.
    """
    if workers * torch_threads > cpus:
        wanted = counted(workers * torch_threads, "CPU")
        threads = counted(torch_threads, "torch thread")
        raise ConfigError(
            f"{counted(workers, 'worker')} with {threads} each would take {wanted}, "
            f"and {cpus} can be used here: set {PREFIX}WORKERS and "
            f"{PREFIX}TORCH_THREADS so that their product is at most {cpus}"
        )


def on_starting(server: Any) -> None:
    """Refuse what cannot work, before any worker is started (gunicorn's hook)."""
    settings = Settings.from_environment()
    with in_one_line():
        check_processes(server.cfg.workers, settings.torch_threads, available_cpus())
        if server.cfg.preload_app:
            raise ConfigError(
                "the model is loaded in each worker, not before they are made: torch "
                "hangs in a process that was forked from one that used it; "
                "start without --preload"
            )
        keys.hold(settings.api_keys_file)
        if not server.cfg.reuse_port:
            addresses.require_free(server.cfg.address)
    for hint in unknown_names(os.environ):
        log.warning("%s", hint)


@contextmanager
def in_one_line() -> Iterator[None]:
    """Say a ConfigError in one line and end, as every command of ours does."""
    try:
        yield
    except ConfigError as error:
        sys.stderr.write(f"sentiment: {error}\n")
        sys.exit(2)


def when_ready(server: Any) -> None:
    """Prepare what workers share, now that the service listens (gunicorn's hook)."""
    with in_one_line():
        run_folder.lend(Settings.from_environment().run_folder)
    if server.systemd or any(isinstance(one, int) for one in server.cfg.address):
        listening.hand_in()
    # gunicorn has no hook for the parent's side of a fork.
    os.register_at_fork(after_in_parent=stop_signals.let_through)
    import_for_forks()


def post_worker_init(worker: Any) -> None:
    """Tell a person at a terminal that the first worker answers (gunicorn's hook)."""
    is_ready = getattr(worker, "service", None) is not None
    if worker.age == 1 and is_ready and sys.stderr.isatty():
        # The address of the socket, as the port may have been 0.
        open_at = [one.getsockname() for one in worker.sockets]
        if line := addresses.ready_line(open_at):
            sys.stderr.write(f"{line}\n")


def pre_fork(_server: Any, _worker: Any) -> None:
    """Lose no signal to stop that comes before the worker can handle it."""
    stop_signals.hold_back()


def on_reload(_server: Any) -> None:
    """Read the API keys anew, for the workers that follow (gunicorn's hook)."""
    try:
        keys.hold(Settings.from_environment().api_keys_file)
    except ConfigError as error:
        log.error("%s. The keys from before stay in force", error)


def child_exit(_server: Any, worker: Any) -> None:
    """Forget a dead worker's gauges and clients (gunicorn's hook)."""
    worker.share.leave()
    from prometheus_client.multiprocess import mark_process_dead

    mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]


def on_exit(_server: Any) -> None:
    """Remove the shared folder (gunicorn's hook)."""
    run_folder.remove()
