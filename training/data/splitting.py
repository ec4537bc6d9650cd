"""Which texts are learned, which steer, which judge: each text alone decides."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from training.data.cleaning import normalised
from training.data.examples import Example, SplitName
from training.data.source import SourceConfig

_BITS = 64


@dataclass(frozen=True)
class Splits:
    """Disjoint lists of examples."""

    train: list[Example]
    validation: list[Example]
    test: list[Example]

    def by_name(self) -> dict[str, list[Example]]:
        """Return the lists under their names."""
        return {"train": self.train, "validation": self.validation, "test": self.test}


def place(text: str) -> float:
    """Return a text's place in [0, 1): the same for ever, like no other text's.

    >>> place("Good film!") == place("good FILM")
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

    A text's place decides: the first ``test`` of the places are test, the next
    ``validation`` are validation. So a text that was test once is test for ever, also
    when the file grows or the shares do. A source's own split is honoured; what it does
    not name is taken out of its train texts: validation if it has only a test split,
    nothing but a validation split if it has both.
    """
    own = _own_splits(examples)
    splits = Splits([], [], [])
    for example in examples:
        named = _named(example, own[example.source], validation, test)
        getattr(splits, named).append(example)
    train = _bounded(splits.train, sources)
    return Splits(train, splits.validation, splits.test)


def _own_splits(examples: Iterable[Example]) -> dict[str, set[SplitName | None]]:
    own: dict[str, set[SplitName | None]] = {}
    for example in examples:
        own.setdefault(example.source, set()).add(example.split)
    return own


def _named(
    example: Example, own: set[SplitName | None], validation: float, test: float
) -> SplitName:
    if example.split in ("test", "validation"):
        return example.split
    at = place(example.text)
    if "test" not in own and at < test:
        return "test"
    if "validation" not in own and test <= at < test + validation:
        return "validation"
    return "train"


def _bounded(train: list[Example], sources: Iterable[SourceConfig]) -> list[Example]:
    """Return ``train`` with at most ``max_train_examples`` of a source, by place."""
    bounds = {source.name: source.max_train_examples for source in sources}
    kept = set(range(len(train)))
    for name, bound in bounds.items():
        rows = [row for row, example in enumerate(train) if example.source == name]
        if bound is not None and len(rows) > bound:
            rows.sort(key=lambda row: place(train[row].text))
            kept.difference_update(rows[bound:])
    return [example for row, example in enumerate(train) if row in kept]
