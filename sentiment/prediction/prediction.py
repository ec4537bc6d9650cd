"""The prediction for one text, as values and as /predict's JSON."""

from dataclasses import dataclass
from typing import Any

from sentiment.labels import LABELS, UNCERTAIN


@dataclass(frozen=True, slots=True)
class TokenContribution:
    """One token read: its slice of the original, its share, and the state after it.

    ``start`` and ``end`` count code points of the original text. ``contribution`` is
    the step that the predicted label's logit takes at this token. ``running`` holds
    the three probabilities after it, in the order of ``LABELS``.
    """

    text: str
    start: int
    end: int
    contribution: float
    running: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class SentencePrediction:
    """One sentence scored on its own; ``start`` and ``end`` cut it from the text."""

    start: int
    end: int
    label: str
    probabilities: tuple[float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """A label with its calibrated probabilities, and how much of the text was read.

    ``label`` is the most probable of the three, or ``"uncertain"`` where more
    confidence was asked for than there is; ``confidence`` is that probability.
    ``tokens`` and ``sentences`` are there only where they were asked for.
    """

    label: str
    confidence: float
    probabilities: tuple[float, float, float]
    token_count: int
    tokens_read: int
    unknown_tokens: int
    tokens: tuple[TokenContribution, ...] | None = None
    explanation_gap: float | None = None
    sentences: tuple[SentencePrediction, ...] | None = None

    @property
    def truncated(self) -> bool:
        """Whether some tokens were left unread, since the text has too many."""
        return self.tokens_read < self.token_count

    def to_json(self) -> dict[str, Any]:
        """Return the fields of a single answer of ``POST /predict``."""
        answer: dict[str, Any] = {
            "label": self.label,
            "confidence": self.confidence,
            "probabilities": by_label(self.probabilities),
            "input": {
                "tokens": self.token_count,
                "tokens_read": self.tokens_read,
                "unknown_tokens": self.unknown_tokens,
                "truncated": self.truncated,
            },
        }
        if self.tokens is not None:
            answer["tokens"] = [
                {
                    "text": token.text,
                    "start": token.start,
                    "end": token.end,
                    "contribution": token.contribution,
                    "running": by_label(token.running),
                }
                for token in self.tokens
            ]
            answer["explanation_gap"] = self.explanation_gap
        if self.sentences is not None:
            answer["sentences"] = [
                {
                    "start": sentence.start,
                    "end": sentence.end,
                    "label": sentence.label,
                    "probabilities": by_label(sentence.probabilities),
                }
                for sentence in self.sentences
            ]
        return answer


def by_label(probabilities: tuple[float, ...]) -> dict[str, float]:
    """Return the probabilities under their labels' names.

    >>> by_label((0.1, 0.2, 0.7))
    {'negative': 0.1, 'neutral': 0.2, 'positive': 0.7}
    """
    return dict(zip(LABELS, probabilities, strict=True))


def check_min_confidence(share: float) -> None:
    """Refuse a ``min_confidence`` that is not a confidence.

    Raises:
        ValueError: It is not from 0 to 1.
    """
    if not 0 <= share <= 1:  # nor is NaN
        raise ValueError(f"min_confidence must be from 0 to 1, not {share}")


def choose_label(
    probabilities: tuple[float, float, float], min_confidence: float = 0.0
) -> tuple[str, float]:
    """Return the label to answer, and its probability.

    >>> choose_label((0.2, 0.2, 0.6))
    ('positive', 0.6)
    >>> choose_label((0.2, 0.2, 0.6), min_confidence=0.7)
    ('uncertain', 0.6)
    """
    confidence = max(probabilities)
    if confidence < min_confidence:
        return UNCERTAIN, confidence
    return LABELS[probabilities.index(confidence)], confidence
