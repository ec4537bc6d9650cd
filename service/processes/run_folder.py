"""The folder in which the workers share their metrics and what they serve.

The master makes it, each worker holds it, and the last of them removes it.
"""

import os
import shutil
import tempfile
from fcntl import LOCK_EX, LOCK_NB, LOCK_SH, flock
from pathlib import Path
from typing import BinaryIO

from sentiment.errors import ConfigError
from service.settings import PREFIX

# From the master to its workers: the folder that was made. The operator's setting names
# the one that it is made in.
_LENT = "_SENTIMENT_RUN"
# Workers share their metrics through files in it. prometheus-client reads this variable
# when it is imported; the master reads its name here, without that import.
METRICS_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
_METRICS = "metrics"
# In the folder: each worker keeps it open and locked for as long as it lives.
_IN_USE = "in-use"
_MEMORY_DISK = Path("/dev/shm")  # noqa: S108  names in it are made by mkdtemp, gunicorn


def in_memory() -> Path | None:
    """Return a folder in memory, if there is one: no full or busy disk affects it."""
    return _MEMORY_DISK if os.access(_MEMORY_DISK, os.W_OK) else None


def lend(within: Path | None) -> None:
    """Make the folder, and pass it to the workers through the environment.

    It is a new one within the one that is set, so that nothing but our own is removed
    at the end. Without a setting it is in memory: the metrics are mapped sparse files,
    and on a full disk a process that writes into a hole is killed (SIGBUS).

    Raises:
        ConfigError: No folder can be made there.
    """
    try:
        if within:
            within.mkdir(parents=True, exist_ok=True)
        run = Path(tempfile.mkdtemp(prefix="sentiment-run-", dir=within or in_memory()))
    except OSError as error:
        raise ConfigError(
            f"cannot create {error.filename}, where the workers share metrics and "
            f"notes ({error.strerror}): name another folder with {PREFIX}RUN_FOLDER"
        ) from error
    os.environ[_LENT] = str(run)
    os.environ[METRICS_FOLDER] = str(run / _METRICS)
    (run / _METRICS).mkdir()


def lent() -> Path | None:
    """Return the folder that was lent to this process; None without a master."""
    run = os.environ.get(_LENT)
    return Path(run) if run else None


def hold() -> BinaryIO | None:
    """Mark the folder as used by this process, until it ends.

    If it was removed meanwhile, it is made again.
    """
    run = lent()
    if run is None:
        return None
    run.mkdir(mode=0o700, parents=True, exist_ok=True)
    (run / _METRICS).mkdir(exist_ok=True)
    # Open for the worker's life.
    mark = (run / _IN_USE).open("ab")
    flock(mark, LOCK_SH)
    return mark


def leave(mark: BinaryIO) -> None:
    """Remove the folder in the place of a dead master, if no other process uses it.

    Of workers that leave at the same time the last one does: each releases its own
    shared lock before it tries for the exclusive one.
    """
    try:
        flock(mark, LOCK_EX | LOCK_NB)
    except BlockingIOError:
        return
    remove()


def remove() -> None:
    """Remove the folder."""
    if run := lent():
        shutil.rmtree(run, ignore_errors=True)
