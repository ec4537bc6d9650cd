"""A recipe that trains in a second."""

from pathlib import Path
from typing import Any

from training.config import TrainingConfig
from training.data.splitting import Splits
from training.distillation.label import Labelled, label


def toy_recipe(**tables: object) -> TrainingConfig:
    """Return a recipe over the toy texts that trains in a second."""
    return TrainingConfig.from_dict(
        {
            "name": "toy",
            "baselines": ["majority"],
            "sources": [{"name": "toy", "path": "toy.csv"}],
            "unlabelled": [{"name": "raw", "path": "raw.csv"}],
            "split": {"validation": 0.2, "test": 0.2},
            "vocabulary": {"min_count": 1},
            "model": {"embedding_dim": 12, "hidden_dim": 16},
            "training": {"epochs": 2, "learning_rate": 1e-2, "device": "cpu"},
            **tables,
        }
    )


def label_with(
    recipe: TrainingConfig, splits: Splits, data: Path, runs: Path, **options: Any
) -> Labelled:
    """Let the recipe's teachers in ``runs`` label its texts, into ``runs / "soft"``."""
    return label(
        recipe,
        splits,
        runs / "soft",
        data_root=data,
        runs=runs,
        show_progress=False,
        **options,
    )
