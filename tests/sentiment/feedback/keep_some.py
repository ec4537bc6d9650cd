"""Keep corrections from a process of its own: keep_some.py ADDRESS NAME COUNT."""

import sys
from datetime import UTC, datetime

from sentiment.feedback import Correction, open_store


def keep(address: str, name: str, count: int) -> None:
    store = open_store(address, seconds=100)
    for number in range(count):
        store.keep(
            Correction(
                text=f"{name} {number}",
                label="negative",
                created=datetime.now(UTC),
                model="m-1",
            )
        )


if __name__ == "__main__":
    keep(sys.argv[1], sys.argv[2], int(sys.argv[3]))
