"""Find and load the model to serve, the same in every worker."""

import logging
from pathlib import Path

from sentiment.artifacts.folder import load_artifact
from sentiment.artifacts.store import BUNDLED, resolve
from sentiment.config import PrecisionChoice
from sentiment.errors import ArtifactError
from sentiment.prediction.predictor import Predictor
from service.model.shared_notes import SharedNotes
from service.observability.metrics import Metrics

log = logging.getLogger(__name__)


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
