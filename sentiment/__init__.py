"""Sentiment of reviews: negative, neutral or positive, by a recurrent network."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sentiment.config import PrecisionChoice
    from sentiment.prediction.predictor import Predictor

__version__ = "0.1.0"
__all__ = ["__version__", "load"]


def load(
    path: str | Path | None = None, *, precision: "PrecisionChoice" = "auto"
) -> "Predictor":
    """Return a predictor for the model at ``path``.

    Without a path it is ``models/current`` if there is one, else the bundled model; the
    service chooses the same one. ``precision`` is ``"float32"``, ``"bfloat16"``, or
    ``"auto"``, the faster of the two on this machine.

    Raises:
        ConfigError: There is no such precision.
        ArtifactError: There is no model at ``path``, or it is damaged.
    """
    # Late, so that `import sentiment` and every --help stay quick.
    from sentiment.artifacts.folder import load_artifact
    from sentiment.artifacts.store import resolve
    from sentiment.prediction.predictor import Predictor

    return Predictor(load_artifact(resolve(path)), precision=precision)
