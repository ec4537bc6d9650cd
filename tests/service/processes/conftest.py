"""A worker with moods, and a client of the worker's without the worker."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from odd_service import odd_service
from running import Client


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Two ends of a connection: the worker's, and its client's."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.settimeout(5)
        yield ours, theirs


@pytest.fixture(scope="module")
def odd(
    models: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Client, Path]]:
    """One worker over that model, and its log."""
    folder = tmp_path_factory.mktemp("odd")
    settings = {
        "SENTIMENT_WORKERS": "1",
        # Short enough to wait for, long enough for a good request on a busy machine.
        "SENTIMENT_DEADLINE_SECONDS": "8",
        "SENTIMENT_MAX_TEXTS": "4",
        "SENTIMENT_MAX_WAITING_TEXTS": "4",
    }
    with odd_service(models, folder, **settings) as served:
        yield served
