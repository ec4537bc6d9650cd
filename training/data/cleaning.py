"""De-duplication: when two texts are the same, and which of them is kept."""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from sentiment.labels import LABELS
from sentiment.text.markup import strip_markup
from training.data.examples import Example, SplitName

# Everything but letters and digits; for ASCII as a table, three times as fast.
_SIGNS = re.compile(r"[\W_]+")
_ASCII_SIGNS = dict.fromkeys(at for at in range(128) if not chr(at).isalnum())

# Which duplicate is kept: first those whose split the hash decides, so that a test text
# stays one when a source with its own split joins. Users' corrections come last, so
# that they never replace a labelled text.
_PRECEDENCE: dict[SplitName | None, int] = {None: 0, "validation": 1, "train": 2}
_FEEDBACK = 3

# So many conflicts are kept to show; all are counted.
_SHOWN = 20

Reason = Literal["repeated", "equal_to_test", "conflicting"]


def normalised(text: str) -> str:
    """Return a text's identity: its letters and digits in lower case, nothing else.

    HTML is read as the text it shows. A text without letters and digits is kept as it
    is, so that ":)" and ":(" differ.

    >>> normalised("GREAT,<br />isn't &quot;it&quot;?!")
    'greatisntit'
    """
    folded = unicodedata.normalize("NFKC", strip_markup(text)).lower()
    letters = folded.translate(_ASCII_SIGNS)
    if not letters.isalnum():
        letters = _SIGNS.sub("", letters)
    # Again, since characters that were apart may now compose.
    return unicodedata.normalize("NFKC", letters) or folded.strip()


@dataclass(frozen=True, kw_only=True)
class DuplicateReport:
    """How many texts of each source de-duplication left out, without the texts.

    ``repeated`` occur elsewhere too, ``equal_to_test`` are in an official test split,
    ``conflicting`` have another label elsewhere: ``conflicts`` has the places and
    labels of the first of these.
    """

    repeated: dict[str, int] = field(default_factory=dict)
    equal_to_test: dict[str, int] = field(default_factory=dict)
    conflicting: dict[str, int] = field(default_factory=dict)
    conflicts: list[str] = field(default_factory=list)

    @property
    def total(self) -> int:
        """How many examples were left out."""
        return sum(sum(part.values()) for part in self._parts)

    def of(self, source: str) -> int:
        """Return how many examples of one source were left out."""
        return sum(part.get(source, 0) for part in self._parts)

    @property
    def _parts(self) -> tuple[dict[str, int], ...]:
        return self.repeated, self.equal_to_test, self.conflicting


def deduplicate(
    examples: Sequence[Example],
) -> tuple[list[Example], DuplicateReport]:
    """Keep one example of each text across all sources, in the order given.

    Official test splits are left as they are. Elsewhere texts equal to one of theirs
    are dropped, since a model must not be trained on its test. Where a source
    contradicts itself, all its examples of the text are dropped, since either label may
    be wrong; where sources contradict each other, the first is kept: name the source
    with the best labels first. Sources with a split of their own come after those
    without, and users' corrections last.
    """
    tested: set[str] = set()
    groups: dict[str, list[int]] = defaultdict(list)
    for row, example in enumerate(examples):
        if example.split == "test":
            tested.add(normalised(example.text))
        else:
            groups[normalised(example.text)].append(row)
    dropped: dict[int, Reason] = {}
    conflicts: list[str] = []
    for identity, rows in groups.items():
        if identity in tested:
            dropped.update(dict.fromkeys(rows, "equal_to_test"))
        elif len(rows) > 1:
            reasons = dict(_settle(examples, rows))
            dropped.update(reasons)
            if "conflicting" in reasons.values() and len(conflicts) < _SHOWN:
                conflicts.append(_conflict([examples[row] for row in rows]))
    left = [example for row, example in enumerate(examples) if row not in dropped]
    return left, _report(examples, dropped, conflicts)


def _settle(
    examples: Sequence[Example], rows: Sequence[int]
) -> Iterator[tuple[int, Reason]]:
    """Yield which of the ``rows`` of one text to drop, and why: all but at most one."""
    labels: dict[str, set[int]] = defaultdict(set)
    for row in rows:
        labels[examples[row].source].add(examples[row].label)
    kept: int | None = None
    for row in sorted(rows, key=lambda row: _precedence(examples[row])):
        label = examples[row].label
        contradicted = len(labels[examples[row].source]) > 1
        if contradicted or (kept is not None and examples[kept].label != label):
            yield row, "conflicting"
        elif kept is not None:
            yield row, "repeated"
        else:
            kept = row


def _precedence(example: Example) -> int:
    return _FEEDBACK if example.feedback else _PRECEDENCE[example.split]


def _report(
    examples: Sequence[Example], dropped: dict[int, Reason], conflicts: list[str]
) -> DuplicateReport:
    counts: dict[Reason, Counter[str]] = defaultdict(Counter)
    for row, reason in dropped.items():
        counts[reason][examples[row].source] += 1
    return DuplicateReport(
        repeated=dict(counts["repeated"]),
        equal_to_test=dict(counts["equal_to_test"]),
        conflicting=dict(counts["conflicting"]),
        conflicts=conflicts,
    )


def _conflict(examples: Sequence[Example]) -> str:
    """Return where a text occurs with which label, the first place of each label."""
    first = {example.label: example for example in reversed(examples)}
    return ", ".join(
        f"{one.place or one.source} says {LABELS[label]}"
        for label, one in sorted(first.items())
    )
