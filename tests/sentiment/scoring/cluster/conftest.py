"""What the local engine makes of a table, to compare with."""

from collections.abc import Callable
from pathlib import Path

import pytest

from sentiment.scoring.options import ScoreOptions
from sentiment.scoring.run import Scoring


@pytest.fixture
def locally(predictor, artifact_folder, tmp_path) -> Callable[[Path, str], Path]:
    """Return a function that scores a file with the local engine."""

    def score(source: Path, output: str) -> Path:
        scoring = Scoring(predictor, artifact_folder, ScoreOptions())
        scoring.to_file(str(source), tmp_path / output)
        return tmp_path / output

    return score
