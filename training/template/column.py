"""What a column of a file of reviews may be: texts, labels by their names, a rating."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from training.data.targets import number_of

# Who has more different values holds texts, dates or keys, and no labels.
_MOST_VALUES = 50

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
    """A column's values, while they are few, and how many words stand in it."""

    name: str
    words: int = 0
    values: dict[str, int] = field(default_factory=dict)

    def note(self, value: Any) -> None:
        """Count one more value; in an empty cell there is none."""
        said = "" if value is None else str(value).strip()
        if not said:
            return
        self.words += len(said.split())
        if len(self.values) <= _MOST_VALUES:
            self.values[said] = self.values.get(said, 0) + 1

    @property
    def is_short(self) -> bool:
        """Whether its values are few enough to be labels."""
        return 0 < len(self.values) <= _MOST_VALUES

    def words_for_labels(self) -> dict[str, str]:
        """Return what its values mean, of those that are words for labels.

        >>> Column("", values={"Pos": 3, "neg": 2, "?": 1}).words_for_labels()
        {'Pos': 'positive', 'neg': 'negative'}
        """
        known = {value: _WORDS.get(value.lower()) for value in self.values}
        return {value: label for value, label in known.items() if label}

    def labels(self) -> dict[str, str]:
        """Return what its values mean, of those that are words or numbers for labels.

        >>> Column("", values={"1": 3, "0": 2}).labels()
        {'1': 'positive', '0': 'negative'}
        """
        numbers = self._numbers()
        for meanings in _NUMBERS:
            if set(numbers.values()) == set(meanings):
                return {value: meanings[number] for value, number in numbers.items()}
        return self.words_for_labels()

    def star_scale(self) -> int | None:
        """Return the best rating of the scale that its values are on, if they are.

        >>> Column("", values={"4,5": 3, "1": 2}).star_scale()
        5
        """
        numbers = self._numbers().values()
        if not numbers or min(numbers) < 0 or max(numbers) > 10 or self.labels():
            return None
        if max(numbers) > 5:
            return 10
        # Of five stars, 0 is no rating, and such rows are passed over.
        return 5 if min(numbers) >= 1 or max(numbers) == 5 else None

    @property
    def is_rating(self) -> bool:
        """Whether its values are ratings; 1 and 2 alone may be the names of labels."""
        return self.star_scale() is not None and max(self._numbers().values()) > 3

    def _numbers(self) -> dict[str, float]:
        """Return its values as numbers; nothing if one of them is none."""
        try:
            return {value: number_of(value) for value in self.values}
        except ValueError:
            return {}
