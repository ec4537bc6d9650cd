"""The service with a leak, for the soak test to find, as soon as that asks for it."""

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from flask import Flask

from service.app import create_app


class Leaking:
    """Passes requests on, and keeps ``LEAK_BYTES`` of each once ``LEAKS`` is there."""

    def __init__(self, application: Callable[..., Iterable[bytes]]) -> None:
        self._application = application
        self._size = int(os.environ["LEAK_BYTES"])
        self._leaks = Path(os.environ["LEAKS"])
        self._kept: list[bytes] = []

    def __call__(self, environ: Any, start_response: Any) -> Iterable[bytes]:
        if self._leaks.exists():
            self._kept.append(b"x" * self._size)
        return self._application(environ, start_response)


def create() -> Flask:
    app = create_app()
    app.wsgi_app = Leaking(app.wsgi_app)  # type: ignore[method-assign]
    return app
