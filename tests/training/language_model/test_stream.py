"""The stream: every token once, each window going on where the last one ended."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment.special_tokens import PAD
from sentiment.text.encoding import Encoder
from sentiment.text.vocabulary import Vocabulary
from training.language_model.stream import Windows, shuffled, stream_of

VOCABULARY = Vocabulary(("<pad>", "<unk>", "good", "film"))


def test_a_text_ends_with_a_mark_and_an_empty_one_leaves_none():
    tokens = stream_of(["good film", " ", "film"], Encoder(VOCABULARY))
    assert tokens.tolist() == [2, 3, PAD, 3, PAD]


@given(st.integers(2, 200), st.integers(1, 9), st.integers(1, 12))
def test_windows_read_a_stream_from_end_to_end(length, streams, steps):
    windows = Windows.of(np.arange(length, dtype=np.int32), streams, steps)
    pieces = list(windows)
    assert len(pieces) == len(windows)
    read = np.concatenate([tokens.numpy() for tokens, _ in pieces], axis=1)
    following = np.concatenate([after.numpy() for _, after in pieces], axis=1)
    # Counting on shows both: nothing is left out, and the target is the next token.
    assert (np.diff(read, axis=1) == 1).all()
    assert (following == read + 1).all()


def test_there_is_no_window_after_the_last():
    windows = Windows.of(np.arange(20, dtype=np.int32), 2, 4)
    with pytest.raises(IndexError):
        windows[len(windows)]


def test_shuffling_moves_texts_and_not_words():
    texts = [[2, 3, PAD], [3, 3, 2, PAD], [2, PAD], [3, PAD]]
    tokens = np.concatenate([np.array(one, dtype=np.int32) for one in texts])
    moved = shuffled(tokens, seed=3)
    ends = np.flatnonzero(moved == PAD) + 1
    found = [one.tolist() for one in np.split(moved, ends[:-1])]
    assert sorted(found) == sorted(texts)
    assert shuffled(tokens, seed=3).tolist() == moved.tolist()
