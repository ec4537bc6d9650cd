"""What a test of a fault measured: one line at the end of the run, one row in the docs.

A test asks for ``record_figure`` and says which fault it caused, what is promised
for it, and what was found. Passed tests' figures are printed when the run ends; where
``RELIABILITY_FIGURES`` names a file, each is appended to it as a line of JSON, from
which ``scripts/reliability.py`` writes the table of docs/reliability.md.
"""

import json
import os
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

FILE_VARIABLE = "RELIABILITY_FIGURES"
_PROPERTY = "figure"

RecordFigure = Callable[[str, str, str], None]


@pytest.fixture
def record_figure(request: pytest.FixtureRequest) -> RecordFigure:
    """Return what takes ``(fault, promise, figure)``, each a few words of prose.

    A later figure for the same fault takes the place of an earlier one, so the short
    form of a test comes before its long form.
    """
    test = request.node.nodeid

    def record(fault: str, promise: str, figure: str) -> None:
        # The way that also leads out of the processes of `make test`.
        row = {"fault": fault, "promise": promise, "figure": figure, "test": test}
        request.node.user_properties.append((_PROPERTY, row))

    return record


@pytest.fixture(scope="module")
def so_far() -> Callable[[str, float], list[float]]:
    """Return what takes a measurement of a family of faults and returns all so far.

    Such a family, a parametrized test, has one row: after each of them with the worst.
    """
    found = defaultdict(list)

    def add(family: str, measured: float) -> list[float]:
        found[family].append(measured)
        return found[family]

    return add


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print the figures of the tests that passed, and keep them where asked to."""
    passed = _rows(terminalreporter.stats.get("passed", ()))
    rows = list({row["fault"]: row for row in passed}.values())
    if not rows:
        return
    terminalreporter.section("faults")
    for row in rows:
        terminalreporter.write_line(f"{row['fault']}: {row['figure']}")
    if path := os.environ.get(FILE_VARIABLE):
        with Path(path).open("a") as file:
            file.writelines(json.dumps(row) + "\n" for row in rows)


def _rows(reports: Any) -> Iterator[dict[str, str]]:
    for report in reports:
        for name, value in getattr(report, "user_properties", ()):
            if name == _PROPERTY:
                yield value
