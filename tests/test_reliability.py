"""The tables of docs/reliability.md are made of figures that tests have printed."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from neighbours import Neighbours, seconds_of_others
from recorded_faults import recorded_faults, recorded_in
from running import ROOT

sys.path.insert(0, str(ROOT / "scripts"))
import reliability
from marks import cut
from reliability import BEGIN, END, HEAD, Row

WORKER = "| a killed worker | few fail | 3 of 900 | 2026-11-01 |"
ROW = f"{WORKER} `faults/test_full_disk.py::test_b` |\n"
PAGE = f"# Page\n\n{BEGIN}\n### Files\n\n{HEAD}{ROW}\n{END}\nafter\n"
RUN = re.compile(r"\d{4}-\d\d-\d\d(, short form)?(, busy( \(\d+ %\))?)?")


def line(fault: str, figure: str, *, short: bool = False, others: float = 0.0) -> str:
    return json.dumps(
        {
            "fault": fault,
            "promise": "whole",
            "figure": figure,
            "test": "tests/faults/test_full_disk.py::test_c[100]",
            "day": "2026-11-27",
            "short": short,
            "others": others,
        }
    )


def rows_after(*lines: str, page: str = PAGE) -> list[str]:
    page = reliability.written(page, reliability.read_figures(lines))
    assert page.startswith("# Page")
    assert page.endswith("after\n")
    return [row for row in page.splitlines() if row.startswith("|")][2:]


def test_a_fault_gets_its_newest_figure_in_its_place_and_a_new_one_comes_last():
    rows = rows_after(
        line("a full disk", "1 | 2"),
        line("a killed worker", "10 swaps"),
        line("a killed worker", "100 swaps"),
    )
    test = "`faults/test_full_disk.py::test_c`"
    assert rows == [
        f"| a killed worker | whole | 100 swaps | 2026-11-27 | {test} |",
        f"| a full disk | whole | 1 / 2 | 2026-11-27 | {test} |",
    ]


def test_a_row_says_when_others_took_much_of_the_machine():
    (row,) = rows_after(line("a killed worker", "3 of 4", others=0.456))
    assert "| 3 of 4 | 2026-11-27, busy (46 %) |" in row
    (row,) = rows_after(line("a killed worker", "3 of 4", others=0.05))
    assert "| 3 of 4 | 2026-11-27 |" in row


def test_the_figure_of_a_short_form_stands_only_until_the_long_form_has_run():
    assert rows_after(line("a killed worker", "1 of 4", short=True)) == [ROW.strip()]
    row = "| a full disk | whole | 1 of 4 | 2026-11-27, short form |"
    first = line("a full disk", "1 of 4", short=True)
    assert rows_after(first)[-1].startswith(row)
    second = line("a full disk", "2 of 4", short=True)
    assert "| 2 of 4 | 2026-11-27, short form |" in rows_after(first, second)[-1]
    long = line("a full disk", "3 of 9")
    assert "| 3 of 9 | 2026-11-27 |" in rows_after(first, second, long)[-1]


def test_nothing_measured_changes_nothing():
    assert reliability.written(PAGE, []) == PAGE


def test_a_row_stands_in_the_group_of_its_tests_file():
    row = Row("a stop", "whole", "1 s", "today", "`faults/test_service_stops.py::test`")
    page = reliability.written(PAGE, [row])
    stopping, files = page.index("### Stopping"), page.index("### Files")
    assert stopping < page.index("a stop") < files < page.index("a killed worker")
    assert reliability.written(page, []) == page
    unknown = row._replace(test="`faults/test_none.py::test_d`")
    with pytest.raises(ValueError, match="test_none is in none of the GROUPS"):
        reliability.written(PAGE, [unknown])


def test_a_page_without_its_marks_is_refused():
    with pytest.raises(ValueError, match="has lost"):
        reliability.written("# Page\n", [])


def rows_of_the_page() -> dict[str, Row]:
    _, table, _ = cut(reliability.PAGE.read_text(), BEGIN, END)
    rows = reliability.parse_rows(table)
    assert len({row.fault for row in rows}) == len(rows)
    return {row.fault: row for row in rows}


def test_the_page_has_a_row_for_each_fault_that_a_test_records_and_no_other():
    recorded = [one.fault for one in recorded_faults()]
    assert len(set(recorded)) == len(recorded)
    assert rows_of_the_page().keys() == set(recorded)


def test_each_row_says_what_its_test_does_in_the_form_in_which_that_records_it():
    recorded = {one.fault: one for one in recorded_faults()}
    for fault, row in rows_of_the_page().items():
        found = recorded[fault]
        assert row.promise == reliability.cell(found.promise), fault
        assert row.test == f"`{found.test}`", fault
        assert found.form.fullmatch(row.figure), (fault, found.form.pattern)
        assert re.search("[0-9]", row.figure), fault
        assert RUN.fullmatch(row.run), fault


def test_what_a_test_records_is_read_from_its_source():
    source = """
def test_b(record_figure):
    record_figure("a " "fault", "whole", f"{len(seen)} of {all:,}, {kind}")
"""
    (found,) = recorded_in(source, Path("faults/test_a.py"))
    assert (found.fault, found.promise) == ("a fault", "whole")
    assert found.test == "faults/test_a.py::test_b"
    assert found.form.fullmatch("3 of 1,200, as promised")
    for other in ("3 of 1,200", "three of 1,200, as promised", "on 3 of 1,200, whole"):
        assert not found.form.fullmatch(other)


@pytest.mark.parametrize(
    ("call", "complaint"),
    [
        ("def test_b(f):\n record_figure(f'{n} swaps', 'whole', '3')", "what differs"),
        ("def test_b(f):\n record_figure('swaps', promise, '3')", "what differs"),
        ("def check(f):\n record_figure('swaps', 'whole', '3')", "is no test"),
    ],
)
def test_a_record_that_no_row_could_stand_for_is_refused(call, complaint):
    with pytest.raises(ValueError, match=complaint):
        list(recorded_in(call, Path("test_a.py")))


def test_what_others_take_of_the_processors_is_told_from_what_tests_take():
    ours = subprocess.Popen(["sleep", "60"])
    try:
        others = seconds_of_others()
    finally:
        ours.kill()
        ours.wait()
    assert os.getppid() in others
    assert not {os.getpid(), ours.pid} & others.keys()
    assert 0 <= Neighbours().share() <= 1
