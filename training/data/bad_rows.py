"""The rows of a source that are not examples: how many there are, and why."""

from dataclasses import dataclass, field, replace

# So many reasons are distinguished in each source; all bad rows are counted.
_MOST_REASONS = 20


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that is not an example: its file, its line (from 1), and what is wrong."""

    file: str
    line: int
    reason: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.reason}"


@dataclass
class Skipped:
    """How many rows were not examples for one reason, and the first of them."""

    first: BadRow
    count: int = 0

    def __str__(self) -> str:
        more = f" ({self.count:,} such rows)" if self.count > 1 else ""
        return f"{self.first}{more}"


@dataclass
class BadRows:
    """The bad rows of one source, by the reason why they are not examples."""

    reasons: dict[str, Skipped] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """How many rows were not examples."""
        return sum(one.count for one in self.reasons.values())

    def add(self, row: BadRow) -> None:
        """Count a row, and keep the first of its reason.

        Reasons quote the row's contents, so that their number has to be bounded.
        """
        known = row.reason in self.reasons or len(self.reasons) < _MOST_REASONS
        reason = row.reason if known else "for other reasons"
        first = Skipped(replace(row, reason=reason))
        self.reasons.setdefault(reason, first).count += 1
