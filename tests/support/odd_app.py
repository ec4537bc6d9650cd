"""The application over a model with moods, for gunicorn: ``odd_app:create()``."""

import os
import time
from pathlib import Path

from flask import Flask

import sentiment
from sentiment.predictor import Predictor
from service.app import create_app

# A text that says "slow" makes the first of these in ODD_FOLDER, and waits there for
# somebody to make the other, at most so many seconds.
BEGUN, GO_ON, AT_MOST = "begun", "go-on", 60


class OddPredictor(Predictor):
    """Raises at a text that says "boom"; takes its time over one that says "slow"."""

    def read(self, texts):
        for text in texts:
            if "boom" in text:
                raise RuntimeError(f"cannot bear {text!r}")
            if "slow" in text:
                wait_to_go_on(Path(os.environ["ODD_FOLDER"]))
        return super().read(texts)


def wait_to_go_on(folder: Path) -> None:
    (folder / BEGUN).touch()
    ends = time.monotonic() + AT_MOST
    while not (folder / GO_ON).exists() and time.monotonic() < ends:
        time.sleep(0.02)


def create() -> Flask:
    """Return the application, unless ODD_FOLDER has a file that forbids it."""
    if (Path(os.environ["ODD_FOLDER"]) / "no-more").exists():
        raise OSError("cannot begin")
    model = sentiment.load(os.environ["ODD_MODEL"])
    return create_app(OddPredictor(model.artifact))
