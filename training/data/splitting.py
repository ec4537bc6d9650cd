"""The split of each text, train, validation or test: by a hash of the text alone."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from sentiment.labels import LABELS
from training.data.cleaning import normalised
from training.data.examples import Example, SplitName
from training.data.source import SourceConfig

_BITS = 64

_PLAIN = SourceConfig(name="plain", path="-")

# How many examples of each label: source -> split -> label -> count.
Counts = Mapping[str, Mapping[str, Mapping[str, int]]]


@dataclass(frozen=True)
class Splits:
    """Disjoint lists of examples."""

    train: list[Example]
    validation: list[Example]
    test: list[Example]

    def by_name(self) -> dict[str, list[Example]]:
        """Return the lists under their names."""
        return {"train": self.train, "validation": self.validation, "test": self.test}

    def identities(self) -> set[str]:
        """Return the normalised texts of all splits."""
        return {
            normalised(example.text)
            for part in self.by_name().values()
            for example in part
        }


def position(text: str) -> float:
    """Return a text's position in [0, 1), by a hash of the normalised text.

    >>> position("Good film!") == position("good FILM")
    True
    """
    digest = hashlib.sha256(normalised(text).encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[: _BITS // 8], "big") / float(2**_BITS)


def split(
    examples: Sequence[Example],
    *,
    validation: float,
    test: float,
    sources: Iterable[SourceConfig] = (),
) -> Splits:
    """Return the examples under their splits.

    By position, the first ``test`` of the texts are test and the last ``validation``
    are validation. So a test text stays one when the file or a share grows, and a
    larger test share takes no validation text.

    A source's own split is kept, but what is not ``official`` is also taken from the
    texts that it marks as train, by position. Of a source that is ``train_only`` or of
    a kind that only trains, nothing is taken.

    A text's split depends on nothing but the text, its mark and its source's settings:
    no other row, whether new or left out as a duplicate, moves it.
    """
    named = {source.name: source for source in sources}
    splits = Splits([], [], [])
    by_name = splits.by_name()
    for example in examples:
        source = named.get(example.source, _PLAIN)
        by_name[_split_of(example, source, validation, test)].append(example)
    return replace(splits, train=at_most(train_bounds(named.values()), splits.train))


def _split_of(
    example: Example, source: SourceConfig, validation: float, test: float
) -> SplitName:
    if example.split in ("test", "validation"):
        return example.split
    if source.train_only or source.cannot_be_held_out:
        return "train"
    closed = source.official if example.split == "train" else ()
    at = position(example.text)
    if "test" not in closed and at < test:
        return "test"
    if "validation" not in closed and at >= 1 - validation:
        return "validation"
    return "train"


def train_bounds(sources: Iterable[SourceConfig]) -> dict[str, int]:
    """Return the most train texts of each source that has such a bound."""
    return {
        source.name: source.max_train_examples
        for source in sources
        if source.max_train_examples is not None
    }


def at_most(bounds: Mapping[str, int], examples: Sequence[Example]) -> list[Example]:
    """Return ``examples``, at most ``bounds`` of each source, chosen by position."""
    dropped: set[int] = set()
    for source, bound in bounds.items():
        rows = [row for row, one in enumerate(examples) if one.source == source]
        rows.sort(key=lambda row: position(examples[row].text))
        dropped.update(rows[bound:])
    return [example for row, example in enumerate(examples) if row not in dropped]


def count_examples(splits: Splits) -> dict[str, dict[str, dict[str, int]]]:
    """Count the examples of each source, split and label, the sources by name."""
    parts = splits.by_name()
    counts: dict[str, dict[str, dict[str, int]]] = {}
    for split, examples in parts.items():
        for example in examples:
            source = counts.setdefault(
                example.source, {name: dict.fromkeys(LABELS, 0) for name in parts}
            )
            source[split][LABELS[example.label]] += 1
    return dict(sorted(counts.items()))
