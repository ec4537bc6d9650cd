"""The command sentiment-train as a process."""

import subprocess
import sys
from pathlib import Path


def train_command(*arguments: str) -> list[str]:
    """Return the command's words."""
    return [sys.executable, "-m", "training.cli", *arguments]


def train(*arguments: str, cwd: Path) -> "subprocess.CompletedProcess[str]":
    """Run the command in ``cwd`` to its end."""
    return subprocess.run(
        train_command(*arguments), capture_output=True, text=True, cwd=cwd, check=False
    )
