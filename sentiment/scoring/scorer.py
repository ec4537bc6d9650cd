"""Score blocks of texts, computing repeated texts only once."""

from collections.abc import Callable, Sequence

import numpy as np

from sentiment.errors import TextError
from sentiment.labels import LABELS
from sentiment.prediction.answers import Answers, Floats, Ints
from sentiment.prediction.predictor import Predictor
from sentiment.scoring.results import Results

# The cache is emptied once it holds more texts than this, or more characters.
_KNOWN_TEXTS = 65_536
_KNOWN_CHARACTERS = 8_000_000


# Called with each block's answers, in the order of its texts, including cached ones;
# rows without a text are left out.
OnAnswers = Callable[[Answers], None]


class Scorer:
    """Scores with one predictor; one caller at a time.

    A cached answer equals a computed one, digit by digit, since answers do not depend
    on the other texts of a batch. If a processor's kernels violate that, nothing is
    cached between blocks, so that a file comes out the same for any number of workers
    and after a resume.
    """

    # One row per cached text, and the row of each text.
    _probabilities: Floats
    _counts: Ints  # (texts, 3): tokens found, read, and unknown of these
    _rows: dict[str, int]

    def __init__(
        self, predictor: Predictor, on_answers: OnAnswers | None = None
    ) -> None:
        self._predictor = predictor
        self._on_answers = on_answers
        self._remembers = predictor.files_are_batch_invariant
        self._forget()

    def score(self, texts: Sequence[str | None], errors: Sequence[str]) -> Results:
        """Return each text's result; one without a text keeps its error."""
        if not self._remembers or self._is_full():
            self._forget()
        # dict.fromkeys: each once, in order, so that the same file forms the same
        # batches.
        distinct = dict.fromkeys(text for text in texts if text is not None)
        self._learn([text for text in distinct if text not in self._rows])
        places = [0 if text is None else self._rows[text] for text in texts]
        rows = np.array(places, np.int64)
        reasons = [
            error or (self._errors[row].message if row in self._errors else "")
            for error, row in zip(errors, places, strict=True)
        ]
        if self._on_answers is not None:
            self._on_answers(self._answers(rows[rows > 0]))
        found, read, unknown = self._counts[rows].T
        return Results(
            self._probabilities[rows],
            reasons,
            truncated=int((read < found).sum()),
            tokens_read=int(read.sum()),
            unknown_tokens=int(unknown.sum()),
        )

    def _answers(self, rows: Ints) -> Answers:
        errors = {
            at: self._errors[row]
            for at, row in enumerate(rows.tolist())
            if row in self._errors
        }
        found, read, unknown = self._counts[rows].T
        return Answers(self._probabilities[rows], found, read, unknown, errors)

    def _learn(self, texts: Sequence[str]) -> None:
        if not texts:
            return
        found = self._predictor.predict_arrays(texts)
        first = len(self._probabilities)
        self._rows.update(zip(texts, range(first, first + len(texts)), strict=True))
        self._characters += sum(map(len, texts))
        self._errors |= {first + at: why for at, why in found.errors.items()}
        counts = np.column_stack(
            [found.token_counts, found.tokens_read, found.unknown_tokens]
        )
        self._probabilities = np.vstack([self._probabilities, found.probabilities])
        self._counts = np.vstack([self._counts, counts])

    def _is_full(self) -> bool:
        return len(self._rows) > _KNOWN_TEXTS or self._characters > _KNOWN_CHARACTERS

    def _forget(self) -> None:
        # Row 0 stands for all that have no text.
        self._rows = {}
        self._characters = 0
        self._errors: dict[int, TextError] = {}
        self._probabilities = np.full((1, len(LABELS)), np.nan)
        self._counts = np.zeros((1, 3), np.int64)
