"""Traits of texts, by which figures are broken down."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np

from sentiment.special_tokens import UNK
from sentiment.text.markup import strip_markup
from sentiment.text.tokenizer import tokenize_chunk
from sentiment.text.vocabulary import Vocabulary
from training.evaluation.measures import Flags, Floats, Integers

# Beside tokens that end in n't; these include forms without the apostrophe.
_NEGATIONS = """
never no nobody none nor not nothing neither nowhere barely cannot hardly lack lacks
rarely scarcely without aint arent cant couldnt didnt doesnt dont hadnt hasnt havent
isnt shouldnt wasnt werent wont wouldnt
"""
_NEGATION_TOKENS = frozenset(_NEGATIONS.split())

# Text is Zipfian: a cache of this many chunks covers nearly all of it.
_MEMO_CHUNKS = 200_000

# Upper ends, inclusive: a phrase, a sentence, a few, a paragraph, a page, more.
_LENGTHS = (5, 20, 50, 150, 400)
_UNKNOWN_SHARES = (0.0, 0.02, 0.05, 0.1)


@dataclass(frozen=True, eq=False)
class Traits:
    """For each of ``n`` texts: its tokens, a negation among them, the unknown share.

    ``unknown_share`` is None without a vocabulary.
    """

    lengths: Integers
    negated: Flags
    unknown_share: Floats | None

    @classmethod
    def of(cls, texts: Sequence[str], vocabulary: Vocabulary | None = None) -> "Traits":
        """Return the traits of ``texts``; all models evaluated on them share these."""
        read = lru_cache(_MEMO_CHUNKS)(partial(_read_chunk, vocabulary=vocabulary))
        counts = np.zeros((len(texts), 3), dtype=np.int64)
        for row, text in zip(counts, texts, strict=True):
            # Chunk by chunk, since a chunk has the same tokens in any text.
            for chunk in strip_markup(text).split():
                row += read(chunk)
        lengths, negations, unknown = counts.T
        shares = None if vocabulary is None else unknown / np.maximum(lengths, 1)
        return cls(lengths, negations > 0, shares)

    def groups(self) -> Iterator[tuple[str, str, Flags]]:
        """Yield ``(kind, name, which texts)`` of every group, in the order to print."""
        yield from _bands("length in tokens", self.lengths, _LENGTHS, "{:,}")
        yield "negation", "present", self.negated
        yield "negation", "absent", ~self.negated
        if self.unknown_share is not None:
            shares = self.unknown_share
            yield from _bands("unknown tokens", shares, _UNKNOWN_SHARES, "{:.0%}")


def _read_chunk(chunk: str, vocabulary: Vocabulary | None) -> Integers:
    """Return how many tokens, negations and unknown tokens a chunk holds."""
    tokens = tokenize_chunk(chunk)
    unknown = 0
    if vocabulary is not None:
        unknown = vocabulary.encode(tokens).count(UNK)
    return np.array([len(tokens), sum(map(is_negation, tokens)), unknown])


def is_negation(token: str) -> bool:
    """Whether a normalised token negates its context.

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
