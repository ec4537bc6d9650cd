"""What a test of a fault measured: one line at the end of the run, one row in the docs.

A test asks for ``record_figure`` and says which fault it caused, what is promised
for it, and what was found. With it goes the day, whether it was the short form of a
test that has a long one, and how busy others kept the machine meanwhile. Passed tests'
figures are printed when the run ends; where ``RELIABILITY_FIGURES`` names a file, each
is appended to it as a line of JSON, from which ``scripts/reliability.py`` writes the
table of docs/reliability.md.
"""

import json
import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from neighbours import Neighbours

FILE_VARIABLE = "RELIABILITY_FIGURES"
_PROPERTY = "figure"

RecordFigure = Callable[[str, str, str], None]


@pytest.fixture
def record_figure(request: pytest.FixtureRequest) -> RecordFigure:
    """Return what takes ``(fault, promise, figure)``, each a few words of prose.

    Fault and promise are the same in each run. A later figure for the same fault takes
    the place of an earlier one, so the short form of a test comes before its long form.
    """
    node, neighbours = request.node, Neighbours()

    def record(fault: str, promise: str, figure: str) -> None:
        # The way that also leads out of the processes of `make test`.
        row = {
            "fault": fault,
            "promise": promise,
            "figure": figure,
            "test": node.nodeid,
            "day": datetime.now(UTC).date().isoformat(),
            "short": _is_short_form(node),
            "others": round(neighbours.share(), 2),
        }
        request.node.user_properties.append((_PROPERTY, row))

    return record


def _is_short_form(node: pytest.Item) -> bool:
    """Tell whether the same test has a form that is marked slow, and this is not it."""
    if node.get_closest_marker("slow"):
        return False
    forms = [form for one in node.iter_markers("parametrize") for form in one.args[1]]
    return any(mark.name == "slow" for form in forms for mark in _marks_of(form))


def _marks_of(form: object) -> Iterable[pytest.Mark]:
    # Values without marks may stand as they are.
    return getattr(form, "marks", ())


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
    rows = _one_of_each_fault(passed)
    if not rows:
        return
    terminalreporter.section("faults")
    for row in rows:
        others = f"{row['others'] * 100:.0f} % of the processors went to others"
        terminalreporter.write_line(f"{row['fault']}: {row['figure']} ({others})")
    if path := os.environ.get(FILE_VARIABLE):
        with Path(path).open("a") as file:
            file.writelines(json.dumps(row) + "\n" for row in rows)


def _one_of_each_fault(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the last of each; that of a family is as busy as the busiest of it."""
    last: dict[str, dict[str, Any]] = {}
    for row in rows:
        before = last.get(row["fault"])
        if before and before["short"] == row["short"]:
            row["others"] = max(row["others"], before["others"])
        last[row["fault"]] = row
    return list(last.values())


def _rows(reports: Any) -> Iterator[dict[str, Any]]:
    for report in reports:
        for name, value in getattr(report, "user_properties", ()):
            if name == _PROPERTY:
                yield value
