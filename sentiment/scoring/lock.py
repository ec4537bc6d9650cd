"""The lock of an output, which one process writes at a time."""

import fcntl
import os
from pathlib import Path

from sentiment.errors import DataError


class OutputLock:
    """Holds ``.NAME.lock`` beside an output until it is closed.

    Raises:
        DataError: Another process holds it, or the folder may not be written to.
    """

    def __init__(self, output: Path) -> None:
        self._path = lock_of(output)
        self._descriptor = _held(self._path, output)

    def close(self) -> None:
        """Release the output, and remove the lock."""
        try:
            # While it is held: the next process makes a new one.
            self._path.unlink(missing_ok=True)
        finally:
            os.close(self._descriptor)


def lock_of(output: Path) -> Path:
    """Return where the lock of an output lies while it is written."""
    return output.with_name(f".{output.name}.lock")


def _held(path: Path, output: Path) -> int:
    """Return a descriptor that holds the lock ``path`` until it is closed."""
    while True:
        try:
            descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o644)
        except OSError as error:
            raise DataError(
                f"cannot write to {path.parent}: {error.strerror}"
            ) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(descriptor)
            raise DataError(
                f"another process is writing {output}: wait for it, or name another "
                "output"
            ) from error
        if _is_still(path, descriptor):
            return descriptor
        # Its holder removed it between our opening and our locking.
        os.close(descriptor)


def _is_still(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False
