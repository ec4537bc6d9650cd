"""Find the sentences of a review."""

import re
from bisect import bisect_left
from collections.abc import Iterator
from operator import itemgetter

from nltk.tokenize.punkt import PunktParameters, PunktSentenceTokenizer

from sentiment.text.markup import strip_markup_with_origins
from sentiment.text.tokenizer import chunk_spans, token_spans

# Punkt's trained models are a download; given the abbreviations that reviews use, its
# rules alone do as well on them.
_ABBREVIATIONS = (
    "a.m approx ave co dept dr e.g etc ft i.e inc jr lb lbs ltd mr mrs ms no oz p.m "
    "prof sr st u.k u.s u.s.a vol vs"
)


_PARAGRAPH_BREAK = re.compile(r"(?:\n[ \t\r]*){2,}")


def _splitter() -> PunktSentenceTokenizer:
    parameters = PunktParameters()
    parameters.abbrev_types = set(_ABBREVIATIONS.split())
    return PunktSentenceTokenizer(parameters)


_SPLITTER = _splitter()


def sentence_spans(text: str) -> Iterator[tuple[int, int]]:
    """Yield the slice ``(start, end)`` of each sentence, without the space around it.

    An empty line ends a sentence, too. No token is split between sentences.

    >>> text = "Dr. No was fun!!I'd go again!"
    >>> [text[start:end] for start, end in sentence_spans(text)]
    ['Dr. No was fun!!', "I'd go again!"]
    """
    plain = strip_markup_with_origins(text)
    words = _Words(plain.text)
    done = 0
    for start, cut in _sentences(plain.text):
        end = words.whole_at(cut)
        rest = plain.text[max(start, done) : end].lstrip()
        if rest:
            yield plain.original_span(end - len(rest), end)
        done = max(done, end)


class _Words:
    """Finds the tokens of a plain text around given positions, in rising order.

    Most sentences end before white space. For the others, only the chunk around the end
    is tokenised, in a fraction of the time of the whole text.
    """

    def __init__(self, plain: str) -> None:
        self._chunks = chunk_spans(plain)
        self._plain = plain
        self._start, self._end = 0, 0
        # The spans of the tokens between the two, once they are needed.
        self._tokens: list[tuple[int, int]] | None = None

    def whole_at(self, cut: int) -> int:
        """Return the end of the token that ``cut`` would divide, else ``cut``."""
        while self._end < cut:
            self._start, self._end = next(self._chunks, (cut, cut))
            self._tokens = None
        if not self._start < cut < self._end:
            return cut
        if self._tokens is None:
            chunk = self._plain[self._start : self._end]
            self._tokens = [
                (self._start + start, self._start + end)
                for start, end in token_spans(chunk)
            ]
        at = bisect_left(self._tokens, cut, key=itemgetter(1))
        if at < len(self._tokens) and self._tokens[at][0] < cut:
            return self._tokens[at][1]
        return cut


def _sentences(text: str) -> Iterator[tuple[int, int]]:
    """Yield Punkt's sentences: they may split a run of marks, or an address."""
    for offset, paragraph in _paragraphs(text):
        for start, end in _SPLITTER.span_tokenize(paragraph):
            yield offset + start, offset + end


def _paragraphs(text: str) -> Iterator[tuple[int, str]]:
    done = 0
    for gap in _PARAGRAPH_BREAK.finditer(text):
        yield done, text[done : gap.start()]
        done = gap.end()
    yield done, text[done:]
