"""Add to predictions those of each sentence on its own."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from sentiment.errors import TextError
from sentiment.prediction.prediction import Prediction, SentencePrediction
from sentiment.text.sentences import sentence_spans

_Predict = Callable[[list[str]], list[Prediction | TextError]]


def with_sentences(
    answers: Sequence[Prediction | TextError], texts: Sequence[str], predict: _Predict
) -> list[Prediction | TextError]:
    """Return the answers to ``texts``, each prediction with its text's sentences.

    ``predict`` is called once for all sentences.
    """
    spans = [
        (position, start, end)
        for position, answer in enumerate(answers)
        if isinstance(answer, Prediction)
        for start, end in sentence_spans(texts[position])
    ]
    scored = predict([texts[position][start:end] for position, start, end in spans])
    found: list[list[SentencePrediction]] = [[] for _ in answers]
    for (position, start, end), sentence in zip(spans, scored, strict=True):
        # A "sentence" without a token (a lone control character) says nothing.
        if isinstance(sentence, Prediction):
            found[position].append(
                SentencePrediction(start, end, sentence.label, sentence.probabilities)
            )
    return [
        replace(answer, sentences=tuple(sentences))
        if isinstance(answer, Prediction)
        else answer
        for answer, sentences in zip(answers, found, strict=True)
    ]
