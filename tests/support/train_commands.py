"""The command sentiment-train as a process, and recipes for it that take seconds."""

import subprocess
import sys
from pathlib import Path

RECIPE = """
name = "toy"
baselines = ["majority"]
[[sources]]
name = "reviews"
path = "reviews.csv"
[split]
validation = 0.2
test = 0.2
[model]
embedding_dim = 8
hidden_dim = 8
[training]
epochs = 2
learning_rate = 0.02
device = "cpu"
threads = 1
"""

# The same with every table that a search changes.
SEARCHED_RECIPE = """
name = "toy"
seed = 3
baselines = ["majority"]
[[sources]]
name = "reviews"
path = "reviews.csv"
[split]
validation = 0.2
test = 0.2
[vocabulary]
max_size = 200
min_count = 1
[model]
embedding_dim = 8
hidden_dim = 8
[training]
epochs = 3
batch_texts = 16
learning_rate = 0.01
device = "cpu"
threads = 1
"""


def train_command(*arguments: str) -> list[str]:
    """Return the command's words."""
    return [sys.executable, "-m", "training.cli", *arguments]


def train(*arguments: str, cwd: Path) -> "subprocess.CompletedProcess[str]":
    """Run the command in ``cwd`` to its end."""
    return subprocess.run(
        train_command(*arguments), capture_output=True, text=True, cwd=cwd, check=False
    )
