"""Which model is used where none is named."""

import shutil
from pathlib import Path

import pytest

from sentiment.artifacts import store
from sentiment.artifacts.folder import load_artifact
from sentiment.errors import ArtifactError


@pytest.fixture
def models(artifact_folder, monkeypatch, tmp_path):
    """Return the folder of published models; the working directory is above it."""
    monkeypatch.delenv("SENTIMENT_MODELS", raising=False)
    monkeypatch.chdir(tmp_path)
    return artifact_folder.parent


def test_a_link_names_the_version_it_points_to(models, artifact_folder):
    (models / "current").symlink_to(artifact_folder.name)
    assert store.resolve() == artifact_folder.resolve()


def test_a_copy_that_followed_the_link_is_current(models, artifact_folder):
    """As of `cp -rL` or a container's COPY: the bundled model was used, unsaid."""
    shutil.copytree(artifact_folder, models / "current")
    assert store.resolve() == (models / "current").resolve()


def test_a_link_to_nothing_is_not_passed_over_for_another_model(models):
    (models / "current").symlink_to("gone")
    assert store.resolve() == (models / "gone").resolve()


def test_without_a_current_model_it_is_the_bundled_one(models):
    assert store.resolve() == store.bundled_model()


def test_a_link_that_leads_back_to_itself_is_told_as_such(models):
    """It ended in a traceback."""
    (models / "current").symlink_to("current")
    for path in (None, models / "current"):
        with pytest.raises(ArtifactError, match="current"):
            load_artifact(store.resolve(path))


@pytest.mark.parametrize("named", [False, True])
def test_where_nobody_may_look_is_no_reason_to_take_another(models, monkeypatch, named):
    """The bundled model was served in the place of the published one."""

    def refuse(path, **_options):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "stat" if named else "lstat", refuse)
    with pytest.raises(ArtifactError, match=r"cannot look .*: Permission denied"):
        store.resolve(models / "current" if named else None)


def test_an_empty_setting_is_none(models, monkeypatch):
    """It meant the working directory."""
    monkeypatch.setenv("SENTIMENT_MODELS", "")
    assert store.models_folder().resolve() == models.resolve()
