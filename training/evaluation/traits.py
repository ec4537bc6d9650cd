"""What a text is like, so that a figure can be told apart by kinds of text."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from sentiment.tokenizer import tokenize
from sentiment.vocabulary import Vocabulary
from training.evaluation.measures import Flags, Floats, Integers

# Beside these, what ends in n't; here are those written without the apostrophe.
_NEGATIONS = """
never no nobody none nor not nothing neither nowhere barely cannot hardly lack lacks
rarely scarcely without aint arent cant couldnt didnt doesnt dont hadnt hasnt havent
isnt shouldnt wasnt werent wont wouldnt
"""
_NEGATION_TOKENS = frozenset(_NEGATIONS.split())

# Upper ends, inclusive: a phrase, a sentence, a few, a paragraph, a page, more.
_LENGTHS = (5, 20, 50, 150, 400)
_UNKNOWN_SHARES = (0.0, 0.02, 0.05, 0.1)


@dataclass(frozen=True, eq=False)
class Traits:
    """For each of ``n`` texts: its tokens, a negation among them, the unknown share.

    ``unknown_share`` is None where no vocabulary said what is known.
    """

    lengths: Integers
    negated: Flags
    unknown_share: Floats | None

    @classmethod
    def of(cls, texts: Sequence[str], vocabulary: Vocabulary | None = None) -> "Traits":
        """Read the texts once; all models judged on them share the result."""
        lengths = np.zeros(len(texts), dtype=np.int64)
        negated = np.zeros(len(texts), dtype=np.bool_)
        unknown = np.zeros(len(texts), dtype=np.float64)
        for at, text in enumerate(texts):
            tokens = tokenize(text)
            lengths[at] = len(tokens)
            negated[at] = any(map(is_negation, tokens))
            if vocabulary is not None and tokens:
                missing = sum(token not in vocabulary for token in tokens)
                unknown[at] = missing / len(tokens)
        return cls(lengths, negated, None if vocabulary is None else unknown)

    def groups(self) -> Iterator[tuple[str, str, Flags]]:
        """Yield ``(kind, name, which texts)`` of every group, in the order to print."""
        yield from _bands("length in tokens", self.lengths, _LENGTHS, "{:,}")
        yield "negation", "present", self.negated
        yield "negation", "absent", ~self.negated
        if self.unknown_share is not None:
            shares = self.unknown_share
            yield from _bands("unknown tokens", shares, _UNKNOWN_SHARES, "{:.0%}")


def is_negation(token: str) -> bool:
    """Whether a normalised token turns what stands around it.

    >>> [is_negation(token) for token in ("don't", "never", "note")]
    [True, True, False]
    """
    return token in _NEGATION_TOKENS or token.endswith("n't")


def _bands(
    kind: str, values: Integers | Floats, ends: tuple[float, ...], form: str
) -> Iterator[tuple[str, str, Flags]]:
    """Yield the texts up to each end and beyond the last, named by form."""
    band = np.searchsorted(ends, values, side="left")
    names = [f"up to {form.format(end)}" for end in ends]
    names.append(f"over {form.format(ends[-1])}")
    if ends[0] == 0:
        names[0] = "none"
    for at, name in enumerate(names):
        yield kind, name, band == at
