import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment.errors import ConfigError
from sentiment.special_tokens import UNK
from sentiment.text.emoji import EMOTICONS
from sentiment.text.encoding import count_tokens
from sentiment.text.tokenizer import tokenize
from sentiment.text.vocabulary import Vocabulary

WORDS = st.sampled_from("good bad film food slow fast the a".split())
TEXTS = st.lists(st.lists(WORDS, max_size=6).map(" ".join), max_size=8)


@given(TEXTS, st.randoms())
def test_the_order_of_the_texts_does_not_change_the_vocabulary(texts, random):
    shuffled = random.sample(texts, len(texts))
    assert (
        Vocabulary.build(count_tokens(texts), max_size=6).tokens
        == Vocabulary.build(count_tokens(shuffled), max_size=6).tokens
    )


@given(TEXTS, st.lists(st.text(min_size=1)))
def test_every_id_is_a_row_of_the_embedding(texts, tokens):
    vocabulary = Vocabulary.build(count_tokens(texts), max_size=5)
    assert all(0 < row < len(vocabulary) for row in vocabulary.encode(tokens))


def test_the_most_frequent_tokens_stay():
    vocabulary = Vocabulary.build({"a": 3, "b": 1, "c": 2}, max_size=4)
    assert vocabulary.tokens == ("<pad>", "<unk>", "a", "c")
    assert vocabulary.encode(["a", "b"]) == [2, UNK]


def test_rare_tokens_are_left_out():
    vocabulary = Vocabulary.build({"a": 3, "b": 1}, max_size=9, min_count=2)
    assert "b" not in vocabulary


def test_a_review_that_writes_a_special_token_does_not_break_the_vocabulary():
    tokens = Vocabulary.build({"<unk>": 9, "<pad>": 8, "a": 1}, max_size=9).tokens
    assert tokens == ("<pad>", "<unk>", "a")


@given(st.sets(st.text(min_size=1).filter(lambda t: not any(map(str.isspace, t)))))
def test_what_was_formatted_parses_to_the_same(tokens):
    tokens -= {"<pad>", "<unk>"}
    vocabulary = Vocabulary(("<pad>", "<unk>", *sorted(tokens)))
    assert Vocabulary.parse(vocabulary.format()).tokens == vocabulary.tokens


@pytest.mark.parametrize(
    ("tokens", "message"),
    [(("a", "b"), "begins with"), (("<pad>", "<unk>", "a", "a"), "1 tokens .* repeat")],
)
def test_a_list_that_is_no_vocabulary_is_refused(tokens, message):
    with pytest.raises(ValueError, match=message):
        Vocabulary(tokens)


@pytest.mark.parametrize("size", [2, 1, 0, -1])
def test_a_vocabulary_without_room_for_a_token_is_refused(size):
    # A slice to a negative end kept nearly all tokens.
    with pytest.raises(ConfigError, match=f"of {size} holds no token.*at least 3"):
        Vocabulary.build({"a": 3, "b": 1}, max_size=size)


def test_an_emoji_that_is_not_here_reads_as_the_emoticon_that_it_shows():
    """A model that had met none took love and disgust for the same."""
    vocabulary = Vocabulary(("<pad>", "<unk>", ":)", ":(", "<3", "🤮"))
    praise, blame = (
        tokenize("🔥 ✨ 💪🏽 🏆 🚀 ✔️ ✅ (:"),
        tokenize("🤦🏽\u200d♀️ 🤦 ❌ </3 T_T ):"),
    )
    assert set(vocabulary.encode(praise)) == {2}
    assert set(vocabulary.encode(blame)) == {3}
    assert vocabulary.encode(tokenize("🫶🏽 😭")) == [4, UNK]
    tokens = tokenize("😍 👍🏽 ❤️ 💔 🤮 😂 🏀")
    assert vocabulary.encode(tokens) == [2, 2, 4, 3, 5, UNK, UNK]
    assert Vocabulary(("<pad>", "<unk>")).encode(tokens) == [UNK] * len(tokens)


@pytest.mark.parametrize(
    ("stars", "shown"),
    [("★★★★★", ":)"), ("⭐️⭐️⭐️⭐️", ":)"), ("★★★★☆", ":)"), ("🌟🌟🌟🌟🌟🌟", ":)")]
    + [("★☆☆☆☆", ":("), ("★★", ":("), ("⭐⭐☆☆☆", ":("), ("★★★✩✩✩✩✩✩✩", ":(")]
    + [("★★★", None), ("★★★☆☆", None), ("★", None), ("★☆", None), ("☆☆☆☆☆", None)]
    + [("★" * 11, None), ("★ ★", None)],
)
def test_a_rating_in_stars_reads_as_the_emoticon_of_its_share(stars, shown):
    vocabulary = Vocabulary(("<pad>", "<unk>", ":)", ":("))
    read = {vocabulary.tokens[row] for row in vocabulary.encode(tokenize(stars))}
    assert read == {shown or "<unk>"}


def test_a_vocabulary_that_has_met_stars_reads_them_as_they_are():
    vocabulary = Vocabulary(("<pad>", "<unk>", ":)", "★★★★☆"))
    assert vocabulary.encode(tokenize("⭐⭐⭐⭐☆")) == [3]


def test_a_misspelt_or_stretched_word_reads_as_the_word_that_was_meant():
    """A "boooring" film was neither good nor bad."""
    vocabulary = Vocabulary(("<pad>", "<unk>", "boring", "service", "film"))
    tokens = tokenize("Boooooring film, terrible servce")
    assert vocabulary.encode(tokens) == [2, 4, UNK, UNK, 3]


def test_a_known_word_is_never_taken_for_a_slip():
    vocabulary = Vocabulary(("<pad>", "<unk>", "boring", "booring"))
    assert vocabulary.encode(["booring"]) == [3]


def test_a_rare_word_is_not_what_was_meant(monkeypatch):
    monkeypatch.setattr("sentiment.text.vocabulary._OFTEN_MEANT", 3)
    vocabulary = Vocabulary(("<pad>", "<unk>", "crumbs", "creeps"))
    assert vocabulary.encode(["crepes", "curmbs"]) == [UNK, 2]


def test_emoji_and_emoticons_are_tokens_as_the_tokeniser_gives_them():
    for emoji, emoticon in EMOTICONS.items():
        assert tokenize(emoji) == [emoji]
        assert tokenize(emoticon) == [emoticon]
