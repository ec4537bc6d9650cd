"""A folder of models, and a way to publish into it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from sentiment.prediction.artifact import Artifact
from training.publishing.publish import publish

Publish = Callable[..., Path]


@pytest.fixture
def models(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "models"


@pytest.fixture
def publish_as(artifact: Artifact, models: Path) -> Publish:
    """Publish the same small model under a name."""

    def publish_it(version: str, **changes: object) -> Path:
        return publish(replace(artifact, version=version, **changes), models)

    return publish_it
