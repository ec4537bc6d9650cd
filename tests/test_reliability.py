"""The tables of docs/reliability.md are made of figures that tests have printed."""

import ast
import json
import sys

import pytest
from running import ROOT

sys.path.insert(0, str(ROOT / "scripts"))
import reliability
from marks import cut
from reliability import BEGIN, END, HEAD

ROW = "| a killed worker | few fail | 3 of 900 | `faults/test_full_disk.py::test_b` |\n"
PAGE = f"# Page\n\n{BEGIN}\n### Files\n\n{HEAD}{ROW}\n{END}\nafter\n"


def line(fault: str, figure: str) -> str:
    test = "tests/faults/test_full_disk.py::test_c[100]"
    return json.dumps(
        {"fault": fault, "promise": "whole", "figure": figure, "test": test}
    )


def test_a_fault_gets_its_newest_figure_in_its_place_and_a_new_one_comes_last():
    now = reliability.read_figures(
        [
            line("a full disk", "1 | 2"),
            line("a killed worker", "10 swaps"),
            line("a killed worker", "100 swaps"),
        ]
    )
    page = reliability.written(PAGE, now)
    rows = [row for row in page.splitlines() if row.startswith("|")][2:]
    assert rows == [
        "| a killed worker | whole | 100 swaps | `faults/test_full_disk.py::test_c` |",
        "| a full disk | whole | 1 / 2 | `faults/test_full_disk.py::test_c` |",
    ]
    assert page.startswith("# Page")
    assert page.endswith("after\n")


def test_nothing_measured_changes_nothing():
    assert reliability.written(PAGE, []) == PAGE


def test_a_row_stands_in_the_group_of_its_tests_file():
    row = ("a stop", "whole", "1 s", "`faults/test_service_stops.py::test_d`")
    page = reliability.written(PAGE, [row])
    stopping, files = page.index("### Stopping"), page.index("### Files")
    assert stopping < page.index("a stop") < files < page.index("a killed worker")
    assert reliability.written(page, []) == page
    unknown = (*row[:3], "`faults/test_none.py::test_d`")
    with pytest.raises(ValueError, match="test_none is in none of the GROUPS"):
        reliability.written(PAGE, [unknown])


def test_a_page_without_its_marks_is_refused():
    with pytest.raises(ValueError, match="has lost"):
        reliability.written("# Page\n", [])


def test_each_row_of_the_page_names_a_test_that_is_there():
    _, table, _ = cut(reliability.PAGE.read_text(), BEGIN, END)
    rows = reliability.parse_rows(table)
    for fault, _, _, test in rows:
        path, _, name = test.strip("`").partition("::")
        tree = ast.parse((ROOT / "tests" / path).read_text())
        names = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
        assert name in names, fault
