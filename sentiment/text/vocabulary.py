"""The ordered tokens a network knows; a token's number is its row of the embedding."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

from sentiment.errors import ConfigError
from sentiment.special_tokens import SPECIAL, UNK
from sentiment.text.emoji import EMOTICONS
from sentiment.text.spelling import Speller

# A misspelt word is read as one of this many, the most frequent: a slip in a rare word
# is itself rare, and "crepes" would be read as "creeps".
_OFTEN_MEANT = 10_000


class Vocabulary:
    """Tokens and their ids: ``<pad>`` is 0, ``<unk>`` is 1.

    Raises:
        ValueError: The tokens do not begin with the special ones, or repeat.
    """

    def __init__(self, tokens: Sequence[str]) -> None:
        self.tokens = tuple(tokens)
        if self.tokens[:2] != SPECIAL:
            raise ValueError(
                f"a vocabulary begins with {SPECIAL}, not {self.tokens[:2]}"
            )
        self._ids = {token: row for row, token in enumerate(self.tokens)}
        if len(self._ids) != len(self.tokens):
            raise ValueError(
                f"{len(self.tokens) - len(self._ids)} tokens of the vocabulary repeat"
            )

    @classmethod
    def build(
        cls, counts: Mapping[str, int], *, max_size: int, min_count: int = 1
    ) -> "Vocabulary":
        """Return the ``max_size`` most frequent of the counted tokens.

        Tokens seen fewer than ``min_count`` times are left out. Equally frequent ones
        come in alphabetical order, so that the order of the texts does not matter.

        Raises:
            ConfigError: ``max_size`` leaves no room beside the special tokens.

        >>> Vocabulary.build({"film": 1, "good": 2}, max_size=3).tokens
        ('<pad>', '<unk>', 'good')
        """
        if max_size <= len(SPECIAL):
            raise ConfigError(
                f"a vocabulary of {max_size} holds no token beside "
                f"{' and '.join(SPECIAL)}: its size must be at least {len(SPECIAL) + 1}"
            )
        ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        kept = [
            token
            for token, count in ranked
            if count >= min_count and token not in SPECIAL
        ]
        return cls((*SPECIAL, *kept[: max_size - len(SPECIAL)]))

    def __len__(self) -> int:
        return len(self.tokens)

    def __contains__(self, token: str) -> bool:
        return token in self._ids

    def encode(self, tokens: Iterable[str]) -> list[int]:
        """Return each token's id, ``UNK`` for one that is not here.

        An emoji that is not here has the id of the emoticon that it shows, a misspelt
        word that of the most frequent one that it may have been meant to be.

        >>> vocabulary = Vocabulary(["<pad>", "<unk>", ":(", "boring"])
        >>> vocabulary.encode(["😡", "booring", "😂"])
        [2, 3, 1]
        """
        return [self._ids.get(token) or self._unknown(token) for token in tokens]

    def _unknown(self, token: str) -> int:
        if token in EMOTICONS:
            return self._ids.get(EMOTICONS[token], UNK)
        meant = self._speller.meant_by(token)
        return UNK if meant is None else self._ids[meant]

    @cached_property
    def _speller(self) -> Speller:
        return Speller(self.tokens[len(SPECIAL) : _OFTEN_MEANT])

    def format(self) -> str:
        """Return one token a line; tokens never hold white space."""
        return "\n".join(self.tokens) + "\n"

    @classmethod
    def parse(cls, text: str) -> "Vocabulary":
        """Read what :meth:`format` wrote."""
        # Not splitlines(): it also cuts at characters that a token may hold.
        return cls(text.removesuffix("\n").split("\n"))
