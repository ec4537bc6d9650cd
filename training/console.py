"""The entry point of ``sentiment-train``."""

from sentiment.console import begin


def main() -> None:
    """Run the command ``sentiment-train``."""
    begin("training.cli")
