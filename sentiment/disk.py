"""Write files durably, and compute their checksums."""

import hashlib
import os
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO, BinaryIO

# Called with the number of bytes of a file that have been read.
OnBytesRead = Callable[[int], None]

_PIECE = 1 << 20
_OURS = 0o600


def ignore_progress(_: int) -> None:
    """Do nothing with the progress of a reading."""


def sha256_of(path: Path, on_bytes_read: OnBytesRead = ignore_progress) -> str:
    """Return the sha256 of a file's content, read piece by piece, in hexadecimal."""
    found, read = hashlib.sha256(), 0
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            found.update(piece)
            read += len(piece)
            on_bytes_read(read)
    return found.hexdigest()


def write_durably(path: Path, content: bytes) -> None:
    """Write a file, which is on the disk when this returns.

    Raises:
        OSError: The disk is full or refuses; what is written by then stays.
    """
    with path.open("wb") as file:
        file.write(content)
        sync(file)


def replace_file(path: Path, content: bytes) -> None:
    """Write a file whole or not at all; one that was there keeps its mode.

    A link stays one: what it points to is replaced. A pipe or a device is written into.

    Raises:
        OSError: The disk is full or refuses, or the pipe's reader has gone.
    """
    if is_pipe_or_device(path):
        with path.open("wb") as sink:
            sink.write(content)
        return
    path = path.resolve()
    unfinished = unfinished_of(path)
    try:
        with open_like(unfinished, path) as file:
            file.write(content)
            sync(file)
        take_place(unfinished, path)
    except OSError:
        unfinished.unlink(missing_ok=True)
        raise


def unfinished_of(path: Path) -> Path:
    """Return where the file for ``path`` is written until it is whole."""
    return path.with_name(f".{path.name}.partial")


def open_like(path: Path, pattern: Path) -> BinaryIO:
    """Open an empty file at ``path`` with the mode of ``pattern``, if there is one.

    The new file is never more accessible than ``pattern``, not even briefly.

    Raises:
        OSError: The file cannot be opened for writing.
    """
    path.unlink(missing_ok=True)
    try:
        mode = stat.S_IMODE(pattern.stat().st_mode)
    except FileNotFoundError:
        return path.open("wb")
    # Only its owner may use it until the mode is set, and the owner always may, so that
    # it can be opened again.
    descriptor = os.open(path, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, _OURS)
    file = os.fdopen(descriptor, "wb")
    if mode | _OURS != _OURS:
        os.fchmod(descriptor, mode | _OURS)
    return file


def take_place(path: Path, of: Path) -> None:
    """Rename ``path`` to ``of``, with the mode of what lies there by then, if any.

    Raises:
        OSError: The disk refuses.
    """
    with suppress(FileNotFoundError):
        path.chmod(stat.S_IMODE(of.stat().st_mode))
    path.replace(of)


def is_pipe_or_device(path: Path) -> bool:
    """Say whether ``path`` exists and is neither a file nor a folder."""
    return path.exists() and not path.is_file() and not path.is_dir()


def is_same_file(source: str | Path | BinaryIO, path: Path) -> bool:
    """Say whether ``source``, a path or an open file, is what lies at ``path``."""
    if isinstance(source, str | Path):
        return Path(source).resolve() == path.resolve()
    try:
        return os.path.samestat(os.fstat(source.fileno()), path.stat())
    except (OSError, ValueError):
        # Nothing lies there, or the source is in memory or closed.
        return False


def sync(file: IO[bytes]) -> None:
    """Sync to disk what was written into ``file``."""
    file.flush()
    os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Sync a folder's entries to disk: only then is a rename in it safe."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
