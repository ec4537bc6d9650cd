"""Where models lie, and which one is current."""

import json
import os
from pathlib import Path
from typing import Any

from sentiment.errors import ArtifactError

BUNDLED = Path(__file__).parent.parent / "bundled"
MANIFEST = "manifest.json"
CURRENT = "current"


def models_folder() -> Path:
    """Return the folder of published models: ``SENTIMENT_MODELS``, else ``models``."""
    return Path(os.environ.get("SENTIMENT_MODELS") or "models")


def bundled_model() -> Path:
    """Return the folder of the newest model that ships with the package.

    Raises:
        ArtifactError: The package was built without one.
    """
    versions = sorted(folder.parent for folder in BUNDLED.glob(f"*/{MANIFEST}"))
    if not versions:
        raise ArtifactError(
            f"{BUNDLED} holds no model: train one with `sentiment-train run`, "
            "or name one with --model"
        )
    return versions[-1]


def resolve(path: str | Path | None = None, models: Path | None = None) -> Path:
    """Return the folder of the model at ``path``, or of the one to use without it.

    That is the current one of ``models`` (by default ``models_folder()``), or the
    bundled one if none is current. Links are followed, so that the answer names one
    version for as long as it is used, wherever ``current`` moves meanwhile.

    Raises:
        ArtifactError: There is no model at ``path``, or it is not accessible.
    """
    try:
        if path is not None:
            return _named(path)
        current = (models or models_folder()) / CURRENT
        # A copy of the folder may have a folder there, where links were followed.
        return _followed(current) if _lies_there(current) else bundled_model()
    except OSError as error:
        raise ArtifactError(
            f"cannot look for a model at {error.filename}: {error.strerror}"
        ) from error


def _lies_there(path: Path) -> bool:
    # os.path.lexists says no where it may not look: another model would be served.
    try:
        path.lstat()
    except FileNotFoundError:
        return False
    return True


def _followed(path: Path) -> Path:
    try:
        return path.resolve()
    except RuntimeError as error:
        raise ArtifactError(f"{path} is a link that leads back to itself") from error


def _named(path: str | Path) -> Path:
    folder = _followed(Path(path))
    if not (folder / MANIFEST).is_file():
        raise ArtifactError(
            f"{path} is not a model: it has no {MANIFEST}. A possible solution is to "
            "name a published version's folder, such as models/current"
        )
    return folder


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return a model's manifest, unchecked.

    Raises:
        ArtifactError: It is missing, or not a JSON object.
    """
    return parse_manifest(folder, manifest_bytes(folder))


def manifest_bytes(folder: Path) -> bytes:
    """Return a model's manifest as it lies there.

    Raises:
        ArtifactError: It is missing.
    """
    try:
        return (folder / MANIFEST).read_bytes()
    except OSError as error:
        raise ArtifactError(
            f"{folder} has no readable {MANIFEST}: {error.strerror}"
        ) from error


def parse_manifest(folder: Path, content: bytes) -> dict[str, Any]:
    """Return what the manifest of the model in ``folder`` says, unchecked.

    Raises:
        ArtifactError: It is not a JSON object.
    """
    try:
        manifest = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ArtifactError(
            f"{folder / MANIFEST} is not valid JSON: {error}"
        ) from error
    if not isinstance(manifest, dict):
        raise ArtifactError(f"{folder / MANIFEST} holds no JSON object")
    return manifest
