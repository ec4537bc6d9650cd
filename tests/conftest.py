"""Small real objects that every part's tests may use."""

from pathlib import Path

import pytest
import torch
from figures import (  # noqa: F401  where pytest looks for fixtures and hooks
    pytest_terminal_summary,
    record_figure,
)
from hypothesis import HealthCheck, settings

from sentiment.artifact import Artifact, save_artifact
from sentiment.config import ModelConfig
from sentiment.network.classifier import RNNClassifier
from sentiment.predictor import Predictor
from sentiment.text.vocabulary import Vocabulary

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

WORDS = (
    "the a it is was not never and but very good bad great awful film movie food "
    "service love hate arrived on tuesday don't . , ! !!! ?"
).split()


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(20)


def make_artifact(version: str = "untrained-1", **config: object) -> Artifact:
    """Return a real, untrained model: its answers mean nothing but never change."""
    torch.manual_seed(hash_of(version))
    model = ModelConfig.from_dict(
        {"embedding_dim": 12, "hidden_dim": 8, "max_tokens": 50, **config}
    )
    vocabulary = Vocabulary(("<pad>", "<unk>", *WORDS))
    classifier = RNNClassifier(model, len(vocabulary)).eval()
    # Larger than at random, so that the answers differ from text to text.
    torch.nn.init.normal_(classifier.output.weight, std=2.0)
    return Artifact(
        version=version,
        config=model,
        vocabulary=vocabulary,
        classifier=classifier,
        temperature=1.25,
        metrics={"macro_f1": 0.5},
        card="# An untrained model\n",
        created="2026-01-01T00:00:00Z",
    )


def hash_of(version: str) -> int:
    """Return a seed that is the same in every process, as hash() is not."""
    return sum(version.encode())


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
    folder = tmp_path / "models" / artifact.version
    folder.mkdir(parents=True)
    save_artifact(artifact, folder)
    return folder


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--pictures", metavar="DIR", help="leave a picture of the page after each test"
    )
