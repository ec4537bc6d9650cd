"""Notes that workers share in the run folder: the precision, and the model served."""

import logging
import os
from contextlib import suppress
from pathlib import Path

from sentiment.artifacts.store import MANIFEST
from sentiment.config import Precision
from sentiment.disk import sha256_of

# Files in the run folder: the model that the workers serve, for one that starts anew,
# and the precision that the first of them chose for it.
_SERVED, _PRECISION = "serving", "precision"

log = logging.getLogger(__name__)


class SharedNotes:
    """The notes in ``run_folder``, as one worker writes and reads them.

    Without a folder there are none. A note that cannot be written is logged, and the
    worker serves all the same.
    """

    def __init__(self, run_folder: Path | None) -> None:
        self._run_folder = run_folder

    def agree_on_precision(self, model: Path, chosen: Precision) -> Precision:
        """Return the precision chosen by the first worker that loaded ``model``.

        Each worker measures which is faster, and on a busy machine they may differ; a
        client must get the same digits from all of them.
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
            # No worker has served a model yet, or the folder was removed.
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
    """Return the content of ``known``, which is ``chosen`` if it did not exist."""
    own = _own_beside(known)
    try:
        own.write_text(chosen)
        # A link, so that no worker finds the file there and still empty.
        with suppress(FileExistsError):
            known.hardlink_to(own)
        return known.read_text()
    finally:
        with suppress(OSError):
            own.unlink()


def _own_beside(path: Path) -> Path:
    """Return the name of a file of this worker's own beside another."""
    # The folder may have been removed meanwhile.
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path.with_name(f"{path.name}.{os.getpid()}")
