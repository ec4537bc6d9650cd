import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment.network.batching import buckets, head_and_tail, pad

LENGTHS = st.lists(st.integers(1, 60), max_size=40)


@given(LENGTHS, st.integers(1, 200))
def test_every_text_is_in_one_bucket_that_keeps_the_budget(lengths, budget):
    groups = buckets(lengths, budget)
    assert sorted(itertools.chain(*groups)) == list(range(len(lengths)))
    for group in groups:
        padded = max(lengths[at] for at in group) * len(group)
        assert padded <= budget or len(group) == 1


@given(st.lists(st.lists(st.integers(2, 99), min_size=1, max_size=9), min_size=1))
def test_padding_keeps_every_token_and_length(sequences):
    batch = pad(sequences)
    assert batch.token_ids.shape == (len(sequences), max(map(len, sequences)))
    for row, sequence in enumerate(sequences):
        assert batch.token_ids[row, : batch.lengths[row]].tolist() == sequence
        assert not batch.token_ids[row, batch.lengths[row] :].any()


@pytest.mark.parametrize("sequences", [[], [[1], []]])
def test_a_sequence_without_a_token_is_refused(sequences):
    with pytest.raises(ValueError, match="at least one token"):
        pad(sequences)


@given(st.lists(st.integers()), st.integers(1, 30), st.floats(0, 1))
def test_of_a_long_text_the_first_and_last_tokens_are_read(tokens, most, share):
    read = list(head_and_tail(tokens, most, share))
    assert len(read) == min(len(tokens), most)
    head = int(most * share) if len(tokens) > most else len(read)
    assert read[:head] == tokens[:head]
    assert read[head:] == tokens[len(tokens) - (len(read) - head) :]
