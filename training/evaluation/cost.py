"""The size and the latency of a model, known before it is trained."""

import statistics
import time

from sentiment.config import WeightFormat
from sentiment.network.classifier import RNNClassifier
from sentiment.network.threads import one_thread
from sentiment.prediction.artifact import Artifact
from sentiment.prediction.predictor import Predictor
from sentiment.text.vocabulary import Vocabulary

# A typical request, of 25 words.
TEXT = (
    "I bought this for my kitchen last month and it has worked every day since, "
    "although the handle gets warm and the box was damaged."
)
_ASKED, _WARMING = 31, 5


def megabytes(
    classifier: RNNClassifier,
    vocabulary: Vocabulary,
    weights: WeightFormat = "float32",
) -> float:
    """Return the artifact's size in MB: its weights, in this format, and vocabulary.

    The manifest and the model card, a few thousand bytes, are left out.
    """
    numbers: int = sum(value.numel() for value in classifier.state_dict().values())
    size = numbers * (4 if weights == "float32" else 2)
    return (size + len(vocabulary.format().encode())) / 1e6


def milliseconds(classifier: RNNClassifier, vocabulary: Vocabulary) -> float:
    """Return the median latency for one text of 25 words, on one thread.

    It does not depend on the weights, so the network may be untrained.
    """
    predictor = Predictor(
        Artifact(
            version="untrained",
            config=classifier.config,
            vocabulary=vocabulary,
            classifier=classifier,
        )
    )
    with one_thread():
        times = [_time_of_an_answer(predictor) for _ in range(_WARMING + _ASKED)]
    return 1000 * statistics.median(times[_WARMING:])


def _time_of_an_answer(predictor: Predictor) -> float:
    began = time.perf_counter()
    predictor.predict(TEXT)
    return time.perf_counter() - began
