"""The JSON of the answers, built without pydantic's models, for speed.

Their shapes are those of service/http/answer_models.py.
"""

import json
from collections.abc import Iterable, Mapping

from sentiment.errors import TextError
from sentiment.prediction.prediction import Prediction

JSON = "application/json"


def single_answer(prediction: Prediction, model: str, request_id: str) -> str:
    """Return the JSON of the answer to one ``text``."""
    closing = {"model": model, "request_id": request_id}
    return json.dumps(prediction.to_json() | closing)


def batch_entry(name: Mapping[str, str | int], answer: Prediction | TextError) -> str:
    """Return the JSON of the answer to one of ``texts``, under its ``name``."""
    return json.dumps({**name, **answer.to_json()})


def batch_answer(entries: Iterable[str], model: str, request_id: str) -> str:
    """Return the JSON of the answer to ``texts``, of the entry for each."""
    closing = json.dumps({"model": model, "request_id": request_id})
    return f'{{"predictions": [{", ".join(entries)}], {closing.removeprefix("{")}'
