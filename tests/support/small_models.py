"""Small untrained models: real ones, whose answers mean nothing but never change."""

from dataclasses import replace
from pathlib import Path

import torch

from sentiment.artifacts.folder import save_artifact
from sentiment.artifacts.store import CURRENT
from sentiment.config import ModelConfig
from sentiment.network.classifier import RNNClassifier
from sentiment.prediction.artifact import Artifact
from sentiment.text.vocabulary import Vocabulary

WORDS = (
    "the a it is was not never and but very good bad great awful film movie food "
    "service love hate arrived on tuesday don't . , ! !!! ?"
).split()


def make_artifact(version: str = "untrained-1", **config: object) -> Artifact:
    """Return a model of ``version``, which decides its weights."""
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


def save(artifact: Artifact, models: Path) -> Path:
    """Save a model under its version, as training publishes it; return its folder."""
    folder = models / artifact.version
    folder.mkdir(parents=True)
    save_artifact(artifact, folder)
    return folder


def make_current(models: Path, version: str) -> None:
    """Move the link as publishing does, by one rename, but without its check."""
    link = models / ".next"
    link.symlink_to(version)
    link.replace(models / CURRENT)


def two_versions(artifact: Artifact, models: Path) -> Path:
    """Save a model as ``untrained-1``, which is current, and as ``untrained-2``."""
    for version in ("untrained-1", "untrained-2"):
        save(replace(artifact, version=version), models)
    make_current(models, "untrained-1")
    return models
