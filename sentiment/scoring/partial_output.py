"""The unfinished output: beside its place, resumable, renamed when whole."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from sentiment.disk import open_like, sync, sync_folder, take_place, unfinished_of
from sentiment.errors import DataError
from sentiment.scoring.journal import JournalState
from sentiment.scoring.lock import OutputLock, lock_of


class PartialOutput:
    """An output under way at ``.NAME.partial``, with a journal of what is on disk.

    Both have the mode of the output that they will replace, if there is one: the
    journal may hold texts, too. Pieces are appended; :meth:`mark` makes sure that they
    are on the disk before it notes where a later run can go on.

    Raises:
        DataError: Another process writes the same output.
    """

    def __init__(self, output: Path) -> None:
        self.output = output
        self.path = unfinished_of(output)
        self.journal = journal_of(output)
        self._lock = OutputLock(output)
        self._assembled = _assembled_of(output)
        self._file: BinaryIO | None = None

    def begin(self) -> None:
        """Start with an empty file, in place of what an earlier run left."""
        self.journal.unlink(missing_ok=True)
        self._file = open_like(self.path, self.output)

    def go_on(self, position: int) -> None:
        """Go on behind ``position``; what stands behind it was not finished.

        Raises:
            DataError: What was done before is not there any more.
        """
        try:
            self._file = self.path.open("r+b")
        except FileNotFoundError as error:
            raise DataError(
                f"{self.path} is gone: run again without --resume"
            ) from error
        size = self._file.seek(0, os.SEEK_END)
        if size < position:
            raise DataError(
                f"{self.path} has {size} bytes where {position} were written: "
                "run again without --resume"
            )
        self._file.truncate(position)
        self._file.seek(position)

    def append(self, piece: bytes) -> None:
        """Write the next bytes."""
        self._opened.write(piece)

    def position(self) -> int:
        """Return where the next piece will stand."""
        return self._opened.tell()

    def mark(self, state: JournalState) -> None:
        """Write ``state`` into the journal, for a later run to resume from."""
        # In this order: a journal never speaks of bytes that a crash could still lose.
        sync(self._opened)
        unfinished = _next_journal_of(self.output)
        with open_like(unfinished, self.output) as file:
            file.write(json.dumps(state.to_json()).encode())
            sync(file)
        unfinished.replace(self.journal)

    def marked(self) -> JournalState | None:
        """Return the state that was written last, if any.

        Raises:
            DataError: The journal cannot be read.
        """
        try:
            return JournalState.from_json(json.loads(self.journal.read_bytes()))
        except FileNotFoundError:
            return None
        except (ValueError, DataError) as error:
            raise DataError(
                f"{self.journal} is damaged: run again without --resume"
            ) from error

    def is_finished(self, state: JournalState) -> bool:
        """Say whether the output is at its place, and only the journal was left."""
        return (
            state.finished
            and not self.path.exists()
            and self.output.exists()
            and self.output.stat().st_size == state.position
        )

    def finish(self, assemble: Callable[[Path, Path], None] | None = None) -> None:
        """Put the output under its name, whole, and clear away the rest.

        ``assemble`` makes the output out of the partial file, where the two differ.
        """
        whole = self.path
        sync(self._opened)
        if assemble is not None:
            whole = self._assembled
            try:
                open_like(whole, self.output).close()
                assemble(self.path, whole)
                with whole.open("rb") as file:
                    sync(file)
            except OSError:
                # On a full disk, half a file would take the space that a retry needs.
                whole.unlink(missing_ok=True)
                raise
        take_place(whole, self.output)
        sync_folder(self.output.parent)
        self.discard()

    def discard(self) -> None:
        """Remove what is unfinished."""
        for path in (self.journal, self.path, self._assembled):
            path.unlink(missing_ok=True)

    def close(self) -> None:
        """Release the output, finished or not."""
        try:
            if self._file is not None:
                self._file.close()
        finally:
            self._lock.close()

    @property
    def _opened(self) -> BinaryIO:
        if self._file is None:
            raise ValueError("begin() or go_on() comes first")
        return self._file


def journal_of(output: Path) -> Path:
    """Return where the journal of an output lies while it is unfinished."""
    return output.with_name(f".{output.name}.journal")


def files_of(output: Path) -> list[Path]:
    """Return where an output lies, and what is beside it while it is written."""
    beside = (unfinished_of, journal_of, _next_journal_of, lock_of, _assembled_of)
    return [output, *(place_of(output) for place_of in beside)]


def _next_journal_of(output: Path) -> Path:
    return journal_of(output).with_suffix(".journal.tmp")


def _assembled_of(output: Path) -> Path:
    return output.with_name(f".{output.name}.whole")
