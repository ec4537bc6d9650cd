from pathlib import Path

import pytest

from sentiment.scoring.options import ScoreOptions
from sentiment.scoring.run import Scoring


@pytest.fixture
def score(predictor, artifact_folder, tmp_path):
    """Return a function that scores bytes under a name into a file of another."""

    def run(content: bytes, name: str, output: str, **options: object) -> Path:
        source = tmp_path / name
        source.write_bytes(content)
        scoring = Scoring(predictor, artifact_folder, ScoreOptions(**options))
        scoring.to_file(str(source), tmp_path / output)
        return tmp_path / output

    return run
