"""The rows with the highest shares, found in one pass and constant memory."""

import hashlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

# How many are kept, and how much is of each.
KEPT = 10
SHOWN_CHARACTERS = 300


@dataclass(slots=True)
class Extreme:
    """A text: how probable, where it stands first, how often, and how it begins."""

    share: float
    row: int
    times: int
    text: str
    digest: str


class Extremes:
    """The texts with the highest shares, the same in whatever order they come.

    Texts are ordered by share and, where that is equal, by digest. A text in the
    overall top 10 is in the top 10 of every part that holds it, so it is never evicted
    and its count ``times`` is exact.
    """

    def __init__(self) -> None:
        self._kept: list[Extreme] = []

    def add(self, share: float, row: int, text: str) -> None:
        """Keep a text if it belongs to the highest."""
        if len(self._kept) == KEPT and share < self._kept[-1].share:
            return
        digest = hashlib.blake2b(
            text.encode("utf-8", "surrogatepass"), digest_size=16
        ).hexdigest()
        shown = text[:SHOWN_CHARACTERS] + "…" * (len(text) > SHOWN_CHARACTERS)
        self._take(Extreme(share, row, 1, shown, digest))

    def merge(self, other: "Extremes", rows_before: int) -> None:
        """Take in those of other rows, which come after ``rows_before`` rows."""
        for one in other._kept:
            self._take(replace(one, row=one.row + rows_before))

    def __iter__(self) -> Iterator[Extreme]:
        """Yield them, the highest first, those with the same share by their rows."""
        return iter(sorted(self._kept, key=lambda one: (-one.share, one.row)))

    def to_json(self) -> list[dict[str, Any]]:
        """Return plain values, as a journal keeps them."""
        return [asdict(one) for one in self._kept]

    @classmethod
    def from_json(cls, values: list[dict[str, Any]]) -> "Extremes":
        """Rebuild what :meth:`to_json` gave."""
        extremes = cls()
        extremes._kept = [Extreme(**one) for one in values]
        return extremes

    def _take(self, found: Extreme) -> None:
        for known in self._kept:
            if known.digest == found.digest:
                known.times += found.times
                known.row = min(known.row, found.row)
                return
        self._kept.append(found)
        self._kept.sort(key=lambda one: (-one.share, one.digest))
        del self._kept[KEPT:]
