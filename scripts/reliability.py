"""Write the figures of a test run into the table of docs/reliability.md.

Usage: ``scripts/reliability.py FIGURES``, the file that ``RELIABILITY_FIGURES`` named
while the tests ran. A fault that the table has already gets its new figure in its
place, another is added at the end; rows that the run did not measure stay.
"""

import json
import sys
from collections.abc import Iterable
from pathlib import Path

from marks import cut

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs/reliability.md"
BEGIN = "<!-- the figures: written by scripts/reliability.py -->\n"
END = "<!-- end of the figures -->\n"
HEAD = "| fault | promise | figure | test |\n| --- | --- | --- | --- |\n"

Row = tuple[str, str, str, str]


def read_figures(lines: Iterable[str]) -> list[Row]:
    """Return fault, promise, figure and test of each line that a run has written."""
    found = [json.loads(line) for line in lines]
    return [
        (row["fault"], row["promise"], row["figure"], f"`{_short(row['test'])}`")
        for row in found
    ]


def _short(test: str) -> str:
    """Return ``tests/faults/test_x.py::test_y[100]`` as the table shows it."""
    return test.removeprefix("tests/").partition("[")[0]


def parse_rows(table: str) -> list[Row]:
    """Return the rows of a table, without its head.

    Raises:
        ValueError: A row has not four cells.
    """
    rows = []
    for line in table.strip().splitlines()[2:]:
        fault, promise, figure, test = line.strip("| ").split(" | ")
        rows.append((fault, promise, figure, test))
    return rows


def merged(before: Iterable[Row], now: Iterable[Row]) -> list[Row]:
    """Return the rows in the order in which their faults came first, newest figures."""
    rows = {row[0]: row for row in before}
    return list((rows | {row[0]: row for row in now}).values())


def written(page: str, now: Iterable[Row]) -> str:
    """Return ``page`` with the figures in its table.

    Raises:
        ValueError: The page has lost the marks around the table, or a row is damaged.
    """
    before, table, after = cut(page, BEGIN, END)
    rows = merged(parse_rows(table), now)
    lines = "".join(f"| {' | '.join(_cell(cell) for cell in row)} |\n" for row in rows)
    return f"{before}{BEGIN}\n{HEAD}{lines}\n{END}{after}"


def _cell(text: str) -> str:
    return text.replace("|", "/").replace("\n", " ").strip() or "-"


if __name__ == "__main__":
    figures = read_figures(Path(sys.argv[1]).read_text().splitlines())
    PAGE.write_text(written(PAGE.read_text(), figures))
    print(f"{len(figures)} figures written into {PAGE.relative_to(ROOT)}")
