"""The thread that swaps in a newly published model."""

import logging
import os
import time
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread

from sentiment.errors import SentimentError
from service.model.served_model import ServedModel
from service.model.source import ModelSource, require_published
from service.observability.metrics import Metrics

# A model that was refused is loaded again after so long: the cause may have been the
# machine (no memory, too many open files, a disk that was away), and this worker would
# go on with another model than the rest.
AGAIN_SECONDS = 60.0

log = logging.getLogger(__name__)

Fingerprint = tuple[tuple[str, int, int, int], ...]


class Watcher:
    """Looks regularly for another model, and swaps it in once it is checked."""

    def __init__(
        self,
        served: ServedModel,
        source: ModelSource,
        folder: Path,
        metrics: Metrics,
    ) -> None:
        self._served = served
        self._source = source
        self._folder = folder
        self._seen = fingerprint(folder)
        self._refused: tuple[Path | None, Fingerprint] | None = None
        self._again = 0.0
        self._metrics = metrics

    def start(self, seconds: float) -> Callable[[], None]:
        """Look every ``seconds`` in a thread of its own; return what stops it."""
        stopped = Event()

        def watch() -> None:
            while not stopped.wait(seconds):
                self.look()

        Thread(target=watch, name="model-watcher", daemon=True).start()
        return stopped.set

    def look(self) -> None:
        """Swap the model if there is another now; log an invalid one once."""
        folder: Path | None = None
        seen: Fingerprint = ()
        try:
            folder = self._source.find()
            seen = fingerprint(folder)
            if (folder, seen) == (self._folder, self._seen):
                self._accept()
                return
            if (folder, seen) == self._refused and time.monotonic() < self._again:
                return
            self._take(folder, seen)
        except SentimentError as error:
            self._refuse(folder, seen, str(error))
        except Exception as error:  # noqa: BLE001  the watcher must go on
            self._refuse(folder, seen, f"{folder} raised {type(error).__name__}")

    def _take(self, folder: Path, seen: Fingerprint) -> None:
        require_published(folder, instead_of=self._folder)
        predictor = self._source.load(folder)
        before = self._served.predictor.version
        self._served.swap(predictor)
        self._folder, self._seen = folder, seen
        self._accept()
        self._source.notes.note_served(folder)
        log.info("model %s took over from %s", predictor.version, before)

    def _accept(self) -> None:
        """Note that the current model is the one that answers."""
        self._refused = None
        self._metrics.models.show_refused(False)

    def _refuse(self, folder: Path | None, seen: Fingerprint, reason: str) -> None:
        self._again = time.monotonic() + AGAIN_SECONDS
        if self._refused == (folder, seen):
            return
        self._refused = (folder, seen)
        self._metrics.models.count_reload_failure()
        self._metrics.models.show_refused(True)
        log.error(
            "refused: %s. Model %s goes on answering",
            reason,
            self._served.predictor.version,
        )


def fingerprint(folder: Path) -> Fingerprint:
    """Return a value that changes when a file in ``folder`` is written or removed."""
    try:
        entries = [(entry.name, entry.stat()) for entry in os.scandir(folder)]
    except OSError:
        return ()
    return tuple(
        sorted(
            (name, stat.st_size, stat.st_mtime_ns, stat.st_ino)
            for name, stat in entries
        )
    )
