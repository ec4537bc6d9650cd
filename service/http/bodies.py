"""Read a request's body within limits of size and time, and whole or not at all."""

import socket
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from threading import Lock, Thread
from typing import IO, Any, BinaryIO

from flask import Request, abort
from gunicorn.http.errors import ParseException
from werkzeug.exceptions import ClientDisconnected

from service.http.deadlines import Deadline
from service.http.problems import (
    BrokenBodyError,
    NoRoomError,
    SlowBodyError,
    TooLargeError,
    WrongTypeError,
)

_PIECE = 64 * 1024
_CSV, _FORM = "text/csv", "application/x-www-form-urlencoded"

# Most clients send their whole body before they read: a refused one is read to its end,
# or the answer would be lost in a reset. Within these bounds.
_DRAIN_BYTES = 256 * 1024 * 1024
_DRAIN_SECONDS = 5.0

_LOOK_SECONDS = 0.2


class BodyWatch:
    """Ends reads of what a client does not send in time, so that no thread hangs.

    A thread that reads from a blocking socket cannot check the time, and the socket's
    timeout starts again with each byte; so another thread checks.
    """

    def __init__(self) -> None:
        self._reads: dict[int, tuple[float, socket.socket]] = {}
        self._lock = Lock()
        self._thread: Thread | None = None

    @contextmanager
    def until(self, ends: float, environ: Mapping[str, Any]) -> Iterator[None]:
        """End the block's reads at ``ends`` on the monotonic clock, as if at the end.

        Under a server that does not expose its socket nothing is watched.
        """
        client: socket.socket | None = environ.get("gunicorn.socket")
        if client is None:
            yield
            return
        self._begin()
        number = client.fileno()
        self._reads[number] = (ends, client)
        try:
            yield
        finally:
            # The lock waits for a check under way: after it the socket is left alone.
            with self._lock:
                self._reads.pop(number, None)

    def _begin(self) -> None:
        if self._thread is None:
            with self._lock:
                if self._thread is None:
                    self._thread = Thread(target=self._look, daemon=True)
                    self._thread.start()

    def _look(self) -> None:
        while True:
            time.sleep(_LOOK_SECONDS)
            now = time.monotonic()
            with self._lock:
                for ends, client in list(self._reads.values()):
                    if now > ends:
                        _stop_reading(client)


def _stop_reading(client: socket.socket) -> None:
    try:
        client.shutdown(socket.SHUT_RD)
    except OSError:
        # The client has gone by itself.
        return


def require_type(request: Request, types: frozenset[str]) -> None:
    """Raise WrongTypeError unless the body is one of ``types``, and not compressed.

    An unknown transfer coding is answered 501.
    """
    if request.mimetype not in types:
        raise WrongTypeError(
            f"the Content-Type must be {' or '.join(sorted(types))}, "
            f"not {request.mimetype[:80]!r}{_curls_way(request, types)}"
        )
    coding = request.headers.get("Content-Encoding", "identity")
    if coding.lower() != "identity":
        raise WrongTypeError(
            f"the Content-Encoding {coding[:80]!r} is not read: send it uncompressed"
        )
    # gunicorn undoes chunks and leaves other codings to the application.
    if request.headers.get("Transfer-Encoding", "chunked").lower() != "chunked":
        abort(HTTPStatus.NOT_IMPLEMENTED)


def _curls_way(request: Request, types: frozenset[str]) -> str:
    """Say how curl sends a body as it is: ``-d @file`` says it is a form's.

    For a CSV, that also takes the line breaks out, so a right type alone is no cure.
    """
    if request.mimetype != _FORM or _CSV not in types:
        return ""
    return f" (with curl: -H 'Content-Type: {_CSV}' --data-binary @FILE, not -d)"


def read_body(
    request: Request, limit: int, deadline: Deadline, watch: BodyWatch
) -> bytes:
    """Return the whole body.

    Raises:
        TooLargeError: It is larger than ``limit`` bytes.
        SlowBodyError: It is not here by the deadline.
        BrokenBodyError: It ends early.
    """
    return b"".join(_pieces(request, limit, deadline, watch))


def spool_body(
    request: Request, limit: int, deadline: Deadline, watch: BodyWatch
) -> BinaryIO:
    """Return the whole body as a file on the disk that vanishes when it is closed.

    Raises:
        NoRoomError: The disk is full. Else as :func:`read_body`.
    """
    return spool_to_disk(_pieces(request, limit, deadline, watch))


def spool_to_disk(pieces: Iterable[bytes]) -> BinaryIO:
    """Return ``pieces`` as a file on the disk that vanishes when it is closed.

    Raises:
        NoRoomError: The disk is full.
    """
    spool = _spool()
    try:
        for piece in pieces:
            _write(spool, piece)
        spool.seek(0)
    except BaseException:
        spool.close()
        raise
    return spool


def _spool() -> BinaryIO:
    try:
        return tempfile.TemporaryFile(prefix="sentiment-")
    except OSError as error:
        raise _no_room() from error


def _write(spool: BinaryIO, piece: bytes) -> None:
    try:
        spool.write(piece)
        # Flushed here, where a full disk can be reported, and not when it is closed.
        spool.flush()
    except OSError as error:
        raise _no_room() from error


def _no_room() -> NoRoomError:
    return NoRoomError("there is no room for this file now; try again later")


def _pieces(
    request: Request, limit: int, deadline: Deadline, watch: BodyWatch
) -> Iterator[bytes]:
    announced = request.content_length
    if announced is not None and announced > limit:
        raise _too_large(limit)
    read = 0
    with watch.until(deadline.ends, request.environ):
        while piece := _read(request, deadline):
            read += len(piece)
            if read > limit:
                raise _too_large(limit)
            yield piece
            if read == announced:
                return
    if announced is not None and read < announced:
        raise _broken(deadline, f"it ended after {read:,} of {announced:,} bytes")


def _read(request: Request, deadline: Deadline) -> bytes:
    try:
        with deadline.count_wait():
            return request.stream.read(_PIECE)
    except (OSError, ParseException, ClientDisconnected) as error:
        raise _broken(deadline, "it is malformed, or ended early") from error


def _too_large(limit: int) -> TooLargeError:
    return TooLargeError(
        f"the body is larger than the limit of {limit:,} bytes: send it in parts"
    )


def _broken(deadline: Deadline, reason: str) -> BrokenBodyError | SlowBodyError:
    if time.monotonic() > deadline.ends:
        return SlowBodyError("the body did not arrive in time; send it faster")
    return BrokenBodyError(f"the body could not be read whole: {reason}")


def drain(body: IO[bytes], environ: Mapping[str, Any], watch: BodyWatch) -> None:
    """Read and discard what the client still sends, within bounds.

    To be called once the answer was sent: it may be the answer that ends a client's
    sending, or the rest of the body may never come.
    """
    left = _DRAIN_BYTES
    with watch.until(time.monotonic() + _DRAIN_SECONDS, environ):
        try:
            while left > 0 and (piece := body.read(_PIECE)):
                left -= len(piece)
        except (OSError, ParseException, ClientDisconnected):
            # The client has gone.
            return
