"""The model that is served, and the thread that swaps in a newly published one."""

import logging
import os
import time
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread

from sentiment.artifacts.folder import load_artifact
from sentiment.artifacts.store import BUNDLED, resolve
from sentiment.config import PrecisionChoice
from sentiment.errors import ArtifactError, SentimentError
from sentiment.prediction.predictor import Predictor
from service.observability.metrics import Metrics
from service.shared_notes import SharedNotes

# A model that was refused is loaded again after so long: the cause may have been the
# machine (no memory, too many open files, a disk that was away), and this worker would
# go on with another model than the rest.
AGAIN_SECONDS = 60.0

log = logging.getLogger(__name__)

Fingerprint = tuple[tuple[str, int, int, int], ...]


class ServedModel:
    """Holds the predictor that answers.

    A request takes :attr:`predictor` once and keeps it; a swap is one assignment, so
    no answer is made by two models.
    """

    def __init__(self, predictor: Predictor, metrics: Metrics) -> None:
        self.predictor = predictor
        self._metrics = metrics
        metrics.show_model(predictor.version)

    def swap(self, predictor: Predictor) -> None:
        """Let ``predictor`` answer from the next request on."""
        before = self.predictor.version
        self.predictor = predictor
        # The same version may have been published anew, after a repair.
        changed = before if before != predictor.version else None
        self._metrics.show_model(predictor.version, changed)


class ModelSource:
    """Finds and loads the model to serve: one folder, or models/current.

    In ``run_folder`` the workers share its precision and which model they serve: if
    ``current`` has become invalid, a replacement worker serves that one instead.
    """

    def __init__(
        self,
        path: Path | None,
        *,
        max_characters: int,
        precision: PrecisionChoice = "auto",
        run_folder: Path | None = None,
    ) -> None:
        self._path = path
        self._max_characters = max_characters
        self._precision = precision
        self.notes = SharedNotes(run_folder)

    def find(self) -> Path:
        """Return the folder to serve; raises ArtifactError if there is none."""
        return resolve(self._path)

    def load(self, folder: Path) -> Predictor:
        """Load and check the model in ``folder``.

        Raises:
            ArtifactError: It is damaged or incomplete.
        """
        predictor = Predictor(
            load_artifact(folder),
            max_characters=self._max_characters,
            precision=self._precision,
        )
        if self._precision == "auto":
            predictor = predictor.in_precision(
                self.notes.agree_on_precision(folder, predictor.precision)
            )
        # Measured here: the first request would wait for it, in the worker's loop.
        if not predictor.requests_are_batch_invariant:
            log.warning(
                "on this processor a text's digits depend on its batch: requests to "
                "model %s share no pass",
                predictor.version,
            )
        return predictor

    def load_first(self, metrics: Metrics) -> tuple[Predictor, Path]:
        """Load the model a worker starts with, note it, and return it with its folder.

        Raises:
            ArtifactError: It is invalid, and no worker has served another before.
        """
        served = self.notes.served()
        try:
            folder = self.find()
            require_published(folder, instead_of=served)
            predictor = self.load(folder)
        except ArtifactError as error:
            if served is None:
                raise
            metrics.models.count_reload_failure()
            metrics.models.show_refused(True)
            log.error("%s; the new worker serves what the others do", error)
            folder, predictor = served, self.load(served)
        self.notes.note_served(folder)
        return predictor, folder


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


def require_published(folder: Path, *, instead_of: Path | None) -> None:
    """Refuse the bundled model in place of one that was published.

    Raises:
        ArtifactError: ``folder`` is the bundled model, and another is served.
    """
    if instead_of is None or BUNDLED in instead_of.parents:
        return
    if BUNDLED in folder.parents:
        raise ArtifactError(
            "models/current is gone; `sentiment-train models promote bundled` puts the "
            "bundled model there, which otherwise would be served only after a "
            "restart"
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
