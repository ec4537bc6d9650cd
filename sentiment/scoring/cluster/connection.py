"""Join a Ray cluster, or start one on this machine for as long as it is needed."""

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import ray

from sentiment.errors import SentimentError

# Only positions of rows, the model and the counts of results go through it.
_STORE_BYTES = 200_000_000


@contextmanager
def connected(address: str | None, workers: int | None) -> Iterator[str]:
    """Connect to the cluster at ``address``; yield a description of it.

    Without an address, and without ``RAY_ADDRESS`` in the environment, a cluster of
    this machine alone is started, with room for ``workers`` (None: one for each core),
    and stopped at the end. A connection that the caller has already is used, and stays.

    Raises:
        SentimentError: No cluster answers, or none can be started.
    """
    if ray.is_initialized():
        yield _described()
        return
    address = address or os.environ.get("RAY_ADDRESS")
    try:
        with _quietly():
            _join(address) if address else _start(workers)
        yield _described()
    finally:
        ray.shutdown()


def _join(address: str) -> None:
    try:
        ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
    except (ConnectionError, ValueError, RuntimeError) as error:
        raise SentimentError(
            f"no Ray cluster answers at {address!r}: {error}. A possible solution is "
            "`ray status` there, or no address, which starts Ray on this machine"
        ) from error


def _start(workers: int | None) -> None:
    try:
        ray.init(
            address="local",
            num_cpus=workers,
            include_dashboard=False,  # no page that listens on a port
            object_store_memory=_STORE_BYTES,
            log_to_driver=False,
            logging_level=logging.ERROR,
        )
    except Exception as error:
        # Ray has no class of its own for it: its processes had half a minute to start.
        raise SentimentError(
            f"Ray does not start on this machine: {error} A possible solution is "
            "to try again when the machine is less busy, or --engine local"
        ) from error


@contextmanager
def _quietly() -> Iterator[None]:
    """Keep Ray's own messages off stderr from here on; errors are raised.

    Its C++ part writes there past Python's logging: an error for each actor that Ray
    Data makes restartable, which is how Ray Data makes all. An environment variable
    turns that off, but Ray then writes that it is set.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is sent anywhere
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
    sys.stderr.flush()
    before = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(before, 2)
        os.close(before)
        os.close(nowhere)


def _described() -> str:
    nodes = sum(node["Alive"] for node in ray.nodes())
    return f"a Ray cluster of {nodes} node{'s' * (nodes != 1)}, {cpus()} CPUs"


def cpus() -> int:
    """Return how many CPUs the cluster has, at least 1."""
    return max(1, int(ray.cluster_resources().get("CPU", 0)))
