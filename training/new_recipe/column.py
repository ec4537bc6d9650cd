"""A column of a file of reviews, and what it may be: texts, labels or ratings."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from training.data.targets import rating_of

# A column with more distinct values holds texts, dates or keys, not labels.
_MOST_VALUES = 50
# Ratings with decimals have more, so a column that the user named may have these.
MOST_NAMED_VALUES = 10_000
# In a column of numbers, this share of rows may hold something else.
_ODD_SHARE = 0.1

_WORDS = {
    **dict.fromkeys(("negative", "neg", "bad", "-"), "negative"),
    **dict.fromkeys(("neutral", "neu", "mixed"), "neutral"),
    **dict.fromkeys(("positive", "pos", "good", "+"), "positive"),
}
# Numbers that stand for labels where a column has these and no others.
_NUMBERS: tuple[Mapping[float, str], ...] = (
    {0: "negative", 1: "positive"},
    {-1: "negative", 1: "positive"},
    {-1: "negative", 0: "neutral", 1: "positive"},
    {0: "negative", 1: "neutral", 2: "positive"},
    {0: "negative", 4: "positive"},
    {0: "negative", 2: "neutral", 4: "positive"},
)


@dataclass
class Column:
    """A column's distinct values with their counts, and its number of words.

    Beyond ``most`` distinct values, further ones are not counted. ``blank`` cells are
    empty.
    """

    name: str
    words: int = 0
    values: dict[str, int] = field(default_factory=dict)
    most: int = _MOST_VALUES
    blank: int = 0

    def note(self, value: Any) -> None:
        """Count one more value, or that the cell is empty."""
        text = "" if value is None else str(value).strip()
        if not text:
            self.blank += 1
            return
        self.words += len(text.split())
        if self.is_whole:
            self.values[text] = self.values.get(text, 0) + 1

    @property
    def is_whole(self) -> bool:
        """Whether all its values are counted."""
        return len(self.values) <= self.most

    @property
    def is_short(self) -> bool:
        """Whether its values are few enough to be labels."""
        return 0 < len(self.values) <= _MOST_VALUES

    def words_for_labels(self) -> dict[str, str]:
        """Return the labels of those values that are words for labels.

        >>> Column("", values={"Pos": 3, "neg": 2, "?": 1}).words_for_labels()
        {'Pos': 'positive', 'neg': 'negative'}
        """
        known = {value: _WORDS.get(value.lower()) for value in self.values}
        return {value: label for value, label in known.items() if label}

    def labels(self) -> dict[str, str]:
        """Return the labels of those values that are words or numbers for labels.

        >>> Column("", values={"1": 3, "0": 2}).labels()
        {'1': 'positive', '0': 'negative'}
        """
        numbers = self.numbers() if self._is_of_numbers else {}
        words = self.words_for_labels()
        for meanings in _NUMBERS:
            if set(numbers.values()) == set(meanings):
                found = {value: meanings[number] for value, number in numbers.items()}
                return {**found, **words}
        return words

    def star_scale(self, *, named: bool = False) -> int | None:
        """Return the best rating of its scale, None if its values are no ratings.

        If the user ``named`` it as a column of ratings, a few of them are enough.

        >>> Column("", values={"4,5": 3, "1": 2}).star_scale()
        5
        """
        numbers = {*self.numbers().values()}
        if not numbers or min(numbers) < 0 or max(numbers) > 10:
            return None
        if said := self._scales_said:
            return said.pop() if len(said) == 1 else None
        if any(numbers == {*meanings} for meanings in _NUMBERS):
            return None
        if not named and not self._is_of_numbers:
            return None
        if max(numbers) > 5:
            return 10
        # On five stars 0 is no rating, and such rows are skipped.
        return 5 if min(numbers) >= 1 or max(numbers) == 5 else None

    @property
    def is_rating(self) -> bool:
        """Whether its values are ratings, as far as they tell."""
        return self.star_scale() is not None and self._exceeds_labels

    @property
    def may_be_stars(self) -> bool:
        """Whether the user may have meant it as a column of ratings."""
        return self.star_scale(named=True) is not None and self._exceeds_labels

    @property
    def says_its_scale(self) -> bool:
        """Whether its ratings are written with the best one, as 4/5 is."""
        return bool(self._scales_said)

    @property
    def may_be_found(self) -> bool:
        """Whether its values alone, which come again and again, show ratings."""
        return self.is_rating and sum(self.values.values()) > 2 * len(self.values)

    def numbers(self) -> dict[str, float]:
        """Return those of its values that are finite numbers, or ratings.

        >>> Column("", values={"4,5": 3, "n/a": 1, "nan": 1}).numbers()
        {'4,5': 4.5}
        >>> Column("", values={"5 stars": 3, "★☆☆☆☆": 1}).numbers()
        {'5 stars': 5.0, '★☆☆☆☆': 1.0}
        """
        numbers = {}
        for value in self.values:
            try:
                number, _ = rating_of(value)
            except ValueError:
                continue
            if math.isfinite(number):
                numbers[value] = number
        return numbers

    @property
    def _exceeds_labels(self) -> bool:
        """Whether its best number is above 3: 1, 2 and 3 may be the names of labels.

        As ratings none of them would be positive. With a scale they are ratings.
        """
        return self.says_its_scale or max(self.numbers().values(), default=0) > 3

    @property
    def _scales_said(self) -> set[int]:
        """The best ratings that are written beside its values."""
        said = set()
        for value in self.numbers():
            _, best = rating_of(value)
            if best is not None:
                said.add(best)
        return said

    @property
    def _is_of_numbers(self) -> bool:
        """Whether nearly all of its rows are numbers, without two labels in words."""
        if len({*self.words_for_labels().values()}) > 1:
            return False
        numbers = self.numbers()
        odd = sum(count for value, count in self.values.items() if value not in numbers)
        return odd <= _ODD_SHARE * sum(self.values.values())
