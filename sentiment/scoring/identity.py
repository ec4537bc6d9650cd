"""Whose an unfinished output is: only a run that is asked the same goes on with it."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from sentiment.disk import sha256_of
from sentiment.errors import DataError
from sentiment.predictor import Predictor
from sentiment.scoring.options import ScoreOptions
from sentiment.store import MANIFEST


def identity_of(
    predictor: Predictor, model: Path, options: ScoreOptions, **others: Any
) -> dict[str, Any]:
    """Return what must be the same for a run to go on with another's output."""
    return {
        **others,
        "model": [predictor.version, sha256_of(model / MANIFEST)],
        "options": asdict(options),
    }


def resumed(
    predictor: Predictor, noted: dict[str, Any], identity: dict[str, Any]
) -> Predictor:
    """Return the predictor that reads in the precision that the earlier run noted.

    Raises:
        DataError: That run was of another input, or asked something else.
    """
    for part, value in identity.items():
        if noted.get(part) != value:
            raise DataError(
                f"the unfinished output was made with another {part}: "
                "go back to that one, or run again without --resume"
            )
    return predictor.in_precision(noted.get("precision", "float32"))
