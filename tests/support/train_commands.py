"""The command sentiment-train as a process, and recipes for it that take seconds."""

import subprocess
import sys
from pathlib import Path

_TABLES: dict[str, dict[str, object]] = {
    "split": {"validation": 0.2, "test": 0.2},
    "model": {"embedding_dim": 8, "hidden_dim": 8},
    "training": {"device": "cpu", "threads": 1},
}


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


def train_command(*arguments: str) -> list[str]:
    """Return the command's words."""
    return [sys.executable, "-m", "training.cli", *arguments]


def train(*arguments: str, cwd: Path) -> "subprocess.CompletedProcess[str]":
    """Run the command in ``cwd`` to its end."""
    return subprocess.run(
        train_command(*arguments), capture_output=True, text=True, cwd=cwd, check=False
    )
