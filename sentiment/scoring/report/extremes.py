"""The few rows that are most of something, found in one pass and constant memory."""

import hashlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
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
    """The texts with the highest shares; of those with the same, the first ones.

    ``times`` is exact although texts are forgotten: the lowest share that is kept only
    rises, so that one that is there at the end was never away.
    """

    def __init__(self) -> None:
        self._kept: list[Extreme] = []

    def add(self, share: float, row: int, text: str) -> None:
        """Keep a text if it belongs to the highest; rows come in their order."""
        full = len(self._kept) == KEPT
        if full and share < self._kept[-1].share:
            return
        digest = hashlib.blake2b(
            text.encode("utf-8", "surrogatepass"), digest_size=16
        ).hexdigest()
        for known in self._kept:
            if known.digest == digest:
                known.times += 1
                return
        if full and share == self._kept[-1].share:
            return
        del self._kept[KEPT - 1 :]
        shown = text[:SHOWN_CHARACTERS] + "…" * (len(text) > SHOWN_CHARACTERS)
        self._kept.append(Extreme(share, row, 1, shown, digest))
        self._kept.sort(key=lambda one: (-one.share, one.row))

    def __iter__(self) -> Iterator[Extreme]:
        return iter(self._kept)

    def to_json(self) -> list[dict[str, Any]]:
        """Return plain values, as a journal keeps them."""
        return [asdict(one) for one in self._kept]

    @classmethod
    def from_json(cls, values: list[dict[str, Any]]) -> "Extremes":
        """Rebuild what :meth:`to_json` gave."""
        extremes = cls()
        extremes._kept = [Extreme(**one) for one in values]
        return extremes
