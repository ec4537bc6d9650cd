"""Write the figures of a test run into the tables of docs/reliability.md.

Usage: ``scripts/reliability.py FIGURES``, the file that ``RELIABILITY_FIGURES`` named
while the tests ran. A fault that has a row already gets its new figure in its
place, another is added at the end of its group; rows that the run did not measure stay.
So do those of the long form of a test, of which the run had the short one.
"""

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from marks import cut

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs/reliability.md"
BEGIN = "<!-- the figures: written by scripts/reliability.py -->\n"
END = "<!-- end of the figures -->\n"
HEAD = "| fault | promise | figure | run | test |\n| --- | --- | --- | --- | --- |\n"
SHORT = "short form"
# What others took of the processors, from where on a figure is said to be of a busy
# machine.
BUSY = 0.1

# A row stands under the heading of the file of its test.
GROUPS = {
    "Stopping": ("test_service_stops", "test_service_keys"),
    "Crashes": ("test_service_killed", "test_feedback_database"),
    "Models": (
        "test_service_many_swaps",
        "test_service_bad_models",
        "test_publishers_at_once",
        "test_publish_faults",
    ),
    "Overload": (
        "test_service_overload",
        "test_service_goodput",
        "test_slow_clients",
        "test_service_soak",
    ),
    "Hostile input": (
        "test_hostile_bodies",
        "test_log_lines",
        "test_traversal",
        "test_raw_bytes",
        "test_described",
    ),
    "Files": ("test_full_disk", "test_file"),
}


class Row(NamedTuple):
    """A row of the table; ``run`` says when its figure was found, and beside what."""

    fault: str
    promise: str
    figure: str
    run: str
    test: str

    @property
    def is_short(self) -> bool:
        """Whether the figure is of the short form of a test that has a long one."""
        return SHORT in self.run


def read_figures(lines: Iterable[str]) -> list[Row]:
    """Return the row of each line that a run has written."""
    return [
        Row(
            fault=cell(found["fault"]),
            promise=cell(found["promise"]),
            figure=cell(found["figure"]),
            run=_told(found["day"], short=found["short"], others=found["others"]),
            test=f"`{_name(found['test'])}`",
        )
        for found in map(json.loads, lines)
    ]


def _told(day: str, *, short: bool, others: float) -> str:
    parts = [day]
    if short:
        parts.append(SHORT)
    if others > BUSY:
        parts.append(f"busy ({others * 100:.0f} %)")
    return ", ".join(parts)


def _name(test: str) -> str:
    """Return ``tests/faults/test_x.py::test_y[100]`` as the table shows it."""
    return test.removeprefix("tests/").partition("[")[0]


def parse_rows(table: str) -> list[Row]:
    """Return the rows of all groups, without their heads.

    Raises:
        ValueError: A row has not five cells.
    """
    rows = []
    for line in table.splitlines():
        if line.startswith("|") and f"{line}\n" not in HEAD.splitlines(keepends=True):
            fault, promise, figure, run, test = line.strip("| ").split(" | ")
            rows.append(Row(fault, promise, figure, run, test))
    return rows


def group_of(row: Row) -> str:
    """Return the heading under which a row stands.

    Raises:
        ValueError: There is none for the file of its test.
    """
    file = Path(row.test.strip("`").partition("::")[0]).stem
    for group, files in GROUPS.items():
        if file in files:
            return group
    raise ValueError(f"{file} is in none of the GROUPS of scripts/reliability.py")


def merged(before: Iterable[Row], now: Iterable[Row]) -> list[Row]:
    """Return the rows in the order in which their faults came first, newest figures.

    Of a short form only where there is none of the long one.
    """
    rows: dict[str, Row] = {}
    for row in (*before, *now):
        known = rows.get(row.fault)
        if known is None or known.is_short or not row.is_short:
            rows[row.fault] = row
    return list(rows.values())


def written(page: str, now: Iterable[Row]) -> str:
    """Return ``page`` with the figures in its tables.

    Raises:
        ValueError: The page has lost the marks around the tables, or a row is damaged
            or of no group.
    """
    before, table, after = cut(page, BEGIN, END)
    rows = merged(parse_rows(table), now)
    tables = "".join(
        _table(group, [row for row in rows if group_of(row) == group])
        for group in GROUPS
    )
    return f"{before}{BEGIN}{tables}\n{END}{after}"


def _table(group: str, rows: Iterable[Row]) -> str:
    lines = "".join(f"| {' | '.join(row)} |\n" for row in rows)
    return f"\n### {group}\n\n{HEAD}{lines}" if lines else ""


def cell(text: str) -> str:
    """Return a text as a cell of a table can hold it."""
    return text.replace("|", "/").replace("\n", " ").strip() or "-"


if __name__ == "__main__":
    figures = read_figures(Path(sys.argv[1]).read_text().splitlines())
    PAGE.write_text(written(PAGE.read_text(), figures))
    print(f"{len(figures)} figures written into {PAGE.relative_to(ROOT)}")
