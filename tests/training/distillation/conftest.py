"""A recipe with a teacher, its folder of runs, and a transformer fitted to a toy."""

from pathlib import Path

import pytest
from toy import recipe_with_raw

from training.data.gathering import read


@pytest.fixture
def fitted_teacher(toy_data: Path, tmp_path: Path) -> Path:
    pytest.importorskip("transformers")
    from transformers_for_tests import write_transformer

    from training.distillation.fine_tuning import fit_teacher

    base = write_transformer(tmp_path / "base")
    config = recipe_with_raw(
        teacher={
            "base": str(base),
            "epochs": 4,
            "learning_rate": 3e-3,
            "batch_texts": 8,
        }
    )
    splits = read(config, toy_data).splits
    folder = tmp_path / "runs" / "teachers" / "toy"
    folder.parent.mkdir(parents=True)
    fit_teacher(
        config,
        splits,
        folder,
        checkpoints=tmp_path / "checkpoints",
        show_progress=False,
    )
    return folder


@pytest.fixture
def recipe():
    return recipe_with_raw(
        teachers=[{"path": "own"}],
        distillation={"soft_labels": "soft", "sentences": 12, "weight": 0.5},
    )


@pytest.fixture
def runs(tmp_path, artifact_folder):
    folder = tmp_path / "runs"
    folder.mkdir()
    artifact_folder.rename(folder / "own")
    return folder
