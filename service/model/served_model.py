"""The model that answers, until another takes its place."""

from sentiment.prediction.predictor import Predictor
from service.observability.metrics import Metrics


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
