"""Where a table's bytes come from: a file, a pipe, either of them gzipped."""

import gzip
import io
import shutil
import tempfile
from typing import Any, BinaryIO, cast

# Enough rows to tell the delimiter by.
SAMPLE_BYTES = 1 << 18
# Of a pipe less is taken before the first row comes out.
PIPE_SAMPLE_BYTES = 1 << 16

CHUNK = 1 << 20


def look_ahead(source: BinaryIO) -> tuple[bytes, BinaryIO]:
    """Return the first bytes, and a stream that begins with them again."""
    if source.seekable():
        start = source.tell()
        sample = source.read(SAMPLE_BYTES)
        source.seek(start)
        return sample, source
    sample = source.read(PIPE_SAMPLE_BYTES)
    return sample, io.BufferedReader(_Rejoined(sample, source))


def spooled(pipe: BinaryIO) -> BinaryIO:
    """Return a file without a name that holds what comes out of ``pipe``."""
    file: Any = tempfile.TemporaryFile()  # noqa: SIM115  # the reader closes it
    shutil.copyfileobj(pipe, file, CHUNK)
    file.seek(0)
    return cast(BinaryIO, file)


def unzipped(source: BinaryIO, gzipped: bool) -> BinaryIO:
    """Return what ``source`` holds, unpacked if it is ``gzipped``."""
    if not gzipped:
        return source
    content: Any = gzip.GzipFile(fileobj=source)
    return cast(BinaryIO, content)


class _Rejoined(io.RawIOBase):
    """What was read of a pipe already, then the rest of it."""

    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        self._head = memoryview(head)
        self._rest = rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._head:
            chunk = self._rest.read(len(buffer))
            buffer[: len(chunk)] = chunk
            return len(chunk)
        count = min(len(buffer), len(self._head))
        buffer[:count] = self._head[:count]
        self._head = self._head[count:]
        return count
