"""Publish a model whole or not at all, and move which published version is current.

The folder of models holds a folder for each version, the link ``current`` and a
journal. A version gets its name when every byte of it is on the disk and it loads; then
the link is moved by one rename. So ``current`` is a whole model at any moment, also
after a crash at any step.
"""

import logging
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sentiment.artifacts.store import CURRENT, MANIFEST, bundled_model, read_manifest
from sentiment.disk import sync_folder, write_durably
from sentiment.errors import ArtifactError
from sentiment.wording import nearest
from training.publishing.journal import JOURNAL, Journal
from training.recipes.names import VERSION

if TYPE_CHECKING:
    from sentiment.config import WeightFormat
    from sentiment.prediction.artifact import Artifact

_log = logging.getLogger(__name__)

# What stands for any version, or none: no version can be called so.
ANY = "*"

# What stands for the version that ships with the package.
BUNDLED = "bundled"

_RESERVED = (CURRENT, JOURNAL, BUNDLED)

_TO_THE_BUNDLED = f"`sentiment-train models promote {BUNDLED}`"

# Beside the versions, since a rename cannot cross disks; hidden from listings.
_STAGING = ".publishing"
_NEXT_LINK = ".next"
_LOCK = ".lock"


@dataclass(frozen=True, kw_only=True)
class PublishedVersion:
    """One version in the folder of models; ``problem`` says why it is unreadable."""

    name: str
    folder: Path
    current: bool
    created: str = ""
    metrics: dict[str, Any]
    problem: str | None = None


def publish(
    artifact: "Artifact",
    models: Path,
    *,
    weights: "WeightFormat" = "float32",
    replacing: str | None = ANY,
) -> Path:
    """Write ``artifact`` into ``models`` and make it current; return its folder.

    ``weights`` is their number format on disk. ``replacing`` is the version that it was
    compared with, None if nothing was current, or ``ANY`` to replace any. A second
    publisher waits until the first is done.

    Raises:
        ArtifactError: The version exists already, its name cannot be one, it does not
            load, another version than ``replacing`` is current, or the disk refuses.
            ``current`` is then unchanged.
    """
    from sentiment.artifacts.folder import load_artifact, save_artifact

    _check_name(artifact.version)
    folder, staging = models / artifact.version, models / _STAGING
    with _writing(models, create=True):
        if replacing != ANY:
            _require_current(replacing, models)
        if folder.exists():
            raise ArtifactError(
                f"{folder} is published already, and a version never changes: publish "
                "under another version"
            )
        try:
            shutil.rmtree(staging, ignore_errors=True)  # of a publisher that was killed
            staging.mkdir()
            save_artifact(artifact, staging, weights=weights)
            sync_folder(staging)
            load_artifact(staging)
            os.rename(staging, folder)
            sync_folder(models)
            _make_current(models, artifact.version, "publish")
        except OSError:
            _withdraw(folder)
            raise
        finally:
            shutil.rmtree(staging, ignore_errors=True)
    return folder


def list_versions(models: Path) -> list[PublishedVersion]:
    """Return the versions in ``models``, oldest first; none where it is no folder."""
    if not models.is_dir():
        return []
    current = current_version(models)
    found = [
        _describe(folder, current=folder.name == current)
        for folder in models.iterdir()
        if VERSION.fullmatch(folder.name)
        and folder.name not in _RESERVED
        and folder.is_dir()
    ]
    return sorted(found, key=lambda one: (one.created, one.name))


def describe_bundled(models: Path) -> PublishedVersion | None:
    """Describe the model that ships, which is current if no version of ``models`` is.

    None if the package was built without one.
    """
    try:
        folder = bundled_model()
    except ArtifactError:
        return None
    return _describe(folder, current=not (models / CURRENT).is_symlink())


def current_version(models: Path) -> str | None:
    """Return the version that ``current`` links to, None where there is no link.

    For a link that leaves the folder, return its target: that is not a version,
    whatever its name.

    Raises:
        ArtifactError: ``current`` is not a link but a file or folder of its own.
    """
    link = models / CURRENT
    if link.is_symlink():
        target = os.readlink(link)
        folder = models / target
        inside = folder.parent.resolve() == models.resolve()
        return folder.name if inside else target
    if link.exists():
        raise ArtifactError(
            f"{link} is not a link, so that it cannot be moved to another version: "
            "rename it to the version it holds"
        )
    return None


def promote(version: str, models: Path) -> Path:
    """Make a published version current, after a check that it loads.

    ``"bundled"`` is the model that ships with the package; it is copied into ``models``
    first.

    Raises:
        ArtifactError: There is no such version, or it is damaged, or the disk refuses.
    """
    from sentiment.artifacts.folder import load_artifact

    with _writing(models):
        if version == BUNDLED:
            folder = _bundled_copy(models)
        else:
            folder = _published(version, models)
        load_artifact(folder)
        if folder.name != current_version(models):
            _make_current(models, folder.name, "promote")
    return folder


def rollback(models: Path) -> Path:
    """Make the previous version current; repeat to go further back.

    Raises:
        ArtifactError: Nothing was current before, or that version is gone or damaged
            (it is not skipped; :func:`promote` takes any version), or the disk refuses.
    """
    from sentiment.artifacts.folder import load_artifact

    with _writing(models):
        trail = Journal(models).trail(current_version(models))
        if len(trail) < 2:
            raise ArtifactError(
                f"{models} has no version before {trail[0] if trail else 'the first'}: "
                f"{_TO_THE_BUNDLED} goes back to the bundled model"
            )
        previous, current = trail[-2:]
        try:
            folder = _published(previous, models)
            load_artifact(folder)
        except ArtifactError as error:
            raise _no_way_back(models, current, previous, error) from error
        _make_current(models, previous, "rollback")
    return folder


def _no_way_back(
    models: Path, current: str, previous: str, error: ArtifactError
) -> ArtifactError:
    known = [one.name for one in list_versions(models)]
    reason = str(error) if previous in known else "it is not there any more"
    others = ", ".join(repr(one) for one in known if one not in (current, previous))
    way_out = (
        f"`sentiment-train models promote NAME`: there is {others}"
        if others
        else f"{_TO_THE_BUNDLED}, which goes back to the bundled model"
    )
    return ArtifactError(
        f"{models} cannot go back from {current!r} to {previous!r}: {reason}. A "
        f"possible solution is {way_out}"
    )


@contextmanager
def _writing(models: Path, *, create: bool = False) -> Iterator[None]:
    """Lock the folder for one writer, until the end of the process at the latest.

    Raises:
        ArtifactError: There is no such folder, ``current`` is not a link, or the disk
            refused something, here or in the body.
    """
    if not create and not models.is_dir():
        raise ArtifactError(
            f"there is no folder {models}, so that nothing is published there: a "
            "possible solution is to name another with --models DIR"
        )
    try:
        if create and not models.is_dir():
            models.mkdir(parents=True, exist_ok=True)
            sync_folder(models.parent)
        with (models / _LOCK).open("w") as lock:
            try:
                flock(lock, LOCK_EX | LOCK_NB)
            except BlockingIOError:
                _log.info("waiting: another process is changing %s", models)
                flock(lock, LOCK_EX)
            current_version(models)  # raises where the link could not be moved
            yield
    except OSError as error:
        raise ArtifactError(
            f"{models} could not be changed: {error}. "
            f"Current is {current_version(models) or 'no version'}"
        ) from error


def _make_current(models: Path, version: str, action: str) -> None:
    journal = Journal(models)
    journal.trail(current_version(models))  # first correct what a crash may have left
    journal.record(action, version)
    link = models / _NEXT_LINK
    link.unlink(missing_ok=True)
    link.symlink_to(version)
    os.replace(link, models / CURRENT)
    sync_folder(models)


def _require_current(expected: str | None, models: Path) -> None:
    """Refuse if ``current`` has moved since a model was compared with ``expected``."""
    current = current_version(models)
    if current != expected:
        raise ArtifactError(
            f"{models} has {current or 'no version'} as current by now, and this model "
            f"was to replace {expected or 'none'}"
        )


def _withdraw(folder: Path) -> None:
    """Take a version back whose publishing failed, unless it is current already."""
    if current_version(folder.parent) != folder.name:
        with suppress(OSError):
            os.rename(folder, folder.parent / _STAGING)


def _published(version: str, models: Path) -> Path:
    folder = models / version
    known = [one.name for one in list_versions(models)]
    if version not in known:
        raise ArtifactError(
            f"{models} has no version {version!r}: {nearest(version, known)}"
        )
    return folder


def _bundled_copy(models: Path) -> Path:
    """Return the folder in ``models`` of the bundled model, copied there if need be."""
    source = bundled_model()
    folder, staging = models / source.name, models / _STAGING
    if folder.exists():
        return folder
    shutil.rmtree(staging, ignore_errors=True)  # of a publisher that was killed
    try:
        staging.mkdir()
        for file in source.iterdir():
            write_durably(staging / file.name, file.read_bytes())
        sync_folder(staging)
        os.rename(staging, folder)
        sync_folder(models)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return folder


def _describe(folder: Path, *, current: bool) -> PublishedVersion:
    try:
        manifest = read_manifest(folder)
        problem = None
    except ArtifactError as error:
        manifest, problem = {}, str(error)
    metrics = manifest.get("metrics", {})
    if not isinstance(metrics, dict):
        metrics = {}
        problem = f"the metrics in {folder / MANIFEST} are not a JSON object"
    return PublishedVersion(
        name=folder.name,
        folder=folder,
        current=current,
        created=str(manifest.get("created", "")),
        metrics=metrics,
        problem=problem,
    )


def _check_name(version: str) -> None:
    if not VERSION.fullmatch(version) or version in _RESERVED:
        raise ArtifactError(
            f"{version!r} cannot be a version: use letters, digits, dots, - and _, "
            f"beginning with a letter or digit, and neither of {', '.join(_RESERVED)}"
        )
