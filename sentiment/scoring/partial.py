"""The unfinished output: beside its place, resumable, renamed when whole."""

import fcntl
import json
import os
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, BinaryIO

from sentiment.errors import DataError


class Partial(ABC):
    """An output under way at ``.NAME.partial``, with a journal of what is safe in it.

    Blocks are appended; :meth:`mark` makes sure that they are on the disk and notes how
    many there are, so that a later run can go on behind them.

    Raises:
        DataError: Another process writes the same output.
    """

    def __init__(self, output: Path) -> None:
        self.output = output
        self.path = output.with_name(f".{output.name}.partial")
        self.journal = output.with_name(f".{output.name}.partial.json")
        self._lock = _lock(output.with_name(f".{output.name}.lock"))

    @abstractmethod
    def begin(self) -> None:
        """Start anew; what an earlier run left is gone."""

    @abstractmethod
    def go_on(self, position: int) -> None:
        """Go on behind ``position``; what stands behind it was not finished."""

    @abstractmethod
    def append(self, content: bytes) -> None:
        """Write the next piece."""

    @abstractmethod
    def position(self) -> int:
        """Return where the next piece will stand, with all before it on the disk."""

    @abstractmethod
    def _assemble(self) -> Path:
        """Return the finished file, on the disk, ready to be renamed."""

    def mark(self, state: dict[str, Any]) -> None:
        """Note ``state`` for a later run, together with the position it holds for."""
        content = json.dumps({**state, "position": self.position()})
        unfinished = self.journal.with_suffix(".tmp")
        with unfinished.open("w", encoding="utf-8") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(self.journal)

    def marked(self) -> dict[str, Any] | None:
        """Return what was noted last, None where nothing was."""
        try:
            state = json.loads(self.journal.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except ValueError as error:
            raise DataError(
                f"{self.journal} is damaged: run again without --resume"
            ) from error
        return state if isinstance(state, dict) else None

    def finish(self) -> None:
        """Put the output under its name, whole, and clear away the rest."""
        self._assemble().replace(self.output)
        folder = os.open(self.output.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        self.journal.unlink(missing_ok=True)
        self.output.with_name(f".{self.output.name}.lock").unlink(missing_ok=True)

    def close(self) -> None:
        """Let go of the output, finished or not."""
        os.close(self._lock)


class PartialFile(Partial):
    """One growing file; its position is a byte."""

    def __init__(self, output: Path) -> None:
        super().__init__(output)
        self._file: BinaryIO | None = None

    def begin(self) -> None:
        """Start with an empty file."""
        self.journal.unlink(missing_ok=True)
        self._file = self.path.open("wb")

    def go_on(self, position: int) -> None:
        """Cut the file at ``position`` and go on there."""
        try:
            file = self.path.open("r+b")
        except FileNotFoundError as error:
            raise DataError(
                f"{self.path} is gone: run again without --resume"
            ) from error
        file.seek(0, os.SEEK_END)
        if file.tell() < position:
            raise DataError(f"{self.path} was cut short: run again without --resume")
        file.truncate(position)
        file.seek(position)
        self._file = file

    def append(self, content: bytes) -> None:
        """Write the next bytes."""
        self._open.write(content)

    def position(self) -> int:
        """Return the length, once it is on the disk."""
        self._open.flush()
        os.fsync(self._open.fileno())
        return self._open.tell()

    def _assemble(self) -> Path:
        self.position()
        self._open.close()
        return self.path

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
        super().close()

    @property
    def _open(self) -> BinaryIO:
        if self._file is None:
            raise ValueError("begin() or go_on() comes first")
        return self._file


class PartialParts(Partial):
    """A folder of Parquet files, joined at the end; its position counts them."""

    def __init__(self, output: Path) -> None:
        super().__init__(output)
        self._parts = 0

    def begin(self) -> None:
        """Start with an empty folder."""
        self.journal.unlink(missing_ok=True)
        self.path.mkdir(exist_ok=True)
        for part in self.path.iterdir():
            part.unlink()

    def go_on(self, position: int) -> None:
        """Count the parts that are there; later ones are overwritten."""
        if not self._part(position - 1).is_file() and position:
            raise DataError(f"{self.path} lacks parts: run again without --resume")
        self._parts = position

    def append(self, content: bytes) -> None:
        """Write the next part, to the disk."""
        if not content:
            return  # the header of a format that has none
        with self._part(self._parts).open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        self._parts += 1

    def position(self) -> int:
        """Return how many parts there are."""
        return self._parts

    def _assemble(self) -> Path:
        from pyarrow import parquet

        whole = self.path.with_suffix(".whole")
        first = parquet.read_schema(self._part(0))
        with whole.open("wb") as file:
            writer = parquet.ParquetWriter(file, first)
            for number in range(self._parts):
                writer.write_table(parquet.read_table(self._part(number)))
            writer.close()
            file.flush()
            os.fsync(file.fileno())
        return whole

    def finish(self) -> None:
        """Put the joined file under the output's name and remove the parts."""
        super().finish()
        for part in self.path.iterdir():
            part.unlink()
        self.path.rmdir()

    def _part(self, number: int) -> Path:
        return self.path / f"{number:08d}.parquet"


def _lock(path: Path) -> int:
    """Return a descriptor that holds the lock ``path`` until it is closed."""
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o644)
    except OSError as error:
        raise DataError(f"cannot write to {path.parent}: {error.strerror}") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(descriptor)
        raise DataError(
            f"another process is writing {path.name[1:-5]}: wait for it, or name "
            "another output"
        ) from error
    return descriptor
