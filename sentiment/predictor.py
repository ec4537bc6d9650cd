"""From texts to predictions: the one path that HTTP, command line and files share."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple, overload

import torch
from torch import Tensor

from sentiment.batching import buckets, head_and_tail, pad
from sentiment.config import ModelConfig
from sentiment.encoding import Encoder
from sentiment.errors import TextError
from sentiment.explain import explain_tokens
from sentiment.model import Artifact
from sentiment.prediction import Prediction, SentencePrediction, choose_label
from sentiment.sentences import sentence_spans
from sentiment.tokenizer import tokenize_with_offsets
from sentiment.vocabulary import UNK

# Padded tokens a batch: enough to keep the kernel busy, little enough for the cache.
_TOKEN_BUDGET = 8_192

Probabilities = tuple[float, float, float]


class Reading(NamedTuple):
    """What the model reads of a text, and how many tokens the whole text has."""

    token_ids: Sequence[int]
    token_count: int


class Predictor:
    """Answers for one model; safe to share between threads.

    ``max_characters`` refuses a longer text: a service sets it, so that no request
    takes a thread for long.
    """

    def __init__(
        self, artifact: Artifact, *, max_characters: int | None = None
    ) -> None:
        self.artifact = artifact
        self.max_characters = max_characters
        self._classifier = artifact.classifier.eval()
        self._encoder = Encoder(artifact.vocabulary)

    @property
    def version(self) -> str:
        """The version of the model that answers."""
        return self.artifact.version

    @property
    def config(self) -> ModelConfig:
        """The shape of the network, and how much of a text it reads."""
        return self.artifact.config

    @property
    def metrics(self) -> dict[str, Any]:
        """What was measured when the model was published."""
        return self.artifact.metrics

    @overload
    def predict(self, texts: str, **options: Any) -> Prediction: ...

    @overload
    def predict(self, texts: Sequence[str], **options: Any) -> list[Prediction]: ...

    def predict(
        self, texts: str | Sequence[str], **options: Any
    ) -> Prediction | list[Prediction]:
        """Return a text's prediction, or one for each of several texts.

        Options are those of :meth:`predict_each`.

        Raises:
            TextError: A text cannot be scored; the message names its position.
        """
        if isinstance(texts, str):
            return _sound(self.predict_each([texts], **options)[0])
        predictions = []
        for position, answer in enumerate(self.predict_each(texts, **options)):
            if isinstance(answer, TextError):
                raise TextError(answer.code, f"texts[{position}]: {answer.message}")
            predictions.append(answer)
        return predictions

    def predict_each(
        self,
        texts: Sequence[str],
        *,
        explain: bool = False,
        sentences: bool = False,
        min_confidence: float = 0.0,
    ) -> list[Prediction | TextError]:
        """Return for each text its prediction, or why it cannot be scored.

        The order is that of ``texts``; a text's answer does not depend on the others.

        Args:
            texts: Reviews, as their writers wrote them.
            explain: Add ``tokens``: each token's contribution and the running state.
            sentences: Add ``sentences``: each sentence scored on its own.
            min_confidence: Answer ``"uncertain"`` below this confidence.
        """
        answers: dict[int, Prediction | TextError] = {}
        readings: dict[int, Reading] = {}
        for position, text in enumerate(texts):
            try:
                readings[position] = self._read(text)
            except TextError as error:
                answers[position] = error
        found = self._probabilities([read.token_ids for read in readings.values()])
        for (position, reading), triple in zip(readings.items(), found, strict=True):
            answer = _prediction(reading, triple, min_confidence)
            if explain:
                answer = self._explained(answer, texts[position], reading)
            answers[position] = answer
        if sentences:
            self._add_sentences(answers, texts, min_confidence)
        return [answers[position] for position in range(len(texts))]

    def predict_frame(
        self, frame: Any, *, text_column: Any = None, prefix: str = ""
    ) -> Any:
        """Return a pandas frame with its results as further columns.

        :func:`sentiment.frames.predict_frame` says which, and what is raised.
        """
        # Late: frames are for notebooks.
        from sentiment.frames import predict_frame

        return predict_frame(self, frame, text_column=text_column, prefix=prefix)

    def _read(self, text: str) -> Reading:
        if self.max_characters is not None and len(text) > self.max_characters:
            raise TextError(
                "text_too_long",
                f"the text has {len(text):,} characters, at most "
                f"{self.max_characters:,} are taken: send it in parts",
            )
        token_ids = self._encoder.encode(text)
        if not token_ids:
            raise _unreadable(text)
        read = head_and_tail(token_ids, self.config.max_tokens, self.config.head_share)
        return Reading(read, len(token_ids))

    def _probabilities(self, sequences: Sequence[Sequence[int]]) -> list[Probabilities]:
        """Return calibrated probabilities in the order of ``sequences``."""
        found: list[Probabilities] = [(0.0, 0.0, 0.0)] * len(sequences)
        for positions in buckets([len(ids) for ids in sequences], _TOKEN_BUDGET):
            with torch.inference_mode():
                logits = self._classifier(pad([sequences[at] for at in positions]))
            for at, triple in zip(positions, self._calibrated(logits), strict=True):
                found[at] = triple
        return found

    def _calibrated(self, logits: Tensor) -> list[Probabilities]:
        # In double precision the three sum to 1 in every digit that is shown.
        scaled = logits.double() / self.artifact.temperature
        triples: list[Probabilities] = torch.softmax(scaled, dim=-1).tolist()
        return [
            (negative, neutral, positive) for negative, neutral, positive in triples
        ]

    def _explained(
        self, prediction: Prediction, text: str, reading: Reading
    ) -> Prediction:
        tokens = head_and_tail(
            tokenize_with_offsets(text), self.config.max_tokens, self.config.head_share
        )
        predicted = prediction.probabilities.index(max(prediction.probabilities))
        contributions, gap = explain_tokens(
            self.artifact, text, tokens, reading.token_ids, predicted
        )
        return replace(prediction, tokens=contributions, explanation_gap=gap)

    def _add_sentences(
        self,
        answers: dict[int, Prediction | TextError],
        texts: Sequence[str],
        min_confidence: float,
    ) -> None:
        """Put into each prediction the sentences of its text, all scored at once."""
        sound = {
            position: answer
            for position, answer in answers.items()
            if isinstance(answer, Prediction)
        }
        spans = [
            (position, start, end)
            for position in sound
            for start, end in sentence_spans(texts[position])
        ]
        scored = self.predict_each(
            [texts[position][start:end] for position, start, end in spans],
            min_confidence=min_confidence,
        )
        rows: dict[int, list[SentencePrediction]] = {position: [] for position in sound}
        for (position, start, end), sentence in zip(spans, scored, strict=True):
            # A "sentence" without a token (a lone control character) says nothing.
            if isinstance(sentence, Prediction):
                rows[position].append(
                    SentencePrediction(
                        start, end, sentence.label, sentence.probabilities
                    )
                )
        for position, answer in sound.items():
            answers[position] = replace(answer, sentences=tuple(rows[position]))


def limit_threads(threads: int) -> None:
    """Let torch compute with ``threads`` threads in this process.

    Several processes that each take all cores slow each other down several times over.
    """
    torch.set_num_threads(threads)


def _prediction(
    reading: Reading, probabilities: Probabilities, min_confidence: float
) -> Prediction:
    label, confidence = choose_label(probabilities, min_confidence)
    return Prediction(
        label=label,
        confidence=confidence,
        probabilities=probabilities,
        token_count=reading.token_count,
        tokens_read=len(reading.token_ids),
        unknown_tokens=reading.token_ids.count(UNK),
    )


def _unreadable(text: str) -> TextError:
    if not text or text.isspace():
        return TextError("empty_text", "the text is empty: send some words")
    return TextError(
        "no_tokens", "the text holds no word, number or sign that can be read"
    )


def _sound(answer: Prediction | TextError) -> Prediction:
    if isinstance(answer, TextError):
        raise answer
    return answer
