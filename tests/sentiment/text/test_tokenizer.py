"""How a review becomes tokens, told on the kinds of things that reviewers write."""

import itertools
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment.text.encoding import Encoder, count_tokens
from sentiment.text.tokenizer import tokenize, tokenize_with_offsets
from sentiment.text.vocabulary import Vocabulary

# What reviews are made of, and what goes wrong: marks, markup, emoji, strange spaces.
PIECES = st.sampled_from(
    [*"abzAZ019!?.,:;-_'’\"()<>/&#@*=%", " ", "\n", "\t", "\u00a0", "\u0085", "\u200b"]
    + [
        "<br />",
        "&amp;",
        "&#39;",
        "&nosuch;",
        "😀",
        "👍🏽",
        "❤️",
        "⭐️",
        "☆",
        "👩\u200d👧",
        "🇩🇪",
        "n't",
    ]
    + [
        "é",
        "e\u0301",
        "\u00ad",
        "\u2060",
        "′",
        "ｇ",
        "ﷺ",
        "İ",
        "ß",
        "中",
        "½",
        "http://",
        "www.",
        ":-)",
        " (: ",
        " T_T ",
        "<3",
        "\x00",
        "\ud800",
    ]
)
TEXTS = st.one_of(st.lists(PIECES, max_size=30).map("".join), st.text(max_size=80))


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("I don't, isn't, never!", ["i", "don't", ",", "isn't", ",", "never", "!"]),
        ("wasn’t don‘t", ["wasn't", "don't"]),
        ("isn′t don‛t wasn＇t can`t", ["isn't", "don't", "wasn't", "can't"]),
        ("cliche\u0301 clich\u00e9", ["clich\u00e9"] * 2),
        (
            "amaz\u200bing ter\u00adrible dis&shy;mal is\u2060n’t\ufeff good\u200d!",
            ["amazing", "terrible", "dismal", "isn't", "good", "!"],
        ),
        ("ｇｒｅａｔ 𝐠𝐨𝐨𝐝 ﬁne", ["great", "good", "fine"]),
        ("Sooooo GOOOOD", ["soo", "good"]),
        (
            "great!! great!!!!! what?? what?!",
            "great !!! great !!! what ?? what ?!".split(),
        ),
        (
            "Good &amp; cheap<br /><br/>Really&nbsp;nice",
            "good & cheap really nice".split(),
        ),
        ("it&#39;s &lt;3", ["it's", "<3"]),
        (":) :-) =) ;-D :( :'( :/ xD <3 </3", ":) :) :) ;d :( :( :/ xd <3 </3".split()),
        ("(: (-; (= ): )-: )': :'-( :'-) T_T", ":) ;) :) :( :( :( :( :) t_t".split()),
        ("(see: a):", ["(", "see", ":", "a", ")", ":"]),
        ("(:a ):, x(: a_T T_Tx", "( : a ) : , x ( : a _ t t _ tx".split()),
        ("❤️ ❤ 👍🏽 👍 👩\u200d👧 🇩🇪", ["❤", "❤", "👍", "👍", "👩\u200d👧", "🇩🇪"]),
        ("⭐️⭐️⭐🌟☆ food ★★, ✩★✰ ☆", "★★★★☆ food ★★ , ★☆☆ ☆".split()),
        ("⭐ ★ 🌟️ ★★★½ " + "★" * 11, "⭐ ★ 🌟 ★★★ ½ ★".split()),
        ("10/10, 4.5/5, 3 stars, 100%", "10/10 , 4.5/5 , 3 stars , 100%".split()),
        ("1999 12:30 $1,299.00", ["<number>", "<number>", "$", "<number>"]),
        (
            "@shop see https://example.org/a?b=1 #LoveIt",
            "<user> see <url> loveit".split(),
        ),
        ("f**k this sh*t *****", ["f**k", "this", "sh*t", "*****"]),
        ("well-made ... meh…", ["well", "-", "made", "...", "meh", "..."]),
        ("2nd 4GB rock'n'roll", ["2nd", "4gb", "rock'n'roll"]),
        ("I <b>love</b> it; a <b and c> d", "i love it ; a < b and c > d".split()),
        ("", []),
        (" \n\t\u200b\x00", []),
    ],
)
def test_a_review_reads_as_its_writer_meant(text, tokens):
    assert tokenize(text) == tokens


@given(TEXTS)
def test_offsets_cut_each_token_out_of_the_original(text):
    tokens = tokenize_with_offsets(text)
    assert [token.text for token in tokens] == tokenize(text)
    end = 0
    for token in tokens:
        # Two characters may come from one entity, so that neighbours can share it.
        assert 0 <= token.start < token.end <= len(text)
        assert token.end >= end
        end = token.end
        if "&" not in text:
            own = tokenize(text[token.start : token.end])
            assert own, "a token's own slice holds a token"


@given(TEXTS)
def test_a_text_without_markup_is_cut_where_its_tokens_are(text):
    text = text.replace("<", "").replace("&", "")
    tokens = tokenize_with_offsets(text)
    for token, following in itertools.pairwise(tokens):
        assert token.end <= following.start


@given(TEXTS)
def test_tokens_hold_no_white_space(text):
    assert all(token and not any(map(str.isspace, token)) for token in tokenize(text))


@given(st.lists(TEXTS, max_size=5))
def test_the_quick_way_to_ids_gives_the_same_ids(texts):
    known = count_tokens(texts[:2])
    vocabulary = Vocabulary.build(known, max_size=10)
    encoder = Encoder(vocabulary)
    for text in [*texts, *texts]:  # the second time from memory
        assert encoder.encode(text) == vocabulary.encode(tokenize(text))


@given(st.from_regex(r"\d{1,9}", fullmatch=True))  # of any script
def test_the_quick_way_takes_a_number_for_what_it_is(number):
    vocabulary = Vocabulary(("<pad>", "<unk>", "<number>", "7", "10"))
    expected = vocabulary.encode(tokenize(number))
    assert Encoder(vocabulary).encode(number) == expected


@given(st.from_regex("[A-Za-z0-9]{1,9}|[xX][dD]{1,3}|www[0-9a-z]*", fullmatch=True))
def test_a_plain_chunk_is_one_token_by_the_pattern_too(chunk):
    assert [token.text for token in tokenize_with_offsets(chunk)] == tokenize(chunk)


def test_a_full_memo_forgets_and_goes_on(monkeypatch):
    monkeypatch.setattr("sentiment.text.encoding._MEMO_CHUNKS", 3)
    vocabulary = Vocabulary(("<pad>", "<unk>", "good", "film", "."))
    encoder = Encoder(vocabulary)
    for text in ["good film.", "a b c d e", "good film.", "f g h i", "film good."] * 3:
        assert encoder.encode(text) == vocabulary.encode(tokenize(text))


@pytest.mark.parametrize("space", [" ", "\n", "\x1c", "\u00a0", "\u3000 "])
def test_the_way_of_long_texts_gives_the_same_ids(monkeypatch, space):
    encoder = Encoder(Vocabulary.build(count_tokens(["good film"]), max_size=10))
    text = f"{space}good{space}film! {space * 2}<br>bad{space}"
    expected = encoder.encode(text)
    monkeypatch.setattr("sentiment.text.encoding._LONG_TEXT", 1)
    assert encoder.encode(text) == expected


@given(st.lists(TEXTS, max_size=6))
def test_tokens_are_counted_as_the_tokenizer_finds_them(texts):
    counts = count_tokens(texts)
    assert sum(counts.values()) == sum(len(tokenize(text)) for text in texts)


@pytest.mark.parametrize(
    "chunk",
    ["a", "a.", "!", "<", "&", "a*", ":-", "1,", "<a ", "'a", "👩\u200d", "\u0301"]
    + ["-_", "^_", "1/", "🇩", "#", "http://", "&#", "<br ", "★", "⭐\ufe0f"],
)
def test_twenty_thousand_hostile_characters_take_no_time(chunk):
    text = chunk * (19_000 // len(chunk)) + "a"
    began = time.process_time()
    tokenize_with_offsets(text)
    # A second where a hundredth is usual: a quadratic pattern would take minutes.
    assert time.process_time() - began < 1


def test_a_long_piece_of_text_is_cut_whole():
    piece = '"so"b' * 50_000
    assert len(tokenize(piece)) == len(tokenize_with_offsets(piece)) == 200_000
