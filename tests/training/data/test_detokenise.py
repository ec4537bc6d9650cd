"""Penn Treebank text becomes what people write, and other text stays as it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment.text.tokenizer import tokenize
from training.data.detokenise import detokenise

# In the manner of the sources: film snippets, product reviews, critics.
GOLDEN = [
    ("a fine , funny film .", "a fine, funny film."),
    ("it is n't good , is it ?", "it isn't good, is it?"),
    ("i ca n't , wo n't and DO N'T", "i can't, won't and DON'T"),
    ("it 's what they 've said we 'll do", "it's what they've said we'll do"),
    ("i 'm sure he 'd say you 're right", "i'm sure he'd say you're right"),
    ("it ' s what the critic ' s friend said", "it's what the critic's friend said"),
    ("you can not lose", "you cannot lose"),
    ("i 'm gon na say i got ta go", "i'm gonna say i gotta go"),
    ("-lrb- by far -rrb- the best", "(by far) the best"),
    ("-LRB- really -RRB-", "(really)"),
    ("( the big chill ) [ again ]", "(the big chill) [again]"),
    ("the `` best '' of them", 'the "best" of them'),
    ("the ` best ' of them", "the 'best ' of them"),
    ('a modern " odyssey " of sorts', 'a modern "odyssey" of sorts'),
    ("just $ 5 , or 50 % off", "just $5, or 50% off"),
    ("and then . . . nothing", "and then... nothing"),
    ("wow ! ! !", "wow!!!"),
    ("loved it : )", "loved it:)"),
    ("4 \\/ 5 and f \\* \\* k", "4 / 5 and f * * k"),
]


@pytest.mark.parametrize(("tokenised", "written"), GOLDEN)
def test_penn_treebank_text_is_written_as_people_write(tokenised, written):
    assert detokenise(tokenised) == written


@pytest.mark.parametrize(
    "text",
    [
        "I don't think it's bad, but you can't (really) love it!",
        'He said "no" and left... for $5.',
        "only .99 :) and :-( too",
        "got me a drink, can me?",
        "the boys' game, rock 'n' roll",
        "r & b, 24/7 - and more",
        "",
    ],
)
def test_ordinary_text_stays_as_it_is(text):
    assert detokenise(text) == text


@pytest.mark.parametrize(("tokenised", "written"), GOLDEN)
def test_written_text_is_not_written_again(tokenised, written):
    assert detokenise(written) == written


def test_the_network_sees_the_tokens_of_ordinary_text():
    tokens = tokenize(detokenise("they do n't care , and it 's `` fine '' !"))
    assert tokens == tokenize("they don't care, and it's \"fine\"!")


@given(st.text(alphabet="ax '`\"nts.,!()-%$#:\\/*", max_size=40))
def test_letters_and_their_order_survive(text):
    written = detokenise(text)
    assert [c for c in written if c.isalpha()] == [c for c in text if c.isalpha()]
