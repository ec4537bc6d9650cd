"""What a model would cost to keep and to ask, known before it is trained."""

import statistics
import time

from sentiment.config import WeightFormat
from sentiment.model import Artifact
from sentiment.network.classifier import RNNClassifier
from sentiment.network.threads import one_thread
from sentiment.predictor import Predictor
from sentiment.text.vocabulary import Vocabulary

# A review of 25 words, as people write to a service; what it says does not matter.
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
    """Return the artifact's size in MB: its ``weights`` and its vocabulary.

    The manifest and the model card, a few thousand bytes, are left out.
    """
    numbers: int = sum(value.numel() for value in classifier.state_dict().values())
    size = numbers * (4 if weights == "float32" else 2)
    return (size + len(vocabulary.format().encode())) / 1e6


def milliseconds(classifier: RNNClassifier, vocabulary: Vocabulary) -> float:
    """Return the median time of an answer to one text of 25 words, on one thread.

    The weights do not matter for it, so an untrained network tells.
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
