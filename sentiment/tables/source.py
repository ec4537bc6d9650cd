"""Opens a file or a stream of bytes: unpacks gzip, looks ahead, begins again."""

import gzip
import io
import os
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

from sentiment.errors import DataError

# Enough rows to tell the delimiter; little enough to read from any pipe.
SAMPLE_BYTES = 1 << 18

_GZIP = b"\x1f\x8b"
_BUFFER = 1 << 18


class Source:
    """The bytes of one table, unpacked, with a look at their beginning.

    A source that can be read twice (``rewindable``) is a real file, or was spooled to
    one; a pipe is read once, as it comes.
    """

    def __init__(self, path_or_stream: str | Path | BinaryIO, name: str = "") -> None:
        if isinstance(path_or_stream, str | Path):
            self.name = name or str(path_or_stream)
            self._raw: IO[bytes] = _open(Path(path_or_stream))
            self._owned = True
        else:
            self.name = name or "standard input"
            self._raw = path_or_stream
            self._owned = False
        self.rewindable = self._raw.seekable()
        self._start = self._raw.tell() if self.rewindable else 0
        self.begin()

    def begin(self) -> None:
        """Unpack the bytes from where they start and look at the first of them."""
        magic, packed = _look(self._raw, len(_GZIP))
        self.compressed = magic == _GZIP
        with self.readable():
            stream = gzip.GzipFile(fileobj=packed) if self.compressed else packed
            self.sample, self.stream = _look(cast(BinaryIO, stream), SAMPLE_BYTES)

    def rewind(self) -> None:
        """Go back to the first byte."""
        self._raw.seek(self._start)
        self.begin()

    def spool(self) -> None:
        """Copy a pipe into a nameless file on disk, so that it can be read again."""
        if self.rewindable and not self.compressed:
            return
        # On disk at once: a table of any size must not lie in memory.
        file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by close()
        with self.readable():
            while chunk := self.stream.read(_BUFFER):
                file.write(chunk)
        self.close()
        self._raw, self._owned, self._start, self.rewindable = file, True, 0, True
        self.rewind()

    @property
    def seekable_file(self) -> IO[bytes]:
        """The uncompressed bytes as a file to jump in; only after :meth:`spool`."""
        self._raw.seek(self._start)
        return self._raw

    @property
    def size(self) -> int | None:
        """The bytes there are to read, packed as they lie; None of a pipe."""
        if not self.rewindable:
            return None
        here = self._raw.tell()
        end = self._raw.seek(0, os.SEEK_END)
        self._raw.seek(here)
        return end - self._start

    def position(self) -> int:
        """Return how many of :attr:`size` bytes were read; 0 of a pipe."""
        return self._raw.tell() - self._start if self.rewindable else 0

    @contextmanager
    def readable(self) -> Iterator[None]:
        """Turn what a damaged archive raises into a DataError that names it."""
        try:
            yield
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise DataError(
                f"{self.name} is damaged gzip ({error}): fetch or pack it again"
            ) from error

    def close(self) -> None:
        """Close what was opened here; a stream that was given stays open."""
        if self._owned:
            self._raw.close()


class _Replayed(io.RawIOBase):
    """A stream whose first bytes were already read, and are given once more."""

    def __init__(self, head: bytes, rest: IO[bytes]) -> None:
        self._head = memoryview(head)
        self._rest = rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._head:
            chunk = self._rest.read(len(buffer))
        else:
            chunk = bytes(self._head[: len(buffer)])
            self._head = self._head[len(chunk) :]
        buffer[: len(chunk)] = chunk
        return len(chunk)


def _look(stream: IO[bytes], size: int) -> tuple[bytes, BinaryIO]:
    """Return up to ``size`` first bytes, and a stream that still begins with them."""
    head = b""
    while len(head) < size and (chunk := stream.read(size - len(head))):
        head += chunk
    return head, io.BufferedReader(_Replayed(head, stream), _BUFFER)


def _open(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}") from error
