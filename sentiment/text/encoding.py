"""From text to token ids, caching the ids of each chunk between white space."""

import re
from array import array
from collections import Counter
from collections.abc import Iterable, Mapping

from sentiment.text.markup import strip_markup
from sentiment.text.tokenizer import tokenize_chunk
from sentiment.text.vocabulary import Vocabulary

# Text is Zipfian: a few thousand chunks make up most of it. Bounded, since a service
# runs for months and meets ever new chunks.
_MEMO_CHUNKS = 100_000
_MEMO_CHUNK_LENGTH = 40
# Longer numbers are all the same token.
_MEMO_DIGITS = 4
_LONG_NUMBER = "12345"
# Bytes of a packed id.
ID_SIZE = array("i").itemsize
# Characters; a list of a text's chunks takes 20 times the memory of the text.
_LONG_TEXT = 1_000_000


class Encoder:
    """Give the ids of ``vocabulary.encode(tokenize(text))``, several times as fast.

    The token pattern never crosses white space, so each chunk between white space has
    the same tokens wherever it stands, and is tokenised once.
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._memo = _Memo(vocabulary, {})

    def encode(self, text: str) -> list[int]:
        """Return the token ids of ``text``; empty where it holds no token."""
        return unpacked(self.packed(text)).tolist()

    def packed(self, text: str) -> bytes:
        """Return what :meth:`encode` does, as C integers one after the other.

        They are joined faster than lists of integers; :func:`unpacked` reads them.
        """
        plain = strip_markup(text)
        if len(plain) > _LONG_TEXT:
            packed = self._packed_piecemeal(plain)
        else:
            # No Python loop: a known chunk costs one dict lookup.
            packed = b"".join(map(self._memo.__getitem__, plain.split()))
        if len(self._memo) > _MEMO_CHUNKS:
            # A new one instead of clear(): another thread may be reading the old one.
            self._memo = _Memo(self._vocabulary, dict(self._memo))
        return packed

    def _packed_piecemeal(self, plain: str) -> bytes:
        packed = bytearray()
        for chunk in re.finditer(r"\S+", plain):
            packed += self._memo[chunk.group()]
        return bytes(packed)


def unpacked(packed: bytes) -> "memoryview[int]":
    """Return the integers that ``packed`` holds.

    >>> unpacked(array("i", [7, 1]).tobytes()).tolist()
    [7, 1]
    """
    return memoryview(packed).cast("i")


class _Memo(dict[str, bytes]):
    """A cache of each chunk's packed ids; ``before`` is the previous generation."""

    def __init__(self, vocabulary: Vocabulary, before: Mapping[str, bytes]) -> None:
        super().__init__()
        self._vocabulary = vocabulary
        self._before = before
        self._number = self._encoded(_LONG_NUMBER)

    def __missing__(self, chunk: str) -> bytes:
        # Order and telephone numbers hardly recur, and would fill the cache.
        if len(chunk) > _MEMO_DIGITS and chunk.isdecimal():
            return self._number
        packed = self._before.get(chunk)
        if packed is None:
            packed = self._encoded(chunk)
        if len(chunk) <= _MEMO_CHUNK_LENGTH:
            self[chunk] = packed
        return packed

    def _encoded(self, chunk: str) -> bytes:
        return array("i", self._vocabulary.encode(tokenize_chunk(chunk))).tobytes()


def count_tokens(texts: Iterable[str]) -> Counter[str]:
    """Return how often each token stands in ``texts``.

    >>> count_tokens(["Good film!", "good"])["good"]
    2
    """
    chunks: Counter[str] = Counter()
    for text in texts:
        chunks.update(strip_markup(text).split())
    tokens: Counter[str] = Counter()
    for chunk, count in chunks.items():
        for token in tokenize_chunk(chunk):
            tokens[token] += count
    return tokens
