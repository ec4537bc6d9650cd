"""Made-up reviews whose words decide their labels, and recipes that learn them."""

import csv
import random
from pathlib import Path
from typing import Any

from training.data.gathering import read
from training.data.splitting import Splits
from training.distillation.label import Labelled, label
from training.options import Folders
from training.recipes.config import TrainingConfig

GOOD = "great lovely excellent wonderful superb delightful".split()
BAD = "awful dreadful horrible terrible nasty poor".split()
PLAIN = "blue square wooden large monthly digital".split()
THINGS = "film meal phone hotel book app chair song".split()
_TABLES: dict[str, dict[str, object]] = {
    "split": {"validation": 0.2, "test": 0.2},
    "model": {"embedding_dim": 8, "hidden_dim": 8},
    "training": {"device": "cpu", "threads": 1},
}


def reviews(count: int, seed: int = 1) -> list[tuple[str, str]]:
    """Return rows of (text, label) whose label is in their words, each text its own."""
    chance = random.Random(seed)
    kinds = {"positive": GOOD, "negative": BAD, "neutral": PLAIN}
    rows = []
    for number in range(count):
        label = chance.choice(list(kinds))
        first, second = chance.sample(kinds[label], 2)
        text = f"The {chance.choice(THINGS)} no. {number} was {first} and {second}."
        rows.append((text, label))
    return rows


def write(
    path: Path, rows: list[tuple[str, ...]], header: tuple[str, ...] = ("text", "label")
) -> None:
    """Write rows as CSV."""
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])


def recipe(**changes: object) -> TrainingConfig:
    """Return a recipe over ``reviews.csv`` that trains in a few seconds."""
    values = {
        "name": "toy",
        "seed": 3,
        "sources": [{"name": "reviews", "path": "reviews.csv"}],
        "split": {"validation": 0.2, "test": 0.2},
        "vocabulary": {"max_size": 200, "min_count": 1},
        "model": {"embedding_dim": 16, "hidden_dim": 16, "dropout": 0.1},
        "training": {
            "epochs": 8,
            "batch_texts": 16,
            "learning_rate": 0.02,
            "device": "cpu",
            "threads": 1,
        },
        "baselines": ["majority"],
    }
    return TrainingConfig.from_dict({**values, **changes})


def recipe_with_raw(**tables: object) -> TrainingConfig:
    """Return a recipe that trains in a second, over the files of ``toy_data``.

    Beside labelled texts it has some without a label, for teachers and pretraining.
    """
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
        Folders(data=data, runs=runs),
        show_progress=False,
        **options,
    )


def read_and_label(
    recipe: TrainingConfig, data: Path, runs: Path, **options: Any
) -> tuple[Splits, Labelled]:
    """Read the recipe's texts, and let its teachers label them."""
    splits = read(recipe, data).splits
    return splits, label_with(recipe, splits, data, runs, **options)


def toy_toml(seed: int = 1, **tables: dict[str, object]) -> str:
    """Return a recipe over ``reviews.csv``; ``tables`` are added to the usual ones."""
    lines = ['name = "toy"', f"seed = {seed}", 'baselines = ["majority"]']
    lines += ["[[sources]]", 'name = "reviews"', 'path = "reviews.csv"']
    for name in {**_TABLES, **tables}:
        settings = {**_TABLES.get(name, {}), **tables.get(name, {})}
        lines += [f"[{name}]", *(f"{key} = {settings[key]!r}" for key in settings)]
    return "\n".join([*lines, ""])


RECIPE = toy_toml(training={"epochs": 2, "learning_rate": 0.02})
# The same with every table that a search changes.
SEARCHED_RECIPE = toy_toml(
    seed=3,
    vocabulary={"max_size": 200, "min_count": 1},
    training={"epochs": 3, "batch_texts": 16, "learning_rate": 0.01},
)
