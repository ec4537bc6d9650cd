"""Files that are on the disk when a call returns, and the sums they are known by."""

import hashlib
import os
from pathlib import Path
from typing import IO


def sha256_of(path: Path) -> str:
    """Return the sha256 of a file's content, read piece by piece, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_durably(path: Path, content: bytes) -> None:
    """Write a file, which is on the disk when this returns.

    Raises:
        OSError: The disk is full or refuses; what is written by then stays.
    """
    with path.open("wb") as file:
        file.write(content)
        sync(file)


def sync(file: IO[bytes]) -> None:
    """Put on the disk what was written into ``file``."""
    file.flush()
    os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Put a folder's own entries on the disk: only then is a rename in it safe."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
