"""The journal of what was current when, by which a rollback finds the way back.

One JSON object a line, only ever appended, and written before the link is moved. So a
line is an intention, which a crash may have prevented. The next writer then sees that
the link is elsewhere and appends a ``void`` line, which cancels it.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from sentiment.disk import sync
from sentiment.errors import ArtifactError

JOURNAL = "publications.jsonl"

# The versions that a rollback would go back through; the last one is current.
Trail = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the journal.

    ``action`` is ``publish``, ``promote``, ``rollback``, ``void`` (the line before it
    was not carried out) or ``found`` (the link had been moved by hand); ``version`` is
    current after it.
    """

    at: str
    action: str
    version: str | None


class Journal:
    """The journal in a folder of models; the caller holds the folder's lock."""

    def __init__(self, models: Path) -> None:
        self.path = models / JOURNAL

    def entries(self) -> list[Entry]:
        """Return the lines, oldest first, without one that a crash left incomplete.

        Raises:
            ArtifactError: A line is no entry: the file was changed by hand.
        """
        entries = []
        for number, line in enumerate(self._whole_lines(), 1):
            try:
                entries.append(Entry(**json.loads(line)))
            except (ValueError, TypeError) as error:
                raise ArtifactError(
                    f"{self.path}:{number} is not a journal entry: a possible solution "
                    "is to delete that line, or the journal (then no rollback is "
                    "possible to what was current before)"
                ) from error
        return entries

    def record(self, action: str, version: str | None) -> None:
        """Append one line, and sync it to disk.

        Raises:
            OSError: The disk is full or refuses.
        """
        at = datetime.now(UTC).isoformat(timespec="seconds")
        entry = Entry(at=at, action=action, version=version)
        line = json.dumps(asdict(entry)).encode() + b"\n"
        whole = sum(map(len, self._whole_lines()))
        with self.path.open("ab") as file:
            # Remove an incomplete line that a crash left.
            file.truncate(whole)
            file.write(line)
            sync(file)

    def trail(self, current: str | None) -> Trail:
        """Return the trail of ``current``, the link's version; correct the journal.

        Raises:
            OSError: A correction was needed and could not be written.
        """
        trails = _trails(self.entries())
        if _current(trails[-1]) == current:
            return trails[-1]
        if len(trails) > 1 and _current(trails[-2]) == current:
            self.record("void", current)
            return trails[-2]
        self.record("found", current)
        return _trails(self.entries())[-1]

    def _whole_lines(self) -> list[bytes]:
        try:
            lines = self.path.read_bytes().splitlines(keepends=True)
        except FileNotFoundError:
            return []
        return [line for line in lines if line.endswith(b"\n")]


def _trails(entries: Iterable[Entry]) -> list[Trail]:
    """Return the trail before the first entry and after each that was carried out."""
    trails: list[Trail] = [()]
    for entry in entries:
        trail = trails[-1]
        if entry.action == "void":
            trails.pop()
        elif entry.action == "rollback":
            trails.append(trail[:-1])
        elif entry.version is None:
            trails.append(())
        else:
            trails.append((*trail, entry.version))
    return trails


def _current(trail: Trail) -> str | None:
    return trail[-1] if trail else None
