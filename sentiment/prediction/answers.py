"""The answers to several texts at once, in arrays: one row per text, in order."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sentiment.errors import TextError
from sentiment.prediction.encoded_texts import EncodedTexts
from sentiment.prediction.prediction import Prediction, choose_label
from sentiment.special_tokens import UNK

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def calibrated(logits: Tensor, temperature: float) -> Floats:
    """Return calibrated probabilities, one row for each row of logits."""
    # In double precision the three sum to 1 in every digit that is shown.
    scaled = logits.double() / temperature
    found: Floats = torch.softmax(scaled, dim=-1).numpy()
    return found


class Answers(NamedTuple):
    """What the model says of several texts, and how much it read of each.

    ``probabilities`` has shape ``(texts, labels)``. A text in ``errors``, by its
    position, could not be scored: its probabilities are NaN, its counts 0.
    """

    probabilities: Floats
    token_counts: Ints
    tokens_read: Ints
    unknown_tokens: Ints
    errors: dict[int, TextError]

    @classmethod
    def of(cls, encoded: EncodedTexts, probabilities: Floats) -> "Answers":
        """Return the answers to encoded texts, given their probabilities."""
        sequences = encoded.sequences
        return cls(
            probabilities,
            encoded.token_counts,
            sequences.lengths,
            sequences.occurrences(UNK),
            encoded.errors,
        )

    def predictions(
        self, min_confidence: float = 0.0
    ) -> Iterator[Prediction | TextError]:
        """Yield each text's prediction, or why it could not be scored."""
        rows = zip(
            self.probabilities.tolist(),
            self.token_counts.tolist(),
            self.tokens_read.tolist(),
            self.unknown_tokens.tolist(),
            strict=True,
        )
        for position, (row, token_count, tokens_read, unknown) in enumerate(rows):
            if position in self.errors:
                yield self.errors[position]
                continue
            triple = (row[0], row[1], row[2])
            label, confidence = choose_label(triple, min_confidence)
            yield Prediction(
                label=label,
                confidence=confidence,
                probabilities=triple,
                token_count=token_count,
                tokens_read=tokens_read,
                unknown_tokens=unknown,
            )
