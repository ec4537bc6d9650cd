"""Find the word that a misspelt or stretched one was meant to be."""

import re
from collections.abc import Iterable

# Shorter words have too many neighbours: a crepe is no creep, a pint no point.
_SHORTEST = 6
# A doubled letter is a slip, or a stretched word that the tokeniser has cut to two.
_SHORTEST_DOUBLED = 5
_SHORTEST_MEANT = 4
_DOUBLED = re.compile(r"([a-z])\1")
_WITHOUT_VOWELS = str.maketrans("", "", "aeiou")


class Speller:
    """Knows ``words``, the most frequent first, and what may be a slip for them.

    >>> speller = Speller(["service", "boring", "carp"])
    >>> [speller.meant_by(word) for word in ("servce", "booring", "crap")]
    ['service', 'boring', None]
    """

    def __init__(self, words: Iterable[str]) -> None:
        self._alike: dict[str, list[str]] = {}
        for word in words:
            if len(word) >= _SHORTEST_MEANT and _of_letters(word):
                self._alike.setdefault(_skeleton(word), []).append(word)

    def meant_by(self, word: str) -> str | None:
        """Return the most frequent word that ``word`` is a slip for, if any is."""
        if len(word) < _SHORTEST_DOUBLED or not _of_letters(word):
            return None
        alike = self._alike.get(_skeleton(word), ())
        return next((known for known in alike if _is_slip(word, known)), None)


def _is_slip(word: str, meant: str) -> bool:
    """Whether ``word`` is ``meant`` but for a slip after its first letter.

    Of the single edits of Damerau (1964), which Norvig's speller made well known, these
    are the ones that seldom make another word: a letter doubled or not doubled, two
    neighbours swapped, a vowel left out. A wrong letter (crap, carp) or a superfluous
    one (banked, baked) is none; any number of stretched letters is.
    """
    missing = len(meant) - len(word)
    if missing > 1 or (missing >= 0 and len(word) < _SHORTEST):
        return False
    at = 0
    while at < min(len(word), len(meant)) and word[at] == meant[at]:
        at += 1
    if missing == 1:
        return word[at:] == meant[at + 1 :] and meant[at] in "aeiou" + meant[at - 1]
    if missing == 0:
        return word[at:] == meant[at : at + 2][::-1] + meant[at + 2 :]
    return word[at] == word[at - 1] and (
        word[at + 1 :] == meant[at:] or _DOUBLED.sub(r"\1", word) == meant
    )


def _of_letters(word: str) -> bool:
    """Whether it is written in a to z: other alphabets have slips of their own."""
    return word.isascii() and word.isalpha()


def _skeleton(word: str) -> str:
    """Return what no slip changes: the first letter, and which consonants there are."""
    return word[0] + "".join(sorted(set(word.translate(_WITHOUT_VOWELS))))
