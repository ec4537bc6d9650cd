"""What gunicorn's master does: check the numbers, lend the workers a folder."""

import logging
import math
import os
import shutil
import tempfile
from fcntl import LOCK_EX, LOCK_NB, LOCK_SH, flock
from pathlib import Path
from typing import Any, BinaryIO

from sentiment.errors import ConfigError
from service.settings import PREFIX, Settings, unknown_names

_CPU_QUOTA = Path("/sys/fs/cgroup/cpu.max")
_MEMORY_DISK = Path("/dev/shm")  # noqa: S108  for a heartbeat file, made by gunicorn
_RUN_FOLDER = PREFIX + "RUN_FOLDER"
_METRICS_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
# In the shared folder: each worker holds it open and locked for as long as it lives.
_IN_USE = "in-use"

log = logging.getLogger(__name__)


def available_cpus(quota_file: Path = _CPU_QUOTA) -> int:
    """Return how many CPUs this process may use, also within a container."""
    cpus = len(os.sched_getaffinity(0))
    try:
        quota, period = quota_file.read_text().split()
        return max(1, min(cpus, math.ceil(int(quota) / int(period))))
    except (OSError, ValueError):
        # No such limit, or none ("max").
        return cpus


def default_workers(settings: Settings, cpus: int) -> int:
    """Return the number of workers: what is set, else two where they have CPUs."""
    return settings.workers or max(1, min(2, cpus // settings.torch_threads))


def check_processes(workers: int, torch_threads: int, cpus: int) -> None:
    """Refuse more computing threads than CPUs.

    Raises:
        ConfigError: There are more; each would slow the others down several times over.
    """
    if workers * torch_threads > cpus:
        raise ConfigError(
            f"{workers} workers with {torch_threads} torch threads each want "
            f"{workers * torch_threads} CPUs, here are {cpus}: set {PREFIX}WORKERS and "
            f"{PREFIX}TORCH_THREADS so that their product is at most {cpus}"
        )


def worker_temporary_folder() -> str | None:
    """Return a folder in memory for heartbeats, which a busy disk must not delay."""
    return str(_MEMORY_DISK) if os.access(_MEMORY_DISK, os.W_OK) else None


def on_starting(server: Any) -> None:
    """Refuse what cannot work, before any worker is started (gunicorn's hook)."""
    settings = Settings.from_environment()
    try:
        check_processes(server.cfg.workers, settings.torch_threads, available_cpus())
        if server.cfg.preload_app:
            raise ConfigError(
                "the model is loaded in each worker, not before they are made: torch "
                "hangs in a process that was forked from one that used it; "
                "start without --preload"
            )
    except ConfigError as error:
        # What gunicorn prints as one line, and exits with 1.
        raise RuntimeError(str(error)) from error
    for hint in unknown_names(os.environ):
        log.warning("%s", hint)
    _lend_folders(settings)


def _lend_folders(settings: Settings) -> None:
    """Make the folders through which the workers share numbers.

    They lie in a new folder within the one that is set: what is removed at the end
    holds nothing but ours.
    """
    if settings.run_folder:
        settings.run_folder.mkdir(parents=True, exist_ok=True)
    run = Path(tempfile.mkdtemp(prefix="sentiment-run-", dir=settings.run_folder))
    os.environ[_RUN_FOLDER] = str(run)
    metrics = run / "metrics"
    metrics.mkdir()
    os.environ[_METRICS_FOLDER] = str(metrics)


def child_exit(_server: Any, worker: Any) -> None:
    """Forget a dead worker's gauges and clients (gunicorn's hook)."""
    worker.share.leave()
    from prometheus_client.multiprocess import mark_process_dead

    mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]


def hold_run_folder() -> BinaryIO | None:
    """Mark the shared folder as used by this process, until it ends."""
    run = os.environ.get(_RUN_FOLDER)
    if not run or _METRICS_FOLDER not in os.environ:
        # None was lent: what is named there is the operator's own.
        return None
    mark = Path(run, _IN_USE).open("ab")  # noqa: SIM115  open for the worker's life
    flock(mark, LOCK_SH)
    return mark


def leave_run_folder(mark: BinaryIO) -> None:
    """Remove the shared folder in the place of a dead master, if nobody else uses it.

    Of workers that leave at the same time the last one does: each lets go of its own
    lock before it tries for all.
    """
    try:
        flock(mark, LOCK_EX | LOCK_NB)
    except BlockingIOError:
        return
    on_exit(None)


def on_exit(_server: Any) -> None:
    """Remove the shared folder (gunicorn's hook)."""
    run = os.environ.get(_RUN_FOLDER)
    if run:
        shutil.rmtree(run, ignore_errors=True)
