"""Log lines: each one JSON object, whatever a client sends, and without its texts."""

import json
import logging
import threading
import time
import traceback
from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime
from io import FileIO, RawIOBase
from typing import Any

# How long the line of a request waits for others, to be written with them.
_MOMENT_SECONDS = 0.02

# The most lines that are kept if the log is read too slowly; then requests wait.
_MOST_LINES = 10_000

# Up to this size, one write into a pipe that other processes write to, too, stays in
# one piece (POSIX's PIPE_BUF, on Linux).
_WHOLE_BYTES = 4096

_STANDARD_ERROR = 2

_BEGINNING = threading.Lock()

# Made once: with these options json.dumps would make an encoder for each line.
_encode = json.JSONEncoder(default=str).encode


class JsonFormatter(logging.Formatter):
    """Formats a record as one line of JSON; ``extra={"fields": {...}}`` joins it."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line, in ASCII, so that no character breaks it."""
        created = datetime.fromtimestamp(record.created, UTC)
        line: dict[str, Any] = {
            "time": created.isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "process": record.process,
        }
        message = record.getMessage()
        if message:
            line["message"] = message
        line |= getattr(record, "fields", {})
        if record.exc_info and record.exc_info[0] is not None:
            line["error"] = record.exc_info[0].__name__
            # Without the error's own words: they may quote a text.
            line["frames"] = "".join(traceback.format_tb(record.exc_info[2]))
        return _encode(line)


class BatchedLines(logging.Handler):
    """Writes lines some hundredths of a second later, many at once.

    A write releases the GIL to another thread, which wants to write, too: under load
    requests waited for each other. Warnings and errors are written immediately, after
    all earlier lines. A process that is killed loses the last moment's lines.

    ``stream``, else standard error, is unbuffered: what other threads write to the same
    file comes between two pieces, never into one.
    """

    def __init__(self, stream: RawIOBase | None = None) -> None:
        super().__init__()
        self._stream = stream or FileIO(_STANDARD_ERROR, "w", closefd=False)
        self._lines: deque[bytes] = deque()
        self._woken = threading.Event()
        self._writer: threading.Thread | None = None

    def handle(self, record: logging.LogRecord) -> bool:
        """Keep the record's line, without waiting for the lock held during a write."""
        kept = bool(self.filter(record))
        if kept:
            self.emit(record)
        return kept

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the record's line until it is written."""
        self._lines.append(self.format(record).encode() + b"\n")
        if record.levelno >= logging.WARNING or len(self._lines) > _MOST_LINES:
            self.flush()
        elif not self._woken.is_set():
            self._begin()
            self._woken.set()

    def flush(self) -> None:
        """Write all lines that have come."""
        self.acquire()
        try:
            for piece in _pieces(self._lines):
                self._write_whole(piece)
        except (OSError, ValueError):
            # The log's reader has gone: the service goes on.
            self._lines.clear()
        finally:
            self.release()

    def _write_whole(self, piece: bytes) -> None:
        while piece:
            written = self._stream.write(piece)
            if written is None:
                # A full pipe that another process has made non-blocking.
                time.sleep(_MOMENT_SECONDS)
            piece = piece[written or 0 :]

    def _begin(self) -> None:
        # With the first line, not at configuration: threads do not survive a fork.
        if self._writer is None:
            with _BEGINNING:
                if self._writer is None:
                    self._writer = threading.Thread(target=self._write, daemon=True)
                    self._writer.start()

    def _write(self) -> None:
        while True:
            self._woken.wait()
            time.sleep(_MOMENT_SECONDS)
            self._woken.clear()
            self.flush()


def _pieces(lines: deque[bytes]) -> Iterator[bytes]:
    """Take lines out and yield them joined, each piece small enough to stay whole."""
    piece = b""
    while lines:
        line = lines.popleft()
        if piece and len(piece) + len(line) > _WHOLE_BYTES:
            yield piece
            piece = b""
        piece += line
    if piece:
        yield piece


def log_config() -> dict[str, Any]:
    """Return the configuration of every logger of the process, for ``dictConfig``."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": "service.observability.log_lines.JsonFormatter"}},
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "formatter": "json",
                "stream": "ext://sys.stderr",
            },
            "requests": {
                "class": "service.observability.log_lines.BatchedLines",
                "formatter": "json",
            },
        },
        "root": {"level": "INFO", "handlers": ["stderr"]},
        "loggers": {
            # gunicorn's own, which would write a plain line.
            "gunicorn.error": {"level": "INFO", "handlers": [], "propagate": True},
            "service.requests": {"handlers": ["requests"], "propagate": False},
        },
    }
