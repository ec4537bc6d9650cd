"""The output folder: beside its place while parts are made, renamed when whole."""

import json
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from sentiment.disk import (
    sha256_of,
    sync,
    sync_folder,
    unfinished_of,
    write_durably,
)
from sentiment.errors import DataError
from sentiment.scoring.cluster.part_findings import findings_beside
from sentiment.scoring.cluster.parts import FinishedPart
from sentiment.scoring.lock import OutputLock

# Readers of a folder of Parquet or CSV ignore such a name.
PARTS_MANIFEST = "_manifest.json"
_JOURNAL = "_journal.jsonl"


class PartFolder:
    """An output under way at ``.NAME.partial``, with a journal of the parts in it.

    Raises:
        DataError: The output exists, or another process writes it.
    """

    def __init__(self, output: Path) -> None:
        self.output = output
        self.path = journal_of_parts(output).parent
        self._lock = OutputLock(output)
        self._journal: BinaryIO | None = None
        if os.path.lexists(output):
            self.close()
            raise DataError(f"{output} exists already: remove it, or name another")

    def open(
        self, identity: dict[str, Any], *, resume: bool = False
    ) -> list[FinishedPart]:
        """Return the parts to go on with, of an earlier run if there was one.

        Without ``resume``, what it left is gone.

        Raises:
            DataError: Its journal is damaged.
        """
        if resume and self.identity() is not None:
            return self._go_on()
        self._begin(identity)
        return []

    def identity(self) -> dict[str, Any] | None:
        """Return what an earlier run noted of itself, None where there was none.

        Raises:
            DataError: The journal is damaged.
        """
        lines = self._noted().splitlines()
        if not lines:
            return None
        with self._journal_errors_named():
            identity = json.loads(lines[0])
            if not isinstance(identity, dict):
                raise ValueError("no identity")
            return identity

    def rows_before(self) -> int | None:
        """Return how many rows an earlier run scored, None if it is unknown."""
        try:
            return sum(one.rows for one in self._made_before())
        except DataError:
            return None

    def note(self, made: FinishedPart) -> None:
        """Remember that a part is whole."""
        self._append(made.to_json())

    def finish(self, about: dict[str, Any], parts: Sequence[FinishedPart]) -> None:
        """Write the manifest of ``parts``, and put the folder under its name.

        Other files in the folder are deleted: an actor that died left them.
        """
        self._close_journal()
        self._clear({made.part for made in parts})
        write_durably(self.path / PARTS_MANIFEST, manifest(about, parts).encode())
        sync_folder(self.path)
        self.path.rename(self.output)
        sync_folder(self.output.parent)

    def discard(self) -> None:
        """Remove what is unfinished."""
        shutil.rmtree(self.path, ignore_errors=True)

    def close(self) -> None:
        """Release the output, finished or not."""
        try:
            self._close_journal()
        finally:
            self._lock.close()

    def _begin(self, identity: dict[str, Any]) -> None:
        self.discard()
        self.path.mkdir()
        self._journal = self._journal_path.open("ab")
        self._append(json.dumps(identity))

    def _go_on(self) -> list[FinishedPart]:
        """Return the parts that an earlier run made and that are still what they were.

        Their sums are computed, which takes as long as reading them.
        """
        made = [one for one in self._made_before() if self._is_there(one)]
        os.truncate(self._journal_path, len(self._noted()))
        findings = {findings_beside(Path(one.part)).name for one in made}
        self._clear({one.part for one in made} | findings | {_JOURNAL})
        self._journal = self._journal_path.open("ab")
        return made

    @property
    def _journal_path(self) -> Path:
        return journal_of_parts(self.output)

    def _noted(self) -> bytes:
        """Return the journal's lines, without one that a crash left unfinished."""
        try:
            content = self._journal_path.read_bytes()
        except FileNotFoundError:
            return b""
        return content[: content.rfind(b"\n") + 1]

    def _made_before(self) -> list[FinishedPart]:
        with self._journal_errors_named():
            lines = self._noted().decode().splitlines()[1:]
            # The last line counts of a part that was made anew.
            latest = {one.key: one for one in map(FinishedPart.from_json, lines)}
        return list(latest.values())

    @contextmanager
    def _journal_errors_named(self) -> Iterator[None]:
        try:
            yield
        except ValueError as error:
            raise DataError(
                f"{self._journal_path} is damaged: run again without --resume"
            ) from error

    def _append(self, line: str) -> None:
        if self._journal is None:
            raise ValueError("open() comes first")
        self._journal.write(f"{line}\n".encode())
        sync(self._journal)

    def _clear(self, kept: set[str]) -> None:
        for path in self.path.iterdir():
            if path.name not in kept:
                path.unlink()

    def _is_there(self, made: FinishedPart) -> bool:
        path = self.path / made.part
        try:
            return path.stat().st_size == made.bytes and sha256_of(path) == made.sha256
        except FileNotFoundError:
            return False

    def _close_journal(self) -> None:
        if self._journal is not None:
            self._journal.close()
            self._journal = None


def journal_of_parts(output: Path) -> Path:
    """Return where the journal of an output's parts lies while it is unfinished."""
    return unfinished_of(output) / _JOURNAL


def manifest(about: dict[str, Any], parts: Sequence[FinishedPart]) -> str:
    """Return the manifest: what was done, and a line a part in the rows' order."""
    lines = ",\n".join(f"  {made.to_json()}" for made in parts)
    head = json.dumps(about, indent=1).removesuffix("\n}")
    return f'{head},\n "parts": [\n{lines}\n ]\n}}\n'
