"""Split a review into normalised tokens, each with its position in the original."""

import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

import regex

from sentiment.text.markup import strip_markup, strip_markup_with_origins

# One alternative a line; the first that matches wins. None crosses white space or looks
# beyond it, so that a text can be split at white space first and the pieces cached
# (sentiment.text.encoding does). Possessive quantifiers prevent backtracking, which
# keeps the work linear in the text's length whatever a client sends. §: invisible
# characters within words, such as a soft hyphen.
PATTERN = r"""(?x)
    (?i:https?://|www\.)[^\s<>"]++                         # address
  | @\w++                                                  # handle
  | (?<!\S)(?:[()]-?'?[:;=]|[tT]_[tT])(?!\S)               # (: ): T_T
  | [<>]?[:;=](?:'-|[-o*'])?[)\](\[dDpPoO/\\|}{@3*](?![\p{L}\p{N}])    # :-) ;D =(
  | </?3 | [xX]D++(?![\p{L}\p{N}]) | \^_?\^ | -_-          # <3 xD ^_^ -_-
  | (?:[★⭐🌟☆✩✰]\uFE0F?){2,}+                             # stars given
  | \p{Extended_Pictographic}[\uFE0F\p{EMod}]*+            # emoji, with skin
    (?:\u200D\p{Extended_Pictographic}[\uFE0F\p{EMod}]*+)*+     # tone, joined
  | \p{RI}\p{RI}?                                          # flag
  | \d++(?:[.,:]\d++){0,4}+(?:/\d++)?+%?(?![\p{L}\p{M}\p{N}])   # 10/10 3.5 50%
  | \p{L}++\*++[\p{L}*]*+                                  # f**k
  | \#?[\p{L}\p{N}][\p{L}\p{M}\p{N}§]*+                    # word, #hashtag,
    (?:['’‘ʼ´`′‛＇]\p{L}[\p{L}\p{M}§]*+)*+                  # don't, rock'n'roll
  | [!?]++ | [.…]++ | -++ | \*++ | =++ | ~++ | _++ | \#++ | '++    # runs
  | [^\s\p{L}\p{M}\p{N}\p{C}]                              # other punctuation
""".replace("§", r"\u00AD\u200B-\u200D\u2060\uFEFF")

URL = "<url>"
HANDLE = "<user>"
NUMBER = "<number>"


# `re` has neither \p{L} nor emoji by their property.
_PATTERN = regex.compile(PATTERN, regex.UNICODE | regex.MULTILINE | regex.DOTALL)
_CHUNK = re.compile(r"\S+")
_ADDRESS = re.compile(r"https?://|www\.", re.IGNORECASE)
_RATING = re.compile(r"\d{1,2}(?:\.\d)?/\d{1,3}|\d{1,2}%?|100%?")
# Possessive: backtracking would keep 80 bytes for each repeated letter.
_STRETCHED = re.compile(r"([^\W\d])\1{2,}+")
_MIRRORED = str.maketrans("()", ")(")
# A longer run is an ornament.
_MOST_STARS = 10
_SKIN_TONE_OR_SELECTOR = re.compile("[\ufe0f\U0001f3fb-\U0001f3ff]")
# Look-alikes of the apostrophe, and invisible characters.
_AS_SEEN = str.maketrans(
    dict.fromkeys("’‘ʼ´`′‛＇", "'")
    | dict.fromkeys("\u00ad\u200b\u200c\u200d\u2060\ufeff")
)


class Token(NamedTuple):
    """A normalised token, and the slice ``start:end`` of the original it came from."""

    text: str
    start: int
    end: int


def tokenize(text: str) -> list[str]:
    """Return the normalised tokens of ``text``, in order.

    Case and stretched letters are normalised, and so is what looks alike (NFKC);
    negations stay whole, HTML is read as the text it shows, addresses and handles
    become one token each.

    >>> tokenize("Sooooo GOOD &amp; I don’t regret it!!! :-) 10/10")
    ['soo', 'good', '&', 'i', "don't", 'regret', 'it', '!!!', ':)', '10/10']
    >>> tokenize("@shop  https://example.org/x cost 1,299 \u2764\ufe0f")
    ['<user>', '<url>', 'cost', '<number>', '\u2764']
    """
    return [
        token for chunk in strip_markup(text).split() for token in tokenize_chunk(chunk)
    ]


def tokenize_chunk(chunk: str) -> list[str]:
    """Return the normalised tokens of a piece of plain text without white space."""
    # The pattern, too, makes one token of a word or number, at ten times the cost.
    if chunk.isascii() and chunk.isalnum():
        return [normalize(chunk)]
    return [normalize(token) for token in _PATTERN.findall(chunk)]


def tokenize_with_offsets(text: str) -> list[Token]:
    """Return the tokens of :func:`tokenize` with their positions in ``text``.

    Offsets count code points; ``text[token.start:token.end]`` is the token as written.

    >>> tokenize_with_offsets("It&#39;s  GREAT")
    [Token(text="it's", start=0, end=8), Token(text='great', start=10, end=15)]
    """
    plain = strip_markup_with_origins(text)
    return [
        Token(normalize(plain.text[start:end]), *plain.original_span(start, end))
        for start, end in token_spans(plain.text)
    ]


def token_spans(plain: str) -> Iterator[tuple[int, int]]:
    """Yield the slice ``(start, end)`` of each token of a text without markup."""
    for begin, stop in chunk_spans(plain):
        for token in _PATTERN.finditer(plain[begin:stop]):
            yield begin + token.start(), begin + token.end()


def chunk_spans(plain: str) -> Iterator[tuple[int, int]]:
    """Yield the slice of each piece between white space; no token crosses pieces."""
    return (chunk.span() for chunk in _CHUNK.finditer(plain))


def normalize(token: str) -> str:
    """Return the form under which a token, cut out by the pattern, is looked up.

    >>> [normalize(token) for token in ("LOOOVE", "#Great", "!!!!", "1999", "7/10")]
    ['loove', 'great', '!!!', '<number>', '7/10']
    """
    first = token[0]
    if first.isalpha():
        return _normalize_word(token)
    if first.isdecimal():
        if token.isalnum() and not token.isdecimal():
            return _normalize_word(token)  # 2nd, 4gb
        return token if _RATING.fullmatch(token) else NUMBER
    return _normalize_other(token)


def _normalize_word(word: str) -> str:
    if _ADDRESS.match(word):
        return URL
    word = word.translate(_AS_SEEN)
    if not word.isascii():
        # Composed or not, wide or bold: what looks alike is one word. A ligature that
        # stands for several words stays one token.
        word = unicodedata.normalize("NFKC", word).replace(" ", "")
    return _STRETCHED.sub(r"\1\1", word.lower())


def _normalize_other(token: str) -> str:
    first = token[0]
    if len(token) == 1:
        return "..." if first == "…" else token
    if first == "@":
        return HANDLE
    if first == "#":
        return _normalize_word(token[1:]) if token[1] != "#" else "#"
    if first in "!?":
        return _normalize_marks(token)
    if first in ".…":
        return "..."
    if first in "-*=~_'" and len(set(token)) == 1:
        return token if len(token) <= 5 else first
    if first in ":;=<>":
        return _normalize_emoticon(token)
    if first in "()":
        return _normalize_emoticon(token[::-1].translate(_MIRRORED))
    plain = _SKIN_TONE_OR_SELECTOR.sub("", token) or token
    return _normalize_stars(plain) if first in "★⭐🌟☆✩✰" else plain


def _normalize_marks(marks: str) -> str:
    """Return how loud a run of ! and ? is: '!!!', '??' or '?!' for any longer one."""
    if "?" not in marks:
        return "!!!"
    return "?!" if "!" in marks else "??"


def _normalize_stars(stars: str) -> str:
    """Return a rating as its full stars, then its empty ones: '★★★★☆'."""
    if len(stars) == 1:
        return stars
    if len(stars) > _MOST_STARS:
        return "★"
    full = sum(star in "★⭐🌟" for star in stars)
    return "★" * full + "☆" * (len(stars) - full)


def _normalize_emoticon(emoticon: str) -> str:
    """Return an emoticon without its nose and with plain eyes, a heart as '<3'."""
    if "3" in emoticon and emoticon.startswith("<"):
        return "</3" if "/" in emoticon else "<3"
    eyes, mouth = emoticon.lstrip("<>")[0], emoticon[-1].lower()
    return (":" if eyes == "=" else eyes) + mouth
