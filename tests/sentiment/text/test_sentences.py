"""Sentences of a review: cut between tokens, and none of them lost."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment.text.sentences import sentence_spans
from sentiment.text.tokenizer import tokenize_with_offsets

# What ends a sentence, or looks as if it did.
PIECES = st.sampled_from(
    [*"!?.,…'\")( \n", "\n\n", "It", "was", "but", "Dr.", "www.a.b?c!D", ":-)", "3.5"]
    + ["<br />", "&lt;", "&#33;", "&amp;", "I", "e.g.", "\u00a0", "\u200b", "😀"]
    # Where patterns and str.isspace() may differ on what is white space.
    + ["\v", "\f", "\x1c", "\x1f", "\x85", "\u2028", "\u3000", "&#10;", "&nbsp;"]
)
TEXTS = st.one_of(st.lists(PIECES, max_size=30).map("".join), st.text(max_size=80))


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("I hated it!!But she loved it.", ["I hated it!!", "But she loved it."]),
        ("It broke?!? Never again.", ["It broke?!?", "Never again."]),
        ("Fine\n\nand cheap", ["Fine", "and cheap"]),
        ("See www.a.b?c!D first. Then go.", ["See www.a.b?c!D first.", "Then go."]),
        ("Good&#33;&#33;She came back.", ["Good&#33;&#33;", "She came back."]),
        (" \n ", []),
    ],
)
def test_a_text_is_cut_between_its_sentences(text, sentences):
    """A run of marks was cut in two, of which the second began the next sentence."""
    assert [text[start:end] for start, end in sentence_spans(text)] == sentences


@given(TEXTS)
def test_each_token_is_of_one_sentence_whole(text):
    spans = list(sentence_spans(text))
    assert all(end <= start for (_, end), (start, _) in pairwise(spans))
    for token in tokenize_with_offsets(text):
        homes = [
            (start, end)
            for start, end in spans
            if start < token.end and token.start < end
        ]
        assert len(homes) == 1
        assert homes[0][0] <= token.start < token.end <= homes[0][1]
