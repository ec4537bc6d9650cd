"""A trained model as a folder: written whole, checked at every load, never changed."""

import dataclasses
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors

from sentiment.artifacts.store import MANIFEST, manifest_bytes, parse_manifest
from sentiment.artifacts.weights import network_of, stored_tensors
from sentiment.config import ModelConfig, WeightFormat
from sentiment.disk import write_durably
from sentiment.errors import ArtifactError, SentimentError
from sentiment.labels import LABELS
from sentiment.prediction.artifact import Artifact
from sentiment.prediction.predictor import Predictor
from sentiment.text.vocabulary import Vocabulary

FORMAT = 1
WEIGHTS, VOCABULARY, CARD = "model.safetensors", "vocabulary.txt", "README.md"
MANIFEST_SUM = "manifest.sha256"

# Processors round differently; a wrong weight, temperature or tokeniser changes the
# probabilities by more.
GOLDEN_TOLERANCE = 1e-3


def save_artifact(
    artifact: Artifact, folder: Path, *, weights: WeightFormat = "float32"
) -> None:
    """Write ``artifact`` into the empty folder ``folder``, every file synced to disk.

    With 16-bit ``weights`` the file is half as large. The published model is then the
    one with rounded weights, and the golden predictions are its own. Every release that
    reads this format reads all three kinds of weights.

    Raises:
        ArtifactError: A weight is not finite, or too large for ``weights``.
        OSError: The disk is full or refuses; the folder is then incomplete.
    """
    tensors = stored_tensors(artifact.classifier, weights)
    artifact = dataclasses.replace(
        artifact, classifier=network_of(artifact.config, artifact.vocabulary, tensors)
    )
    files = {
        WEIGHTS: save_tensors(tensors),
        VOCABULARY: artifact.vocabulary.format().encode(),
        CARD: artifact.card.encode(),
    }
    manifest = {
        "format": FORMAT,
        "version": artifact.version,
        "created": artifact.created,
        "labels": list(LABELS),
        "config": dataclasses.asdict(artifact.config),
        "temperature": artifact.temperature,
        "weights": weights,
        "metrics": artifact.metrics,
        "golden": golden_predictions(artifact),
        "sha256": {name: _sha256(content) for name, content in files.items()},
    }
    files[MANIFEST] = (json.dumps(manifest, indent=1) + "\n").encode()
    files[MANIFEST_SUM] = _sum_line(files[MANIFEST])
    for name, content in files.items():
        write_durably(folder / name, content)


def load_artifact(folder: Path) -> Artifact:
    """Read the model in ``folder`` and check that it is whole and answers as it did.

    Raises:
        ArtifactError: Something is missing, damaged, of another format, or the model
            does not give the predictions that were stored with it.
    """
    manifest = _checked_manifest(folder)
    try:
        artifact = _read(folder, manifest)
        _check_golden(artifact, manifest["golden"])
    except KeyError as error:
        raise ArtifactError(
            f"{folder} cannot be used, its {MANIFEST} lacks {error}: "
            "publish the model again"
        ) from error
    except _MISUSED as error:
        reason = str(error) or type(error).__name__
        raise ArtifactError(f"{folder} cannot be used: {reason}") from error
    return artifact


def golden_predictions(artifact: Artifact) -> list[dict[str, Any]]:
    """Return the model's probabilities for its golden texts, to compare at every load.

    In float32, whatever this machine answers in.
    """
    texts = artifact.golden_texts
    predictions = Predictor(artifact, precision="float32").predict(texts)
    return [
        {"text": text, "probabilities": list(prediction.probabilities)}
        for text, prediction in zip(texts, predictions, strict=True)
    ]


# What loading can raise for a manifest that another program wrote.
_MISUSED = (
    ArithmeticError,
    AttributeError,
    LookupError,
    RuntimeError,
    SafetensorError,
    SentimentError,
    TypeError,
    ValueError,
)


def _read(folder: Path, manifest: dict[str, Any]) -> Artifact:
    files = dict(_checked_files(folder, manifest["sha256"]))
    config = ModelConfig.from_dict(manifest["config"])
    vocabulary = Vocabulary.parse(files[VOCABULARY].decode())
    return Artifact(
        version=str(manifest["version"]),
        config=config,
        vocabulary=vocabulary,
        classifier=network_of(config, vocabulary, load_tensors(files[WEIGHTS])),
        temperature=float(manifest["temperature"]),
        metrics=dict(manifest["metrics"]),
        card=files[CARD].decode(),
        created=str(manifest["created"]),
        # The stored ones: a later release may have other golden texts.
        golden_texts=tuple(stored["text"] for stored in manifest["golden"]),
    )


def _checked_manifest(folder: Path) -> dict[str, Any]:
    content = manifest_bytes(folder)
    try:
        stored = (folder / MANIFEST_SUM).read_bytes()
    except OSError as error:
        raise ArtifactError(
            f"{folder} has no readable {MANIFEST_SUM}: publish the model again"
        ) from error
    if stored != _sum_line(content):
        raise ArtifactError(
            f"{folder / MANIFEST} was changed after it was published: "
            "publish the model again, or make another version current"
        )
    # The bytes whose sum was checked: the file may have changed since.
    manifest = parse_manifest(folder, content)
    if manifest.get("format") != FORMAT:
        raise ArtifactError(
            f"{folder} has format {manifest.get('format')!r}, this code reads "
            f"{FORMAT}: publish the model again or deploy the matching release"
        )
    if manifest.get("labels") != list(LABELS):
        raise ArtifactError(
            f"{folder} answers {manifest.get('labels')!r}, this code {list(LABELS)}: "
            "deploy the matching release"
        )
    return manifest


def _checked_files(folder: Path, sums: dict[str, str]) -> Iterator[tuple[str, bytes]]:
    for name in (WEIGHTS, VOCABULARY, CARD):
        try:
            content = (folder / name).read_bytes()
        except OSError as error:
            raise ArtifactError(
                f"it lacks {name} ({error.strerror}): publish the model again"
            ) from error
        if _sha256(content) != sums.get(name):
            raise ArtifactError(
                f"{name} is damaged, its sha256 is not the manifest's: "
                "publish the model again, or make another version current"
            )
        yield name, content


def _check_golden(artifact: Artifact, golden: list[dict[str, Any]]) -> None:
    if not golden:
        raise ArtifactError(
            "it has no golden predictions to check: publish the model again"
        )
    answers = golden_predictions(artifact)
    for stored, now in zip(golden, answers, strict=True):
        gap = max(
            abs(a - b)
            for a, b in zip(stored["probabilities"], now["probabilities"], strict=True)
        )
        if not gap <= GOLDEN_TOLERANCE:
            raise ArtifactError(
                f"it does not answer as it did when it was published: {gap:.4f} off, "
                f"where {GOLDEN_TOLERANCE} is allowed. Deploy the release that it "
                "was made with, or publish the model again"
            )


def _sum_line(manifest: bytes) -> bytes:
    """Return what ``sha256sum manifest.json`` prints, for ``sha256sum --check``."""
    return f"{_sha256(manifest)}  {MANIFEST}\n".encode()


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
