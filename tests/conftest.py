"""Small real objects that every part's tests may use."""

import gc
from pathlib import Path

import pytest
import torch
from fault_figures import (  # noqa: F401  where pytest looks for fixtures and hooks
    pytest_terminal_summary,
    record_figure,
    so_far,
)
from hypothesis import HealthCheck, settings
from missing_programs import (
    add_option,
    pytest_runtest_makereport,  # noqa: F401  where pytest looks for hooks
)
from small_models import make_artifact, save

from sentiment.prediction.artifact import Artifact
from sentiment.prediction.predictor import Predictor

# A law holds or fails by itself: not by how busy the machine is, and with the same
# examples each time. New ones are the long forms' matter (tests/contract).
settings.register_profile(
    "project",
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("project")

# Small networks gain nothing by a second thread, and tests that share two cores lose
# most of their time when each takes both.
torch.set_num_threads(1)


def pytest_collection_finish() -> None:
    """Look for garbage in what the tests make alone, not in all that was imported."""
    gc.freeze()


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(20)


@pytest.fixture(params=["cpu", "cuda"])
def device(request: pytest.FixtureRequest) -> torch.device:
    """Return a device to compute on: one after the other, as far as they are here."""
    if request.param == "cuda" and not torch.cuda.is_available():
        pytest.skip("there is no CUDA here")
    return torch.device(request.param)


@pytest.fixture
def artifact() -> Artifact:
    return make_artifact()


@pytest.fixture
def predictor(artifact: Artifact) -> Predictor:
    return Predictor(artifact)


@pytest.fixture
def artifact_folder(artifact: Artifact, tmp_path: Path) -> Path:
    """A saved model, as the commands and the service load it."""
    return save(artifact, tmp_path / "models")


def pytest_addoption(parser: pytest.Parser) -> None:
    add_option(parser)
    parser.addoption(
        "--pictures", metavar="DIR", help="leave a picture of the page after each test"
    )
