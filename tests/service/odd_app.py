"""The application over a model with moods, for gunicorn: ``odd_app:create()``."""

import os
import time

from flask import Flask

import sentiment
from sentiment.predictor import Predictor
from service.app import create_app

SLOW_SECONDS = 2.0


class OddPredictor(Predictor):
    """Raises at a text that says "boom"; takes its time over one that says "slow"."""

    def read(self, texts):
        for text in texts:
            if "boom" in text:
                raise RuntimeError(f"cannot bear {text!r}")
            if "slow" in text:
                time.sleep(SLOW_SECONDS)
        return super().read(texts)


def create() -> Flask:
    model = sentiment.load(os.environ["ODD_MODEL"])
    return create_app(OddPredictor(model.artifact))
