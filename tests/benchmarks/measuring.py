"""Ratios between things measured in turn, in one run, on one machine.

Absolute rates drift by a third from hour to hour; a ratio of two that took turns holds.
"""

import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch

from training.data.vader_gold import SETS, read_vader_gold

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Comparison:
    """Rates of one thing and another, round by round; more is better."""

    name: str
    unit: str
    ours: str
    theirs: str
    our_rates: list[float]
    their_rates: list[float]

    @property
    def ratios(self) -> list[float]:
        """Return our rate over theirs, of each round."""
        pairs = zip(self.our_rates, self.their_rates, strict=True)
        return [our / their for our, their in pairs]

    def line(self) -> str:
        """Return the comparison in one line for people."""
        ours, theirs = map(statistics.median, (self.our_rates, self.their_rates))
        return (
            f"{self.name}: {_told(statistics.median(self.ratios))}x "
            f"({_told(min(self.ratios))} to {_told(max(self.ratios))}, "
            f"{len(self.ratios)} rounds): {self.ours} {ours:,.0f}, "
            f"{self.theirs} {theirs:,.0f} {self.unit}"
        )

    def to_json(self) -> dict[str, Any]:
        """Return everything that was measured."""
        return {**self.__dict__, "ratio": statistics.median(self.ratios)}


def _told(ratio: float) -> str:
    """Write a ratio with two decimals, or where that says nothing two digits."""
    return f"{ratio:.2f}" if ratio >= 0.1 else f"{ratio:.2g}"


def compare(
    name: str,
    unit: str,
    contenders: Mapping[str, Callable[[], Any]],
    rounds: int,
    measure: Callable[[Callable[[], Any]], float] | None = None,
) -> Comparison:
    """Let two contenders take turns; each call returns how much it has done.

    The first turn of each is not counted: it warms caches up. ``measure`` makes a rate
    of a contender's turn, if a call is not all of what is to be timed.
    """
    measure = measure or rate
    (ours, our_call), (theirs, their_call) = contenders.items()
    our_rates, their_rates = [], []
    for turn in range(rounds + 1):
        our, their = measure(our_call), measure(their_call)
        if turn:
            our_rates.append(our)
            their_rates.append(their)
    found = Comparison(name, unit, ours, theirs, our_rates, their_rates)
    print(found.line(), flush=True)
    return found


def rate(call: Callable[[], int]) -> float:
    """Return how much ``call`` does in a second."""
    began = time.perf_counter()
    done = call()
    return done / (time.perf_counter() - began)


def prepared_rate(prepare: Callable[[], Callable[[], int]]) -> float:
    """Return how much the turn that ``prepare`` returns does in a second."""
    return rate(prepare())


def snippets() -> list[str]:
    """Return the texts of the default data set: 23,703 of about 20 words."""
    return [example.text for name in SETS for example in read_vader_gold(name, name)]


def machine() -> dict[str, Any]:
    """Return what the figures depend on."""
    return {
        "cpu": _cpu(),
        "cores": len(os.sched_getaffinity(0)),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "threads": torch.get_num_threads(),
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _cpu() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def save(comparisons: list[Comparison]) -> Path:
    """Write the run under bench/, named by its time, and return where."""
    about = machine()
    folder = ROOT / "bench"
    folder.mkdir(exist_ok=True)
    path = folder / f"{about['time'].replace(':', '').split('+')[0]}.json"
    rows = [comparison.to_json() for comparison in comparisons]
    path.write_text(json.dumps({"machine": about, "results": rows}, indent=1) + "\n")
    return path


def announce() -> None:
    """Say on which machine the figures are taken."""
    about = machine()
    print(
        f"{about['cpu']}, {about['cores']} cores; Python {about['python']}, "
        f"torch {about['torch']} on {about['threads']} thread(s)",
        file=sys.stderr,
    )
