"""The service with two leaks, for the soak test to find once it asks for them.

One is of what threads answer, the other of what the worker's event loop does: each way
must be watched.
"""

import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from flask import Flask

from service.app import create_app
from service.door import worker
from service.door.loop_answers import LoopAnswer, QueuedRequest


class Leak:
    """Keeps ``LEAK_BYTES`` of each request while its file is in ``LEAKS``."""

    def __init__(self, name: str) -> None:
        self._size = int(os.environ["LEAK_BYTES"])
        self._file = Path(os.environ["LEAKS"], name)
        self._kept: list[bytes] = []

    def keep(self, requests: int = 1) -> None:
        """Keep as much as so many requests lose."""
        if self._file.exists():
            self._kept += [b"x" * self._size for _ in range(requests)]


def create() -> Flask:
    app = create_app()
    application, together = app.wsgi_app, worker.answer_together
    threads, loop = Leak("threads"), Leak("loop")

    def leaking(environ: Any, start_response: Callable[..., Any]) -> Iterable[bytes]:
        threads.keep()
        return application(environ, start_response)

    def leaking_together(
        service: Any, turn: Sequence[QueuedRequest], **options: bool
    ) -> list[LoopAnswer | None]:
        loop.keep(len(turn))
        return together(service, turn, **options)

    app.wsgi_app = leaking  # type: ignore[method-assign]
    worker.answer_together = leaking_together  # type: ignore[assignment]
    return app
