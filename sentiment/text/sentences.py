"""Find the sentences of a review."""

import re
from bisect import bisect_left
from collections.abc import Iterator

from nltk.tokenize.punkt import PunktParameters, PunktSentenceTokenizer

from sentiment.text.markup import strip_markup_with_origins
from sentiment.text.tokenizer import token_spans

# Punkt's trained models are a download; told the abbreviations that reviews use, its
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

    An empty line ends a sentence, too. Each token is of one sentence, whole.

    >>> text = "Dr. No was fun!!I'd go again!"
    >>> [text[start:end] for start, end in sentence_spans(text)]
    ['Dr. No was fun!!', "I'd go again!"]
    """
    plain = strip_markup_with_origins(text)
    tokens = list(token_spans(plain.text))
    ends = [end for _, end in tokens]
    done = 0
    for start, end in _sentences(plain.text):
        # The first token that ends there or later may have begun before.
        at = bisect_left(ends, end)
        if at < len(tokens) and tokens[at][0] < end:
            end = tokens[at][1]
        rest = plain.text[max(start, done) : end].lstrip()
        if rest:
            yield plain.original_span(end - len(rest), end)
        done = max(done, end)


def _sentences(text: str) -> Iterator[tuple[int, int]]:
    """Yield sentences as Punkt cuts them: it may cut a run of marks, or an address."""
    for offset, paragraph in _paragraphs(text):
        for start, end in _SPLITTER.span_tokenize(paragraph):
            yield offset + start, offset + end


def _paragraphs(text: str) -> Iterator[tuple[int, str]]:
    done = 0
    for gap in _PARAGRAPH_BREAK.finditer(text):
        yield done, text[done : gap.start()]
        done = gap.end()
    yield done, text[done:]
