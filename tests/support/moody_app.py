"""The application over a model with moods, for gunicorn: ``moody_app:create()``."""

import os
import time
from pathlib import Path

from flask import Flask

import sentiment
from sentiment.prediction.predictor import Predictor
from service.app import create_app

# A text that says "slow" makes the first of these in MOODY_FOLDER, and waits there for
# somebody to make the other, at most so many seconds.
BEGUN, GO_ON, AT_MOST = "begun", "go-on", 60


class MoodyPredictor(Predictor):
    """Raises at a text that says "boom"; takes its time over one that says "slow"."""

    def encode(self, texts):
        for text in texts:
            if "boom" in text:
                raise RuntimeError(f"cannot bear {text!r}")
            if "slow" in text:
                wait_to_go_on(Path(os.environ["MOODY_FOLDER"]))
        return super().encode(texts)


def wait_to_go_on(folder: Path) -> None:
    (folder / BEGUN).touch()
    ends = time.monotonic() + AT_MOST
    while not (folder / GO_ON).exists() and time.monotonic() < ends:
        time.sleep(0.02)


def create() -> Flask:
    """Return the application, unless MOODY_FOLDER has a file that forbids it."""
    if (Path(os.environ["MOODY_FOLDER"]) / "no-more").exists():
        raise OSError("cannot begin")
    model = sentiment.load(os.environ["MOODY_MODEL"])
    return create_app(MoodyPredictor(model.artifact))
