"""What the workers agree on in their run folder: a precision, and the model served."""

import logging
import os
from contextlib import suppress
from pathlib import Path

from sentiment.config import Precision
from sentiment.disk import sha256_of
from sentiment.store import MANIFEST

# In the run folder: what the workers serve, for one that starts anew, and the precision
# that the first of them chose for it.
_SERVED, _PRECISION = "serving", "precision"

log = logging.getLogger(__name__)


class SharedNotes:
    """What one worker tells the others through ``run_folder``, and hears from them.

    Without a folder it is alone. What cannot be told is logged, and keeps no worker
    from serving.
    """

    def __init__(self, run_folder: Path | None) -> None:
        self._run_folder = run_folder

    def precision(self, model: Path, chosen: Precision) -> Precision:
        """Return what the worker chose that was the first to load this ``model``.

        Each measures for itself which is quicker, and a busy machine may tell them
        different things; a client must get the same digits from all.
        """
        if self._run_folder is None:
            return chosen
        known = f"{_PRECISION}-{sha256_of(model / MANIFEST)[:16]}"
        try:
            found = _first(self._run_folder / known, chosen)
        except OSError as error:
            log.warning("cannot agree on the precision: %s", error.strerror)
            return chosen
        return "bfloat16" if found == "bfloat16" else "float32"

    def served(self) -> Path | None:
        """Return the model that a worker has noted last, if any has."""
        if self._run_folder is None:
            return None
        try:
            return Path((self._run_folder / _SERVED).read_text())
        except OSError:
            # No worker has served any, or somebody has tidied the folder away.
            return None

    def note_served(self, model: Path) -> None:
        """Note that ``model`` is good, for workers that start anew."""
        if self._run_folder is None:
            return
        note = self._run_folder / _SERVED
        try:
            new = _own_beside(note)
            new.write_text(str(model))
            # By a rename: another worker may be reading it.
            new.replace(note)
        except OSError as error:
            log.warning("cannot note which model is served: %s", error.strerror)


def _first(known: Path, chosen: str) -> str:
    """Return what stands in ``known``: ``chosen``, if nobody was there before."""
    own = _own_beside(known)
    try:
        own.write_text(chosen)
        # A link, so that nobody finds it there and empty.
        with suppress(FileExistsError):
            known.hardlink_to(own)
        return known.read_text()
    finally:
        with suppress(OSError):
            own.unlink()


def _own_beside(path: Path) -> Path:
    """Return the name of a file of this worker's own beside another."""
    # Somebody may have tidied the folder away meanwhile.
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path.with_name(f"{path.name}.{os.getpid()}")
