"""From texts to predictions: the one path that HTTP, command line and files share."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any, NamedTuple, overload

import numpy as np
import torch
from torch import Tensor

from sentiment.answers import Answers, Floats
from sentiment.config import ModelConfig, Precision, PrecisionChoice
from sentiment.errors import TextError
from sentiment.explain import explain_tokens
from sentiment.model import Artifact
from sentiment.network.batching import Sequences, head_and_tail
from sentiment.network.precision import choose_precision
from sentiment.network.reader import Reader
from sentiment.prediction import Prediction, SentencePrediction, choose_label
from sentiment.text.encoding import Encoder
from sentiment.text.sentences import sentence_spans
from sentiment.text.tokenizer import tokenize_with_offsets
from sentiment.text.vocabulary import UNK

# How often the golden texts stand in the batch by which the precision is chosen.
_GOLDEN_COPIES = 4


class Reading(NamedTuple):
    """What the model reads of several texts, and why it can read nothing of some.

    ``sequences`` and ``token_counts`` (of the whole texts) have a row a text.
    """

    sequences: Sequences
    token_counts: list[int]
    errors: dict[int, TextError]


class Predictor:
    """Answers for one model; safe to share between threads.

    ``max_characters`` refuses a longer text: a service sets it, so that no request
    takes a thread for long. ``precision`` is that which was chosen, for the machine
    where none is asked for; everything that answers asks a predictor, so that all
    answer alike. A GPU as the ``device`` reads in float32 whatever is asked for.

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
        on_gpu = device is not None and device.type == "cuda"
        self.precision = self._chosen("float32" if on_gpu else precision)
        self._reader = Reader(classifier, self.precision, device)

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

    def _chosen(self, asked: PrecisionChoice) -> Precision:
        sequences = map(self._encoder.encode, self.artifact.golden_texts)
        golden = [token_ids for token_ids in sequences if token_ids] * _GOLDEN_COPIES
        return choose_precision(self.artifact.classifier, golden, asked)

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

    @cached_property
    def answers_alike_in_company(self) -> bool:
        """Whether a text has the same digits alone as among others, to the last.

        Measured on this machine, once, for texts that are asked for and for those of
        files: a processor's kernels may not keep to it.
        """
        texts = self.artifact.golden_texts
        together = self.read(texts * 4).sequences
        alone = [self.read([text]).sequences for text in texts]
        return all(
            np.array_equal(
                read(together)[: len(texts)],
                torch.cat([read(one) for one in alone]),
                equal_nan=True,
            )
            for read in (self._reader.logits, self._reader.logits_for_file)
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
        predictions = []
        for position, answer in enumerate(answers):
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

        Raises:
            TypeError: One of ``texts`` is no text; the message names its position. Or
                they are a frame, which :meth:`predict_frame` takes.
        """
        texts = _require_texts(texts)
        reading = self.read(texts)
        probabilities = self.probabilities(reading.sequences)
        answers = self.predictions(reading, probabilities, min_confidence)
        if explain:
            self._add_explanations(answers, texts, reading.sequences)
        if sentences:
            self._add_sentences(answers, texts, min_confidence)
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

    def answer(self, texts: Sequence[str]) -> Answers:
        """Return what :meth:`predict_each` does in arrays, for the texts of a file.

        In float32 they are read in another way, the quickest for many: probabilities
        then agree to 1e-6.
        """
        reading = self.read(texts)
        logits = self._reader.logits_for_file(reading.sequences)
        return self._answers(reading, self._calibrated(logits))

    def predictions(
        self, reading: Reading, probabilities: Floats, min_confidence: float = 0.0
    ) -> list[Prediction | TextError]:
        """Return what :meth:`predict_each` does, of a reading and its probabilities.

        ``read``, ``probabilities`` and this are its three steps, for a caller who lets
        several readings share the one in the middle.
        """
        return list(_predictions(self._answers(reading, probabilities), min_confidence))

    def read(self, texts: Sequence[str]) -> Reading:
        """Return what the network would be shown of each text."""
        max_tokens, head_share = self.config.max_tokens, self.config.head_share
        token_ids: list[int] = []
        lengths: list[int] = []
        token_counts: list[int] = []
        errors: dict[int, TextError] = {}
        for position, text in enumerate(texts):
            found: Sequence[int] = []
            try:
                found = self._encode(text)
            except TextError as error:
                errors[position] = error
            read = head_and_tail(found, max_tokens, head_share)
            token_ids.extend(read)
            lengths.append(len(read))
            token_counts.append(len(found))
        sequences = Sequences(
            np.array(token_ids, np.int64), np.array(lengths, np.int64)
        )
        return Reading(sequences, token_counts, errors)

    def _encode(self, text: str) -> list[int]:
        """Return the token ids of ``text``; raises TextError where it has none."""
        if self.max_characters is not None and len(text) > self.max_characters:
            raise TextError(
                "text_too_long",
                f"the text has {len(text):,} characters, at most "
                f"{self.max_characters:,} are taken: send it in parts",
            )
        token_ids = self._encoder.encode(text)
        if not token_ids:
            raise _unreadable(text)
        return token_ids

    def _answers(self, reading: Reading, probabilities: Floats) -> Answers:
        sequences = reading.sequences
        return Answers(
            probabilities,
            np.array(reading.token_counts, np.int64),
            sequences.lengths,
            sequences.occurrences(UNK),
            reading.errors,
        )

    def probabilities(self, sequences: Sequences) -> Floats:
        """Return calibrated probabilities, NaN for a text without a token."""
        return self._calibrated(self._reader.logits(sequences))

    def _calibrated(self, logits: Tensor) -> Floats:
        # In double precision the three sum to 1 in every digit that is shown.
        scaled = logits.double() / self.artifact.temperature
        found: Floats = torch.softmax(scaled, dim=-1).numpy()
        return found

    def _add_explanations(
        self,
        answers: list[Prediction | TextError],
        texts: Sequence[str],
        sequences: Sequences,
    ) -> None:
        """Put into each prediction what every token of its text did to it."""
        for position, answer in enumerate(answers):
            if isinstance(answer, Prediction):
                answers[position] = self._explained(
                    answer, texts[position], sequences.one(position)
                )

    def _explained(
        self, prediction: Prediction, text: str, token_ids: Sequence[int]
    ) -> Prediction:
        tokens = head_and_tail(
            tokenize_with_offsets(text), self.config.max_tokens, self.config.head_share
        )
        predicted = prediction.probabilities.index(max(prediction.probabilities))
        contributions, gap = explain_tokens(
            self._reader,
            self.artifact.temperature,
            text,
            tokens,
            token_ids,
            predicted,
        )
        return replace(prediction, tokens=contributions, explanation_gap=gap)

    def _add_sentences(
        self,
        answers: list[Prediction | TextError],
        texts: Sequence[str],
        min_confidence: float,
    ) -> None:
        """Put into each prediction the sentences of its text, all scored at once."""
        sound = {
            position: answer
            for position, answer in enumerate(answers)
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


def _predictions(
    answers: Answers, min_confidence: float
) -> Iterator[Prediction | TextError]:
    """Yield what a caller gets who wants an object for each text."""
    rows = zip(
        answers.probabilities.tolist(),
        answers.token_counts.tolist(),
        answers.tokens_read.tolist(),
        answers.unknown_tokens.tolist(),
        strict=True,
    )
    for position, (probabilities, token_count, tokens_read, unknown) in enumerate(rows):
        if position in answers.errors:
            yield answers.errors[position]
            continue
        triple = (probabilities[0], probabilities[1], probabilities[2])
        label, confidence = choose_label(triple, min_confidence)
        yield Prediction(
            label=label,
            confidence=confidence,
            probabilities=triple,
            token_count=token_count,
            tokens_read=tokens_read,
            unknown_tokens=unknown,
        )


def _require_texts(texts: Iterable[Any]) -> list[str]:
    """Return ``texts`` as a list, if they are texts and nothing else."""
    # Asked for what they hold, these give their columns' names. Of the class: a column
    # of a frame may have a row that is called "columns".
    if isinstance(texts, Mapping) or hasattr(type(texts), "columns"):
        raise TypeError(
            f"predict takes a text or a list of texts, not {type(texts).__name__}: "
            "name a column of it, or use predict_frame for a pandas frame"
        )
    # A column of a frame would be asked for its texts by their labels.
    listed = list(texts)
    for position, text in enumerate(listed):
        if not isinstance(text, str):
            raise TypeError(f"texts[{position}] is {text!r}, which is no text")
    return listed


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
