"""From texts to predictions: the one path that HTTP, command line and files share."""

from collections.abc import Callable, Sequence
from functools import cached_property, partial
from typing import Any, overload

import numpy as np
import torch

from sentiment.config import ModelConfig, Precision, PrecisionChoice
from sentiment.errors import TextError
from sentiment.network.batching import Sequences
from sentiment.network.precision import choose_precision
from sentiment.network.runner import NetworkRunner, Pause
from sentiment.prediction.answers import Answers, Floats, calibrated
from sentiment.prediction.artifact import Artifact
from sentiment.prediction.encoded_texts import EncodedTexts, encode_texts, require_texts
from sentiment.prediction.explain import with_explanations
from sentiment.prediction.prediction import Prediction, check_min_confidence
from sentiment.text.encoding import Encoder

# How often the golden texts stand in a batch that is measured or compared.
_GOLDEN_COPIES = 4


class Predictor:
    """Answers for one model; safe to share between threads.

    ``max_characters`` refuses a longer text: a service sets it, so that no request
    takes a thread for long. ``precision`` ``"auto"`` picks the faster one on this
    machine; the attribute holds the choice. A GPU as the ``device`` always computes in
    float32. All entry points use a Predictor, so they give the same answers.

    Raises:
        ConfigError: There is no such precision.
    """

    def __init__(
        self,
        artifact: Artifact,
        *,
        max_characters: int | None = None,
        precision: PrecisionChoice = "auto",
        device: torch.device | None = None,
    ) -> None:
        self.artifact = artifact
        self.max_characters = max_characters
        self.device = device
        self._encoder = Encoder(artifact.vocabulary)
        classifier = artifact.classifier.eval()
        self.precision = self._choose_precision(precision)
        self._runner = NetworkRunner(classifier, self.precision, device)

    def in_precision(self, precision: Precision) -> "Predictor":
        """Return the predictor of this model that reads in ``precision``."""
        if precision == self.precision:
            return self
        return Predictor(
            self.artifact,
            max_characters=self.max_characters,
            precision=precision,
            device=self.device,
        )

    @property
    def version(self) -> str:
        """The version of the model that answers."""
        return self.artifact.version

    @property
    def config(self) -> ModelConfig:
        """The shape of the network, and how much of a text it reads."""
        return self.artifact.config

    @cached_property
    def requests_are_batch_invariant(self) -> bool:
        """Whether a text has exactly the same probabilities alone as in a batch.

        Measured once, on the golden texts: some processors' kernels round by the size
        of the batch.
        """
        return self._is_batch_invariant(self._runner.logits)

    @cached_property
    def files_are_batch_invariant(self) -> bool:
        """The same of a file's texts, for which float32 has another way of reading.

        Apart, since measuring it makes the large table that this way needs.
        """
        return self._is_batch_invariant(self._runner.logits_for_file)

    def _is_batch_invariant(self, logits: Callable[[Sequences], torch.Tensor]) -> bool:
        texts = self.artifact.golden_texts
        # Whatever the limit of characters: the golden texts are the model's own.
        encode = partial(encode_texts, self._encoder, self.config)
        together = encode([*texts] * _GOLDEN_COPIES).sequences
        alone = [encode([text]).sequences for text in texts]
        return np.array_equal(
            logits(together)[: len(texts)],
            torch.cat([logits(one) for one in alone]),
            equal_nan=True,
        )

    @overload
    def predict(  # type: ignore[overload-overlap]  # a str is a sequence, too
        self,
        texts: str,
        *,
        explain: bool = ...,
        sentences: bool = ...,
        min_confidence: float = ...,
    ) -> Prediction: ...

    @overload
    def predict(
        self,
        texts: Sequence[str],
        *,
        explain: bool = ...,
        sentences: bool = ...,
        min_confidence: float = ...,
    ) -> list[Prediction]: ...

    def predict(
        self,
        texts: str | Sequence[str],
        *,
        explain: bool = False,
        sentences: bool = False,
        min_confidence: float = 0.0,
    ) -> Prediction | list[Prediction]:
        """Return a text's prediction, or one for each of several texts.

        Options are those of :meth:`predict_each`.

        Raises:
            TextError: A text cannot be scored; the message names its position.
        """
        answers = self.predict_each(
            [texts] if isinstance(texts, str) else texts,
            explain=explain,
            sentences=sentences,
            min_confidence=min_confidence,
        )
        if isinstance(texts, str):
            return _sound(answers[0])
        return [
            _sound(answer, f"texts[{position}]: ")
            for position, answer in enumerate(answers)
        ]

    def predict_each(
        self,
        texts: Sequence[str],
        *,
        explain: bool = False,
        sentences: bool = False,
        min_confidence: float = 0.0,
        pause: Pause | None = None,
    ) -> list[Prediction | TextError]:
        """Return for each text its prediction, or why it cannot be scored.

        The order is that of ``texts``; a text's answer does not depend on the others.

        Args:
            texts: Reviews, as their writers wrote them.
            explain: Add ``tokens``: each token's contribution and the running state.
            sentences: Add ``sentences``: each sentence scored on its own.
            min_confidence: Answer ``"uncertain"`` below this confidence, from 0 to 1.
            pause: Called between the pieces of what would take seconds in one: the
                explanation of a bidirectional model. It may raise to end the work.

        Raises:
            TypeError: One of ``texts`` is not a text; the message names which. Or
                they are a frame, which :meth:`predict_frame` takes.
            ValueError: ``min_confidence`` is not from 0 to 1.
        """
        check_min_confidence(min_confidence)
        texts = require_texts(texts)
        encoded = self.encode(texts)
        probabilities = self.probabilities(encoded.sequences)
        answers = self.predictions(encoded, probabilities, min_confidence)
        if explain:
            answers = with_explanations(
                answers, texts, encoded.sequences, self.artifact, self._runner, pause
            )
        if sentences:
            # Late: it imports NLTK, which takes as long as torch where scikit-learn is
            # installed.
            from sentiment.prediction.sentences import with_sentences

            predict = partial(self.predict_each, min_confidence=min_confidence)
            answers = with_sentences(answers, texts, predict)
        return answers

    def predict_frame(
        self, frame: Any, *, text_column: Any = None, prefix: str = ""
    ) -> Any:
        """Return a pandas frame with its results as further columns.

        :func:`sentiment.frames.predict_frame` says which, and what is raised.
        """
        # Late: frames are for notebooks.
        from sentiment.frames import predict_frame

        return predict_frame(self, frame, text_column=text_column, prefix=prefix)

    def predict_arrays(self, texts: Sequence[str]) -> Answers:
        """Return :meth:`predict_each`'s answers as arrays, for the texts of a file.

        In float32 they are read step by step, which is fastest for many texts; the
        probabilities then agree to 1e-6.
        """
        encoded = self.encode(texts)
        logits = self._runner.logits_for_file(encoded.sequences)
        found = calibrated(logits, self.artifact.temperature)
        return Answers.of(encoded, found)

    def predictions(
        self, encoded: EncodedTexts, probabilities: Floats, min_confidence: float = 0.0
    ) -> list[Prediction | TextError]:
        """Return what :meth:`predict_each` does, given its first two steps.

        ``encode``, ``probabilities`` and this are its three steps, for a caller who
        computes the probabilities of several requests at once.
        """
        return list(Answers.of(encoded, probabilities).predictions(min_confidence))

    def encode(self, texts: Sequence[str]) -> EncodedTexts:
        """Return what the network would be shown of each text."""
        return encode_texts(self._encoder, self.config, texts, self.max_characters)

    def probabilities(self, sequences: Sequences) -> Floats:
        """Return calibrated probabilities, NaN for a text without a token."""
        return calibrated(self._runner.logits(sequences), self.artifact.temperature)

    def _choose_precision(self, asked: PrecisionChoice) -> Precision:
        """Return the precision of inference; on a GPU it is always float32."""
        if self.device is not None and self.device.type == "cuda":
            return "float32"
        sequences = map(self._encoder.encode, self.artifact.golden_texts)
        golden = [token_ids for token_ids in sequences if token_ids] * _GOLDEN_COPIES
        return choose_precision(self.artifact.classifier, golden, asked)


def _sound(answer: Prediction | TextError, where: str = "") -> Prediction:
    if isinstance(answer, TextError):
        raise TextError(answer.code, f"{where}{answer.message}")
    return answer
