"""How much of the processors other programs take while something is measured."""

import os
import time
from contextlib import suppress
from pathlib import Path


class Neighbours:
    """Watches from now on all processes but this one and those that it started.

    Of a program that begins and ends meanwhile nothing is seen.
    """

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._before = seconds_of_others()

    def share(self) -> float:
        """Return which share of all processors' time they have taken so far."""
        taken = sum(
            seconds - self._before.get(pid, 0.0)
            for pid, seconds in seconds_of_others().items()
        )
        whole = (time.monotonic() - self._began) * (os.cpu_count() or 1)
        return min(1.0, max(0.0, taken / whole))


def seconds_of_others() -> dict[int, float]:
    """Return how long each process has computed that is not ours, by its id."""
    parents, seconds = {}, {}
    for folder in Path("/proc").glob("[0-9]*"):
        # Processes come and go.
        with suppress(OSError):
            # Behind the name in brackets, which may hold anything.
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            pid = int(folder.name)
            parents[pid] = int(fields[1])
            user, system = int(fields[11]), int(fields[12])
            seconds[pid] = (user + system) / os.sysconf("SC_CLK_TCK")
    return {pid: taken for pid, taken in seconds.items() if not _is_ours(pid, parents)}


def _is_ours(pid: int, parents: dict[int, int]) -> bool:
    while pid in parents:
        if pid == os.getpid():
            return True
        pid = parents[pid]
    return False
