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

    def predict_each(self, texts, **options):
        _bear(texts)
        return super().predict_each(texts, **options)

    def answer(self, texts):
        _bear(texts)
        return super().answer(texts)


def _bear(texts):
    for text in texts:
        if "boom" in text:
            raise RuntimeError(f"cannot bear {text!r}")
        if "slow" in text:
            time.sleep(SLOW_SECONDS)


def create() -> Flask:
    model = sentiment.load(os.environ["ODD_MODEL"])
    return create_app(OddPredictor(model.artifact))
