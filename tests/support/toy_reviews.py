"""Made-up reviews whose words decide their labels, and a recipe that learns them."""

import csv
import random
from pathlib import Path

from training.config import TrainingConfig

GOOD = "great lovely excellent wonderful superb delightful".split()
BAD = "awful dreadful horrible terrible nasty poor".split()
PLAIN = "blue square wooden large monthly digital".split()
THINGS = "film meal phone hotel book app chair song".split()


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
    path: Path, rows: list[tuple[str, str]], header: tuple[str, str] = ("text", "label")
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
