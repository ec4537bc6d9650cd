"""What makes two texts the same, and which of the same texts stays."""

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from training.data.examples import Example


def normalised(text: str) -> str:
    """Return a text's identity: its letters and digits in lower case, nothing else.

    A text without any keeps its form, so that ":)" and ":(" differ.

    >>> normalised("GREAT, isn't it?!")
    'greatisntit'
    """
    folded = unicodedata.normalize("NFKC", text).lower()
    return "".join(filter(str.isalnum, folded)) or folded.strip()


@dataclass(frozen=True, kw_only=True)
class DuplicateReport:
    """What de-duplicating left out, for each source; the texts are not kept."""

    repeated: dict[str, int] = field(default_factory=dict)
    equal_to_test: dict[str, int] = field(default_factory=dict)
    conflicting: dict[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """How many examples were left out."""
        parts = (self.repeated, self.equal_to_test, self.conflicting)
        return sum(sum(part.values()) for part in parts)


def deduplicate(
    examples: Sequence[Example], *, test_texts: Iterable[str] = ()
) -> tuple[list[Example], DuplicateReport]:
    """Keep one example of each text across all sources.

    Official test splits stay as they are. Elsewhere a text equal to one of them (or to
    one of ``test_texts``, in normalised form) goes, since a model must not learn what
    it is tested on; of other equal texts the first stays; and where they carry
    different labels all go, since nobody can say which is right.
    """
    tested = {normalised(one.text) for one in examples if one.split == "test"}
    tested.update(test_texts)
    identities = [normalised(example.text) for example in examples]
    labels: dict[tuple[str, str], set[int]] = defaultdict(set)
    for example, identity in zip(examples, identities, strict=True):
        if example.split != "test":
            labels[example.source, identity].add(example.label)
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    seen: dict[str, int] = {}
    kept: list[Example] = []
    for example, identity in zip(examples, identities, strict=True):
        reason = None
        if example.split != "test":
            torn = len(labels[example.source, identity]) > 1
            reason = _reason_to_drop(
                identity, example.label, torn=torn, tested=tested, seen=seen
            )
            if reason is None:
                seen[identity] = example.label
        if reason is None:
            kept.append(example)
        else:
            counts[reason][example.source] += 1
    return kept, DuplicateReport(
        **{reason: dict(count) for reason, count in counts.items()}
    )


def _reason_to_drop(
    identity: str, label: int, *, torn: bool, tested: set[str], seen: dict[str, int]
) -> str | None:
    if identity in tested:
        return "equal_to_test"
    if torn or seen.get(identity, label) != label:
        return "conflicting"
    return "repeated" if identity in seen else None
