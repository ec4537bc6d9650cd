"""Read a table's bytes from a file or a pipe, gzipped or not."""

import gzip
import io
import shutil
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO, cast

from sentiment.disk import OnBytesRead

# Enough rows to detect the delimiter.
SAMPLE_BYTES = 1 << 18
# Less of a pipe, so that its first row comes out sooner.
PIPE_SAMPLE_BYTES = 1 << 16

CHUNK = 1 << 20
_LINES_A_LOOK = 10_000

GZIP_MAGIC = b"\x1f\x8b"
# For zlib: the largest window, and a gzip header.
_GZIP = 31


def look_ahead(source: BinaryIO) -> tuple[bytes, BinaryIO]:
    """Return the first bytes, and a stream that begins with them again."""
    if source.seekable():
        start = source.tell()
        sample = source.read(SAMPLE_BYTES)
        source.seek(start)
        return sample, source
    sample = source.read(PIPE_SAMPLE_BYTES)
    return sample, io.BufferedReader(_RejoinedStream(sample, source))


def copied_to_file(pipe: BinaryIO) -> BinaryIO:
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


def unzipped_sample(sample: bytes) -> bytes:
    """Return what the first bytes of a gzipped file hold, ``SAMPLE_BYTES`` at most.

    Of all its members: the first may hold only the header, or nothing.

    Raises:
        zlib.error: It is not gzipped.
    """
    content = b""
    while sample and len(content) < SAMPLE_BYTES:
        member = zlib.decompressobj(_GZIP)
        content += member.decompress(sample, SAMPLE_BYTES - len(content))
        # Zeros may pad members; anything else between them is left to the reader.
        sample = member.unused_data.lstrip(b"\0")
        if not sample.startswith(GZIP_MAGIC):
            break
    return content


def watched(
    lines: Iterable[str], source: BinaryIO, on_bytes_read: OnBytesRead
) -> Iterator[str]:
    """Yield ``lines``, and report how far their ``source`` has been read."""
    for number, line in enumerate(lines):
        if number % _LINES_A_LOOK == 0:
            on_bytes_read(source.tell())
        yield line


class _RejoinedStream(io.RawIOBase):
    """The bytes already read from a pipe, then the rest of it."""

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
