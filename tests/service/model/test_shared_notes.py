"""Workers of one service read a model alike, and know which one the others serve."""

import errno
import os
from pathlib import Path

import pytest

from sentiment.artifacts.store import MANIFEST
from service.model.shared_notes import SharedNotes


@pytest.fixture
def models(tmp_path) -> tuple[Path, Path]:
    """Two folders of models, of which no more is looked at than their manifests."""
    folders = tmp_path / "one", tmp_path / "other"
    for folder in folders:
        folder.mkdir()
        (folder / MANIFEST).write_text(folder.name)
    return folders


def test_the_first_chooses_the_precision_of_each_model(models, tmp_path):
    one, other = models
    first, later = (SharedNotes(tmp_path / "run") for _ in range(2))
    assert first.agree_on_precision(one, "bfloat16") == "bfloat16"
    assert later.agree_on_precision(one, "float32") == "bfloat16"
    assert later.agree_on_precision(other, "float32") == "float32"
    assert first.agree_on_precision(other, "bfloat16") == "float32"
    assert {path.name.partition("-")[0] for path in (tmp_path / "run").iterdir()} == {
        "precision"
    }


def test_what_cannot_be_agreed_on_is_said_and_leaves_nothing(
    models, tmp_path, monkeypatch, caplog
):
    def refuse(*_arguments):
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    chosen = SharedNotes(tmp_path / "run").agree_on_precision(models[0], "bfloat16")
    assert chosen == "bfloat16"
    assert "cannot agree on the precision: Operation not permitted" in caplog.text
    assert list((tmp_path / "run").iterdir()) == []


def test_who_starts_later_hears_which_model_is_served(models, tmp_path):
    one, other = models
    first, later = (SharedNotes(tmp_path / "run") for _ in range(2))
    assert later.served() is None
    for model in (one, other):
        first.note_served(model)
        assert later.served() == model
    assert os.listdir(tmp_path / "run") == ["serving"]


def test_without_a_folder_a_worker_decides_alone(models):
    alone = SharedNotes(None)
    alone.note_served(models[0])
    assert alone.served() is None
    assert alone.agree_on_precision(models[0], "bfloat16") == "bfloat16"
    assert alone.agree_on_precision(models[0], "float32") == "float32"
